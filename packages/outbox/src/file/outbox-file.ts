import { type FileHandle, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemRuntime } from "@eventwire/core";
import { OutboxUnavailableError } from "../outbox-unavailable-error.js";
import { type Change, firstState, type Storage } from "../stored-outbox.js";
import { Contents } from "./contents.js";
import { explain, isAbsent, putAside } from "./failures.js";
import { asideOf, type FileName, nextOf, parseFileName } from "./file-name.js";
import { encodeFrame } from "./frames.js";
import { syncFolder } from "./sync-folder.js";
import {
  discard,
  type Opened,
  pathOf,
  readWhole,
  told,
  type Written,
  writeAll,
  writeNew,
} from "./whole-file.js";

/** How large a file may be beside what is alive in it before it is written anew, in bytes. */
const slackBytes = 65_536;
/** How many times its entries a file may be large besides. */
const slackRatio = 3;
/** After how long without a write what was let go of is removed from a small one all the same, in milliseconds. */
const quietTime = 10_000;

/** One outbox in one file, which is open and whose name says so. */
export class OutboxFile implements Storage {
  readonly contents: Contents;
  readonly #folder: string;
  readonly #name: FileName;
  readonly #path: string;
  readonly #released: (left: boolean) => void;
  #handle: FileHandle;
  #size: number;
  /** How large it was when it was written anew. */
  #compacted = 0;
  /** Why nothing can be written to it any more. */
  #broken: unknown;
  #cancelTidying: (() => void) | undefined;
  #tidying: Promise<void> | undefined;

  private constructor(opened: Opened, released: (left: boolean) => void) {
    this.contents = opened.contents;
    this.#folder = opened.folder;
    this.#name = opened.name;
    this.#path = pathOf(opened.folder, opened.name);
    this.#handle = opened.handle;
    this.#size = opened.size;
    this.#released = released;
  }

  /** @param released told once it was let go of, and whether it is left to others. */
  static async create(
    folder: string,
    name: FileName,
    released: (left: boolean) => void,
  ): Promise<OutboxFile> {
    const path = pathOf(folder, name);
    const contents = new Contents({ producer: name.producer, state: firstState, entries: [] });
    try {
      const written = await writeNew(path, contents);
      return new OutboxFile({ folder, name, contents, ...written }, released);
    } catch (error) {
      throw explain(path, error);
    }
  }

  /**
   * Takes a file that nobody has.
   *
   * @param holder who it is that takes it.
   * @returns nothing where another one was quicker, or where it holds nothing, not even a state.
   * @throws {OutboxUnavailableError} where it cannot be read; then it is left as it is, and put aside where it is damaged.
   */
  static async take(
    folder: string,
    found: FileName,
    holder: string,
    released: (left: boolean) => void,
  ): Promise<OutboxFile | undefined> {
    const name = { producer: found.producer, holder };
    const [from, to] = [pathOf(folder, found), pathOf(folder, name)];
    try {
      if (!(await moved(from, to))) return undefined;
      const opened = await readWhole(folder, name, from);
      if (!opened) return undefined;
      const file = new OutboxFile(opened, released);
      // Who had it may be there all the same, and write on: then into a file that has no name any more.
      if (found.holder !== undefined) await file.#renew();
      return file;
    } catch (error) {
      if (error instanceof OutboxUnavailableError && error.reason === "Lost") return undefined;
      if (error instanceof OutboxUnavailableError && error.reason === "Damaged") {
        const aside = join(folder, asideOf(found));
        if (await isRenamed(to, aside)) {
          await syncFolder(folder).catch(told);
          throw putAside(error, aside);
        }
      }
      await rename(to, from).catch(told);
      throw explain(from, error);
    }
  }

  async write(changes: readonly Change[]): Promise<void> {
    await this.#endTidying();
    if (this.#broken !== undefined) throw explain(this.#path, this.#broken);
    try {
      await this.#compact();
      await this.#append(encodeFrame(changes));
    } catch (error) {
      throw explain(this.#path, error);
    }
    this.contents.apply(changes);
    this.#tidyLater();
  }

  async release(forget: boolean): Promise<void> {
    await this.#endTidying();
    // Where it is gone already there is nothing left to do. Where it cannot be renamed it is known to be nobody's by its holder, who is gone.
    await this.#handle.close().catch(told);
    if (forget) await rm(this.#path, { force: true }).catch(told);
    else await rename(this.#path, pathOf(this.#folder, free(this.#name))).catch(told);
    this.#released(!forget);
  }

  async #append(frame: Buffer): Promise<void> {
    try {
      await writeAll(this.#handle, frame, this.#size);
    } catch (error) {
      await this.#cut();
      throw error;
    }
    try {
      await this.#handle.datasync();
    } catch (error) {
      await this.#cut();
      // Nobody knows what of it is on the disk, and to sync again would not tell.
      this.#broken = error;
      throw error;
    }
    try {
      await this.#checkName();
    } catch (error) {
      this.#broken = error;
      throw error;
    }
    this.#size += frame.length;
  }

  /** Takes back what was written in part, or cannot be relied on. */
  async #cut(): Promise<void> {
    try {
      await this.#handle.truncate(this.#size);
    } catch (error) {
      this.#broken = error;
    }
  }

  /** As a file that nobody else has open. */
  async #renew(): Promise<void> {
    try {
      await this.#rewrite();
    } catch (error) {
      await this.#handle.close();
      throw error;
    }
  }

  /** What is written to a file that another one has taken by now, or that was deleted, is not kept. */
  async #checkName(): Promise<void> {
    const [own, named] = await Promise.all([
      this.#handle.stat(),
      stat(this.#path).catch((error: unknown) => {
        if (isAbsent(error)) return undefined;
        throw error;
      }),
    ]);
    if (own.ino !== named?.ino) throw this.#lost();
  }

  /** Where the old one was taken just before the new one was put in its place, the outbox would be there twice. */
  async #checkOthers(before: readonly string[]): Promise<void> {
    const others = await this.#others();
    if (others.every((other) => before.includes(other))) return;
    await rm(this.#path, { force: true });
    throw this.#lost();
  }

  /** The other files of this name: that of who has taken it, or one that somebody has made by hand. */
  async #others(): Promise<readonly string[]> {
    const { producer, holder } = this.#name;
    return (await readdir(this.#folder)).filter((entry) => {
      const name = parseFileName(entry);
      return name?.producer === producer && name.holder !== holder;
    });
  }

  #lost(): OutboxUnavailableError {
    const message = `"${this.#path}" was deleted, or another process has taken it: open the outbox again.`;
    return new OutboxUnavailableError("Lost", message);
  }

  /** Writes the file anew where most of it is what was let go of. */
  async #compact(): Promise<void> {
    const isWorthIt = this.#size >= slackBytes + slackRatio * this.contents.bytes;
    // What takes many bytes as text would be written anew each time.
    if (isWorthIt && this.#size >= 2 * this.#compacted) await this.#rewrite();
  }

  /** What users have said and the server has is not to stay for as long as nothing more is said. */
  #tidyLater(): void {
    if (this.#size <= this.#compacted || this.contents.bytes > slackBytes) return;
    const tidy = () => {
      // Where it fails, the next write does.
      this.#tidying = this.#rewrite().catch(told);
    };
    this.#cancelTidying = systemRuntime.timer(tidy, quietTime, true);
  }

  async #endTidying(): Promise<void> {
    this.#cancelTidying?.();
    await this.#tidying;
  }

  /** The old one is there until the new one is whole. */
  async #rewrite(): Promise<void> {
    const next = nextOf(this.#path);
    const made = await this.#writeNext(next);
    if (!made) return;
    try {
      const others = await this.#others();
      await this.#checkName();
      if (!(await isRenamed(next, this.#path))) {
        await discard(made, next);
        this.#compacted = this.#size;
        return;
      }
      await this.#checkOthers(others);
      await syncFolder(this.#folder);
    } catch (error) {
      this.#broken = error;
      await discard(made, next);
      throw error;
    }
    const old = this.#handle;
    this.#handle = made.handle;
    this.#size = made.size;
    this.#compacted = made.size;
    await old.close();
  }

  /** Where there is no room for it there may be for what is to be appended. */
  async #writeNext(next: string): Promise<Written | undefined> {
    try {
      await rm(next, { force: true });
      return await writeNew(next, this.contents);
    } catch {
      return undefined;
    }
  }
}

function free({ producer }: FileName): FileName {
  return { producer, holder: undefined };
}

/** @returns false where it was not there any more. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

/** Some platforms, and who looks for viruses there, let no file take the place of one that is open; then nothing has changed. */
async function isRenamed(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    () => false,
  );
}
