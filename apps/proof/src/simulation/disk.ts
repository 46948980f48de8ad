import type { Chance } from "./chance.js";

/** What a crash has done to something that was written and not synced. */
export type Damage = "write-lost" | "write-torn" | "write-holed" | "rename-lost";

/** Something that was done to a file and is not on the disk for sure. */
type Change =
  | { readonly type: "write"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly type: "truncate"; readonly length: number };

/** A file: what everyone sees, what is on the disk, and what lies between the two. */
class File {
  seen = new Content();
  kept = new Content();
  changes: Change[] = [];

  change(change: Change): void {
    this.seen.change(change);
    this.changes.push(change);
  }

  sync(): void {
    for (const change of this.changes.splice(0)) this.kept.change(change);
  }
}

type Names = Map<string, File>;

/**
 * Files of one folder, and what a loss of power leaves of them: what was synced; of each write since then all, nothing, its
 * beginning, or all but a hole; and of what was made and renamed since the folder was synced, the first so many.
 */
export class Disk {
  #seen: Names = new Map();
  #kept: Names = new Map();
  #changes: ((names: Names) => void)[] = [];
  /** Told of a file in whose place another is about to be. */
  onReplace: (name: string) => void = () => undefined;

  read(name: string, from = 0): Uint8Array {
    return this.#seen.get(name)?.seen.read(from) ?? new Uint8Array();
  }

  write(name: string, at: number, bytes: Uint8Array): void {
    this.#file(name).change({ type: "write", at, bytes: bytes.slice() });
  }

  truncate(name: string, length: number): void {
    this.#file(name).change({ type: "truncate", length });
  }

  sync(name: string): void {
    this.#seen.get(name)?.sync();
  }

  /** As a disk does that has failed: some of it got there, and what did not is taken for written from here on. */
  failToSync(name: string, chance: Chance): void {
    const file = this.#seen.get(name);
    for (const change of file?.changes.splice(0) ?? []) if (chance.of(0.5)) file!.kept.change(change);
  }

  rename(from: string, to: string): void {
    this.onReplace(to);
    const file = this.#file(from);
    this.#rename((names) => {
      names.delete(from);
      names.set(to, file);
    });
  }

  syncFolder(): void {
    for (const change of this.#changes.splice(0)) change(this.#kept);
  }

  /** Puts a file on the disk from outside, whole and synced. */
  place(name: string, bytes: Uint8Array): void {
    this.onReplace(name);
    this.truncate(name, 0);
    this.write(name, 0, bytes);
    this.sync(name);
    this.syncFolder();
  }

  /** The power fails. */
  crash(chance: Chance, damaged: (damage: Damage) => void): void {
    const survive = chance.upTo(this.#changes.length);
    if (survive < this.#changes.length) damaged("rename-lost");
    for (const change of this.#changes.splice(0).slice(0, survive)) change(this.#kept);
    for (const file of new Set(this.#kept.values())) {
      for (const change of file.changes.splice(0)) {
        for (const left of leftOf(change, chance, damaged)) file.kept.change(left);
      }
      file.seen = file.kept.copy();
    }
    this.#seen = new Map(this.#kept);
  }

  #file(name: string): File {
    let file = this.#seen.get(name);
    if (!file) {
      const made = new File();
      file = made;
      this.#rename((names) => names.set(name, made));
    }
    return file;
  }

  #rename(change: (names: Names) => void): void {
    change(this.#seen);
    this.#changes.push(change);
  }
}

/** What is left of a change that was not synced. */
function leftOf(change: Change, chance: Chance, damaged: (damage: Damage) => void): readonly Change[] {
  const kind = chance.pick(["all", "nothing", "torn", "holed"] as const);
  if (kind === "all") return [change];
  if (kind === "nothing" || change.type === "truncate") {
    damaged("write-lost");
    return [];
  }
  const { at, bytes } = change;
  const start = chance.upTo(bytes.length);
  if (kind === "torn") {
    damaged("write-torn");
    return [{ type: "write", at, bytes: bytes.subarray(0, start) }];
  }
  damaged("write-holed");
  const end = start + chance.upTo(bytes.length - start);
  return [
    { type: "write", at, bytes: bytes.subarray(0, start) },
    { type: "write", at: at + end, bytes: bytes.subarray(end) },
  ];
}

/** Bytes that grow; a hole reads as zeros. */
class Content {
  #bytes = new Uint8Array(256);
  #length = 0;

  read(from: number): Uint8Array {
    return this.#bytes.slice(from, Math.max(from, this.#length));
  }

  change(change: Change): void {
    if (change.type === "truncate") this.#resize(change.length);
    else if (change.bytes.length > 0) {
      this.#resize(Math.max(this.#length, change.at + change.bytes.length));
      this.#bytes.set(change.bytes, change.at);
    }
  }

  copy(): Content {
    const copy = new Content();
    copy.change({ type: "write", at: 0, bytes: this.read(0) });
    return copy;
  }

  #resize(length: number): void {
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    } else if (length < this.#length) this.#bytes.fill(0, length, this.#length);
    this.#length = length;
  }
}
