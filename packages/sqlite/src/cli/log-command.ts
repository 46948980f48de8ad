import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe } from "@eventwire/core/attach";
import { EventLines, jsonOf, shown } from "./event-line.js";
import { type Entry, entriesOf, namesIn, type Selection } from "./log-entries.js";
import { type LogFile, openLogFile } from "./log-file.js";
import { help, type LogOptions, offsetIn, parseOptions, UsageError } from "./log-options.js";
import { type LogStatistics, statisticsOf, tablesOf } from "./log-statistics.js";
import { linesOf, verificationOf } from "./log-verification.js";
import { FileOutput, type Output, StreamOutput } from "./output.js";

/** How often to look for what was appended, in milliseconds. */
const pollEvery = 100;

/** Does what the arguments say. @returns the exit code. */
export async function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  const output = new StreamOutput(process.stdout);
  try {
    const options = parseOptions(args, Date.now());
    if (typeof options === "string") {
      await output.write(options === "help" ? help : version());
      await output.flush();
      return 0;
    }
    return await show(options, output, signal);
  } catch (error) {
    if (error instanceof UsageError) {
      complain(error.message);
      console.error("Try eventwire --help.");
      return 2;
    }
    await output.flush();
    complain(describe(error));
    return 1;
  }
}

async function show(options: LogOptions, output: Output, signal: AbortSignal): Promise<number> {
  if (options.stats) {
    const statistics = await count(options, signal);
    const lines = options.json ? [shown(JSON.stringify(statistics))] : tablesOf(statistics);
    for (const line of lines) await output.write(line);
    await output.flush();
    return 0;
  }
  const file = await openLogFile(options.file);
  try {
    if (options.verify) {
      const found = await verificationOf(file, signal);
      for (const line of options.json ? [JSON.stringify(found)] : linesOf(found)) await output.write(line);
      await output.flush();
      return found.flaws.length === 0 ? 0 : 1;
    }
    const selection = selectionOf(file, options);
    const target = options.export === undefined ? output : fileOutput(options.export);
    const printer = new Printer(file, options, selection, target, signal);
    const written = await printer.print();
    if (options.export !== undefined) {
      console.error(`${written} events were written to "${shown(options.export)}".`);
    }
    return printer.unreadable === 0 ? 0 : 1;
  } finally {
    file.close();
  }
}

/** From the beginning again where others have begun to use the file meanwhile. */
async function count(options: LogOptions, signal: AbortSignal): Promise<LogStatistics> {
  for (;;) {
    const file = await openLogFile(options.file);
    try {
      return await statisticsOf(file, selectionOf(file, options), signal);
    } catch (error) {
      if (!file.isOutdated()) throw error;
    } finally {
      file.close();
    }
  }
}

/** Writes the events of a file. */
class Printer {
  unreadable = 0;
  readonly #options: LogOptions;
  readonly #output: Output;
  readonly #signal: AbortSignal;
  readonly #lines: EventLines | undefined;
  #file: LogFile;
  #selection: Selection;
  #written = 0;
  /** Of the file, when it was looked through. */
  #version = 0;

  constructor(file: LogFile, options: LogOptions, selection: Selection, output: Output, signal: AbortSignal) {
    this.#signal = signal;
    this.#file = file;
    this.#options = options;
    this.#output = output;
    this.#selection = selection;
    const isJson = options.json || options.export !== undefined;
    this.#lines = isJson ? undefined : new EventLines(file.reader.state().head, namesIn(file, options.names));
  }

  /** @returns how many were written. */
  async print(): Promise<number> {
    let complete = false;
    try {
      do await this.#printAll();
      while (this.#options.tail && !this.#isOver() && (await this.#changed()));
      // Who follows a log ends by a signal.
      complete = this.#options.tail || !this.#signal.aborted;
    } finally {
      this.#output.end(complete);
      this.#file.close();
    }
    if (this.unreadable > 0) complain(`${this.unreadable} events cannot be read.`);
    return this.#written;
  }

  #isOver(): boolean {
    return this.#output.closed || this.#signal.aborted || this.#written >= this.#options.limit;
  }

  async #printAll(): Promise<void> {
    this.#version = this.#file.reader.version();
    while (!(await this.#printEntries())) await this.#reopen();
    await this.#output.flush();
  }

  /** @returns false where others have begun to use the file, whose pages are not to be relied on from then on. */
  async #printEntries(): Promise<boolean> {
    const entries = entriesOf(this.#file, this.#selection);
    while (!this.#isOver()) {
      let next: IteratorResult<Entry, number>;
      try {
        next = entries.next();
      } catch (error) {
        if (this.#file.isOutdated()) return false;
        throw error;
      }
      const { done, value } = next;
      this.#selection = { ...this.#selection, after: done ? value : value.offset };
      if (done) return true;
      const { line, readable } = this.#lines?.lineOf(value) ?? jsonOf(value, this.#file.epoch);
      if (!readable) this.unreadable += 1;
      this.#written += 1;
      const waits = this.#output.write(line);
      if (waits) await waits;
    }
    return true;
  }

  /** Waits until something was appended. @returns false when it was told to end. */
  async #changed(): Promise<boolean> {
    while (!this.#signal.aborted && !this.#output.closed) {
      await sleep(pollEvery, undefined, { signal: this.#signal }).catch(() => undefined);
      if (this.#file.isOutdated()) {
        await this.#reopen();
        return true;
      }
      if (this.#file.reader.version() !== this.#version) return true;
    }
    return false;
  }

  async #reopen(): Promise<void> {
    this.#file.close();
    this.#file = await openLogFile(this.#options.file);
  }
}

/** In words that may be those of a file. */
function complain(words: string): void {
  console.error(`eventwire: ${shown(words)}`);
}

function selectionOf(file: LogFile, { names, key, since, until, tail }: LogOptions): Selection {
  const from = tail ? file.reader.state().head : 0;
  return {
    names,
    key,
    after: since === undefined ? from : offsetIn(file, since),
    until: until === undefined ? Number.MAX_SAFE_INTEGER : offsetIn(file, until),
  };
}

function fileOutput(path: string): FileOutput {
  try {
    return new FileOutput(path);
  } catch (error) {
    throw new Error(`"${path}" cannot be made: ${describe(error)}`, { cause: error });
  }
}

function version(): string {
  const manifest: { readonly version: string } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  );
  return manifest.version;
}
