import {
  type Append,
  type Appended,
  type HeldCursor,
  type Key,
  type Log,
  type LogPage,
  type LogQuery,
  type LogRecord,
  MisuseError,
} from "@eventwire/core";
import type { PackedPage } from "./messages.js";
import { maxTextBytes, type Recorded, Records } from "./records.js";
import type { Storage } from "./storage.js";
import type { Watchers } from "./watchers.js";

/** The largest body that an event or task may have, in bytes. */
export const maxBodyBytes = 16 * 2 ** 20;

/** The log in the file. */
export class SqliteLog implements Log {
  readonly #storage: () => Storage;
  readonly #watchers: Watchers<[number]>;
  /** By their numbers in the file. */
  readonly #names = new Map<number, string>();

  /** @param storage throws when the broker is closed. */
  constructor(storage: () => Storage, watchers: Watchers<[number]>) {
    this.#storage = storage;
    this.#watchers = watchers;
  }

  async epoch(): Promise<string> {
    return this.#storage().epoch();
  }

  async append(batch: readonly Append[]): Promise<readonly Appended[]> {
    const storage = this.#storage();
    for (const append of batch) checkSize(append);
    return batch.length === 0 ? [] : storage.append(batch);
  }

  async read(query: LogQuery): Promise<LogPage> {
    const storage = this.#storage();
    const page = await storage.ask("read", query);
    const epoch = await storage.epoch();
    for (const [number, name] of page.names) this.#names.set(number, name);
    return { epoch, records: this.#unpack(page), scanned: page.scanned, trimmed: page.trimmed };
  }

  async head(): Promise<number> {
    return this.#storage().ask("head", {});
  }

  async at(time: number): Promise<number> {
    return this.#storage().ask("at", { time });
  }

  watch(hint: (head: number) => void): () => void {
    return this.#watchers.add(hint);
  }

  async trim({ before, name }: { readonly before: number; readonly name?: string }): Promise<void> {
    await this.#storage().ask("trim", { before, name });
  }

  async compact({ before, name }: { readonly before: number; readonly name?: string }): Promise<number> {
    return this.#storage().ask("compact", { before, name });
  }

  async erase({ key, name }: { readonly key: Key; readonly name?: string }): Promise<number> {
    return this.#storage().ask("erase", { key, name });
  }

  async acquire(cursor: string, owner: string, lease: number): Promise<HeldCursor | undefined> {
    return this.#storage().ask("acquire", { cursor, owner, lease });
  }

  async save(cursor: string, token: number, state: Uint8Array | undefined, lease: number): Promise<boolean> {
    return this.#storage().ask("save", { cursor, token, state: state && Uint8Array.from(state), lease });
  }

  #unpack({ records: bytes, parts }: PackedPage): readonly LogRecord[] {
    const packed = new Records(bytes);
    const records: LogRecord[] = [];
    let at = 0;
    for (const { base, end } of parts) {
      for (; at < end; at = packed.next(at)) {
        records.push(packed.record(at, base, this.#names.get(packed.name(at))!));
      }
    }
    return records;
  }
}

/** @throws {MisuseError} when there is no room for it. */
export function checkSize({ id, name, key, body }: Recorded): void {
  if (body.length > maxBodyBytes) {
    throw new MisuseError(`"${name}" has ${body.length} bytes; the broker takes ${maxBodyBytes}.`, { name });
  }
  // A character takes up to three bytes.
  const longest = Math.max(id.length, typeof key === "string" ? key.length : 0);
  if (3 * longest > maxTextBytes) {
    throw new MisuseError(
      `The id and the key of "${name}" may have ${Math.floor(maxTextBytes / 3)} characters.`,
      {
        name,
      },
    );
  }
}
