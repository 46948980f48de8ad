import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type EventwireError, type OpenOutbox, type OutboxStore, systemRuntime } from "@eventwire/core";
import { OutboxUnavailableError } from "../outbox-unavailable-error.js";
import { StoredOutbox } from "../stored-outbox.js";
import { explain } from "./failures.js";
import { type FileName, fileNameOf, newHolder, newProducer, nextOf, parseFileName } from "./file-name.js";
import { OutboxFile } from "./outbox-file.js";
import { holderOf, Presence } from "./presence.js";
import { makeFolder } from "./sync-folder.js";
import { told } from "./whole-file.js";

/** Within which time a holder that was just announced is listened to, in milliseconds; the system needs far less. */
const startingTime = 60_000;

/** What one opening has: an outbox of its own, and those that it was told of. It is there for others until all of them are closed. */
export class FileSession {
  readonly #folder: string;
  readonly #holder = newHolder();
  readonly #left: (outbox: OpenOutbox) => void;
  readonly #signal: AbortSignal;
  #presence: Presence | undefined;
  /** Its open outboxes, the first from the beginning, and itself for as long as it looks for others. */
  #uses = 1;
  /** From the beginning: it looks for others once it has its own, and never where it could not open. */
  #looking = true;
  #lookAgain = false;
  readonly #report: (error: EventwireError) => void;
  /** The files that could not be opened, which was told. */
  readonly #told = new Set<string>();

  constructor(folder: string, { left, signal, report }: Parameters<OutboxStore["open"]>[0]) {
    this.#folder = folder;
    this.#left = left;
    this.#signal = signal;
    this.#report = report ?? systemRuntime.log;
  }

  async open(): Promise<OpenOutbox> {
    try {
      await makeFolder(this.#folder);
      this.#presence = await Presence.announce(this.#folder, this.#holder, () => this.#look());
    } catch (error) {
      throw explain(this.#folder, error);
    }
    this.#watch();
    try {
      const file = (await this.#takeFirst()) ?? (await this.#create());
      this.#looking = false;
      // Others that open at the same time have looked before this one was there.
      this.#look();
      return openOf(file);
    } catch (error) {
      this.#presence.close();
      throw explain(this.#folder, error);
    }
  }

  #create(): Promise<OutboxFile> {
    const name = { producer: newProducer(), holder: this.#holder };
    return OutboxFile.create(this.#folder, name, this.#released);
  }

  async #takeFirst(): Promise<OutboxFile | undefined> {
    for (const name of await this.#abandoned()) {
      try {
        const file = await this.#take(name);
        if (file) return file;
      } catch (error) {
        if (!isInNobodysWay(error)) throw error;
        this.#tell(fileNameOf(name), error);
      }
    }
    return undefined;
  }

  async #take(name: FileName): Promise<OutboxFile | undefined> {
    // What cannot be removed is in nobody's way: the new name has a next one of its own.
    await rm(join(this.#folder, nextOf(fileNameOf(name))), { force: true }).catch(told);
    const file = await OutboxFile.take(this.#folder, name, this.#holder, this.#released);
    if (name.holder !== undefined) await this.#presence!.forget(name.holder);
    return file;
  }

  /** The files that nobody has, or whose holders are gone. What those have left beside them goes. */
  async #abandoned(): Promise<readonly FileName[]> {
    const found = await readdir(this.#folder, { withFileTypes: true });
    const entries = found.filter((entry) => entry.isFile()).map(({ name }) => name);
    const sockets = found.filter((entry) => entry.isSocket()).map(({ name }) => name);
    const presence = this.#presence!;
    const isGone = async (holder: string) => holder !== this.#holder && !(await presence.meet(holder));
    for (const entry of sockets) {
      const holder = holderOf(entry);
      // One that was just made may not be listened to yet.
      if (holder === undefined || !(await isGone(holder)) || !(await isOld(join(this.#folder, entry))))
        continue;
      await presence.forget(holder);
    }
    // Of two files of one name, as somebody may make by hand, the other one waits for as long as one is open.
    const abandoned = new Map<string, FileName>();
    const taken = new Set<string>();
    for (const entry of entries.sort()) {
      const name = parseFileName(entry);
      if (!name) continue;
      if (name.holder !== undefined && !(await isGone(name.holder))) taken.add(name.producer);
      else if (!abandoned.has(name.producer)) abandoned.set(name.producer, name);
    }
    return [...abandoned.values()].filter(({ producer }) => !taken.has(producer));
  }

  /** Takes what others have left, for as long as somebody wants to be told. */
  #look(): void {
    this.#lookAgain = true;
    if (this.#looking) return;
    this.#looking = true;
    void this.#lookRepeatedly();
  }

  async #lookRepeatedly(): Promise<void> {
    while (this.#lookAgain && !this.#signal.aborted) {
      this.#lookAgain = false;
      try {
        for (const name of await this.#abandoned()) {
          await this.#takeLeft(name).catch((error: unknown) => this.#tell(fileNameOf(name), error));
        }
      } catch (error) {
        this.#tell("", error);
      }
    }
    this.#looking = false;
  }

  async #takeLeft(name: FileName): Promise<void> {
    if (this.#signal.aborted) return;
    const file = await this.#take(name);
    if (!file) return;
    this.#uses += 1;
    if (file.contents.empty || this.#signal.aborted) await file.release(file.contents.empty);
    else this.#left(openOf(file));
  }

  /** Once. Who opens next is told as well, for then somebody waits for it. */
  #tell(name: string, error: unknown): void {
    if (this.#told.has(name)) return;
    this.#told.add(name);
    this.#report(explain(join(this.#folder, name), error));
  }

  #watch(): void {
    if (this.#signal.aborted) return;
    this.#uses += 1;
    this.#signal.addEventListener("abort", () => this.#end(), { once: true });
  }

  readonly #released = (left: boolean): void => {
    if (left) this.#presence?.knock();
    this.#end();
  };

  #end(): void {
    this.#uses -= 1;
    if (this.#uses === 0) this.#presence?.close();
  }
}

/** Whether a file is put aside, or none of ours. */
function isInNobodysWay(error: unknown): error is OutboxUnavailableError {
  return error instanceof OutboxUnavailableError && ["Damaged", "Foreign"].includes(error.reason);
}

/** Whether a file was not made just now, or is gone. */
async function isOld(path: string): Promise<boolean> {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }));
  return mtimeMs < systemRuntime.now() - startingTime;
}

function openOf(file: OutboxFile): OpenOutbox {
  const { producer, state, entries } = file.contents;
  return new StoredOutbox({ producer, state, entries }, file);
}
