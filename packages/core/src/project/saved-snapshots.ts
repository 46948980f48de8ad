import { ClosedError } from "@eventwire/queue";
import { changeCursor } from "../backing/change-cursor.js";
import type { Source } from "../backing/feed.js";
import type { Place } from "../backing/place.js";
import { describe } from "../errors/describe.js";
import { InvalidError } from "../errors/invalid-error.js";
import { decodeSnapshot, encodeSnapshot, headerOf, type Snapshot } from "./snapshot.js";

/** For how long the cursor is held while a snapshot is read or written, in milliseconds. */
const lease = 10_000;

export interface SnapshotOptions {
  readonly source: Source;
  readonly name: string;
  readonly version: number;
  readonly saveEvery: number;
  readonly names: readonly string[];
  /** What there is to save, if anything is. */
  readonly current: () => Snapshot | undefined;
}

/**
 * The snapshot of a projection, in the state of a cursor. Several processes may project the same: each holds the cursor for a
 * moment, and none writes over what another has folded further, or has just saved.
 */
export class SavedSnapshots {
  readonly #options: SnapshotOptions;
  readonly #owner: string;
  /** Up to where is saved, as far as is known here. */
  #saved = 0;
  #saving: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  /** Whether the last save failed, and was reported. */
  #failed = false;

  constructor(options: SnapshotOptions) {
    this.#options = options;
    this.#owner = options.source.core.newId();
  }

  /** What was saved last of these events, of whatever epoch. One that cannot be read is reported. */
  async load(): Promise<Snapshot | undefined> {
    const { source, name, names } = this.#options;
    let bytes: Uint8Array | undefined;
    await this.#change("read a projection", (state) => {
      bytes = state;
      return undefined;
    });
    if (!bytes) return undefined;
    try {
      const snapshot = await decodeSnapshot(source.core.runtime, bytes);
      if (snapshot.names.join() !== names.join()) return undefined;
      this.#saved = snapshot.place.number;
      return snapshot;
    } catch (cause) {
      const message = `what was saved of the projection cannot be read, and is made anew: ${describe(cause)}`;
      source.core.report(new InvalidError(name, [{ message, path: [] }], cause));
      return undefined;
    }
  }

  /** There is something to save. */
  changed(): void {
    const { source, saveEvery } = this.#options;
    this.#cancel ??= source.core.runtime.timer(() => {
      this.#cancel = undefined;
      void this.#save(true);
    }, saveEvery);
  }

  /** Saves what is not saved. */
  async settle(): Promise<void> {
    await this.#saving;
    if (!this.#cancel) return;
    this.#cancel();
    this.#cancel = undefined;
    await this.#save(false);
  }

  /** @param yielding leaves it to another who has saved since this one did. */
  #save(yielding: boolean): Promise<void> {
    this.#saving ??= this.#write(yielding).finally(() => {
      this.#saving = undefined;
    });
    return this.#saving;
  }

  async #write(yielding: boolean): Promise<void> {
    const { source, name, current } = this.#options;
    const { core, store } = source;
    try {
      await this.#change("save a projection", (state) => {
        const snapshot = current();
        if (!snapshot) return undefined;
        const { epoch, number } = snapshot.place;
        const there = state && placeOf(state);
        const known = this.#saved;
        if (there?.epoch === epoch) {
          this.#saved = there.number;
          if (there.number >= number) return undefined;
          if (yielding && there.number > known) {
            this.changed();
            return undefined;
          }
        }
        this.#saved = number;
        return encodeSnapshot(core.runtime, name, snapshot, store.broker.features.maxBodyBytes);
      });
      this.#failed = false;
    } catch (error) {
      if (error instanceof ClosedError) return;
      // Once: it is tried again whenever the state has changed.
      if (!this.#failed) core.report(error);
      this.#failed = true;
    }
  }

  #change(what: string, change: Parameters<typeof changeCursor>[2]): Promise<void> {
    const { source, name, version } = this.#options;
    const cursor = `projection/${name}/${version}`;
    return changeCursor(source.store, { what, cursor, owner: this.#owner, lease }, change);
  }
}

/** Up to where a snapshot has folded; nothing where it is none, which is no loss then. */
function placeOf(state: Uint8Array): Place | undefined {
  try {
    return headerOf(state).place;
  } catch {
    return undefined;
  }
}
