import { decodeEntries, type Entry } from "./entries.js";

/** Reads the frames of journals. What many read is parsed once: an entry is never changed, so that they may share it. */
export class EntryReader {
  readonly #read = new Map<string, readonly Entry[]>();

  /** @param payload what `encodeEntries` made. */
  read(payload: Uint8Array): readonly Entry[] {
    const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString("latin1");
    const known = this.#read.get(text);
    if (known) return known;
    const entries = decodeEntries(payload);
    this.#read.set(text, entries);
    return entries;
  }
}
