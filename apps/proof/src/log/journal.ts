import type { LogBugs } from "./bugs.js";
import { decodeEntries, type Entry, encodeEntries } from "./entries.js";
import { decodeFrames, encodeFrame } from "./frames.js";
import type { Host, SharedMark } from "./host.js";

/**
 * An append-only file of frames, each a commit. Everything here is done under the lock of the file. A commit is written,
 * synced, and then told to the other processes through the mark that they share; what fails in between is cut off by whoever
 * comes next. When the machine starts, the file counts as far as its frames are whole.
 */
export class Journal {
  readonly file: string;
  readonly #host: Host;
  readonly #mark: SharedMark;
  readonly #bugs: LogBugs;
  #generation = -1;
  #position = 0;

  constructor(host: Host, file: string, bugs: LogBugs) {
    this.#host = host;
    this.file = file;
    this.#mark = host.shared(file);
    this.#bugs = bugs;
  }

  get length(): number {
    return this.#mark.committed;
  }

  /** What was committed since the last call, and whether that is to be taken from the beginning. */
  async news(): Promise<{ readonly anew: boolean; readonly entries: readonly Entry[] }> {
    const mark = this.#mark;
    if (!mark.recovered) await this.#recover();
    const anew = this.#generation !== mark.generation;
    if (anew) this.#position = 0;
    this.#generation = mark.generation;
    if (this.#position === mark.committed) return { anew, entries: [] };
    const bytes = await this.#host.files.read(this.file, this.#position);
    const frames = decodeFrames(bytes.subarray(0, mark.committed - this.#position), this.#position);
    this.#position = mark.committed;
    const { reader } = this.#host;
    return { anew, entries: frames.flatMap(({ payload }) => reader.read(payload)) };
  }

  /** Has everything taken from the beginning: what was made of it is not what was committed. */
  forget(): void {
    this.#generation = -1;
  }

  /** Rejects when the outcome is unknown. */
  async commit(entries: readonly Entry[]): Promise<void> {
    const { files } = this.#host;
    const mark = this.#mark;
    const frame = encodeFrame(encodeEntries(entries), mark.committed);
    if (mark.unlisted) await this.#list();
    if (mark.dirty) await files.truncate(this.file, mark.committed);
    mark.dirty = true;
    await files.write(this.file, mark.committed, frame);
    await this.#sync();
    mark.dirty = false;
    mark.committed += frame.length;
    this.#position = mark.committed;
  }

  /** Has a file that says `entries` take its place. */
  async replace(entries: readonly Entry[]): Promise<void> {
    const { files } = this.#host;
    const mark = this.#mark;
    const draft = `${this.file}.new`;
    const frame = encodeFrame(encodeEntries(entries), 0);
    await files.truncate(draft, 0);
    await files.write(draft, 0, frame);
    await files.sync(draft);
    // Whoever comes next, should this process end here, looks for itself which file it is.
    mark.recovered = false;
    mark.unlisted = true;
    await files.rename(draft, this.file);
    mark.recovered = true;
    mark.generation += 1;
    mark.committed = frame.length;
    this.#generation = mark.generation;
    this.#position = mark.committed;
    await this.#list();
  }

  async #recover(): Promise<void> {
    const { files } = this.#host;
    const mark = this.#mark;
    const bytes = await files.read(this.file, 0);
    mark.generation += 1;
    mark.committed = decodeFrames(bytes, 0).at(-1)?.end ?? 0;
    await files.truncate(this.file, mark.committed);
    await files.sync(this.file);
    await this.#list();
    mark.recovered = true;
  }

  async #sync(): Promise<void> {
    if (!this.#bugs.has("never-synced")) await this.#host.files.sync(this.file);
  }

  async #list(): Promise<void> {
    await this.#host.files.syncFolder();
    this.#mark.unlisted = false;
  }
}

/** A journal as it was once: what is put back, what that says, the history that it begins, and its last event. */
export interface Restored {
  readonly bytes: Uint8Array;
  readonly entries: readonly Entry[];
  readonly epoch: string;
  readonly head: number;
}

/**
 * A journal that was kept elsewhere, as it is to be put back: under a new epoch, for what came after it is lost.
 *
 * @param epoch one that no journal had before.
 */
export function restored(backup: Uint8Array, epoch: string, bugs: LogBugs): Restored {
  const frames = decodeFrames(backup, 0);
  const entries = frames.flatMap(({ payload }) => decodeEntries(payload));
  const head = entries.findLast((entry) => entry.type === "event")?.offset ?? 0;
  const end = frames.at(-1)?.end ?? 0;
  const whole = backup.subarray(0, end);
  if (bugs.has("epoch-unchanged")) {
    const before = entries.findLast((entry) => entry.type === "epoch");
    return { bytes: whole, entries, epoch: before?.epoch ?? epoch, head };
  }
  const begin = encodeFrame(encodeEntries([{ type: "epoch", epoch }]), end);
  return { bytes: Buffer.concat([whole, begin]), entries, epoch, head };
}
