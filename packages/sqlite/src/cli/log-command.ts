import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe } from "@eventwire/core/attach";
import { EventLines, jsonOf } from "./event-line.js";
import { entriesOf, namesIn, type Selection } from "./log-entries.js";
import { type LogFile, openLogFile } from "./log-file.js";
import { help, type LogOptions, offsetIn, parseOptions, UsageError } from "./log-options.js";
import { statisticsOf, tablesOf } from "./log-statistics.js";
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
      console.error(`eventwire: ${error.message}\nTry eventwire --help.`);
      return 2;
    }
    await output.flush();
    console.error(`eventwire: ${describe(error)}`);
    return 1;
  }
}

async function show(options: LogOptions, output: Output, signal: AbortSignal): Promise<number> {
  const file = await openLogFile(options.file);
  try {
    if (options.verify) {
      const found = await verificationOf(file, signal);
      for (const line of options.json ? [JSON.stringify(found)] : linesOf(found)) await output.write(line);
      await output.flush();
      return found.flaws.length === 0 ? 0 : 1;
    }
    const selection = selectionOf(file, options);
    if (options.stats) {
      const statistics = await statisticsOf(file, selection, signal);
      const lines = options.json ? [JSON.stringify(statistics)] : tablesOf(statistics);
      for (const line of lines) await output.write(line);
      await output.flush();
      return 0;
    }
    const target = options.export === undefined ? output : fileOutput(options.export);
    const printer = new Printer(file, options, selection, target, signal);
    const written = await printer.print();
    if (options.export !== undefined) console.error(`${written} events were written to "${options.export}".`);
    return printer.unreadable === 0 ? 0 : 1;
  } finally {
    file.close();
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
      complete = !this.#signal.aborted;
    } finally {
      this.#output.end(complete);
      this.#file.close();
    }
    if (this.unreadable > 0) console.error(`eventwire: ${this.unreadable} events cannot be read.`);
    return this.#written;
  }

  #isOver(): boolean {
    return this.#output.closed || this.#signal.aborted || this.#written >= this.#options.limit;
  }

  async #printAll(): Promise<void> {
    this.#version = this.#file.reader.version();
    try {
      await this.#printEntries();
    } catch (error) {
      // What somebody is writing meanwhile was not to be relied on.
      if (!this.#file.isOutdated()) throw error;
      await this.#reopen();
      await this.#printEntries();
    }
    await this.#output.flush();
  }

  async #printEntries(): Promise<void> {
    const entries = entriesOf(this.#file, this.#selection);
    while (!this.#isOver()) {
      const { done, value } = entries.next();
      this.#selection = { ...this.#selection, after: done ? value : value.offset };
      if (done) return;
      const { line, readable } = this.#lines?.lineOf(value) ?? jsonOf(value, this.#file.epoch);
      if (!readable) this.unreadable += 1;
      this.#written += 1;
      const waits = this.#output.write(line);
      if (waits) await waits;
    }
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
