import { ClosedError } from "@eventwire/queue";
import type { HoldingsOptions } from "./holdings.js";
import type { Lease } from "./lease.js";
import { encodeState, encodeWhole } from "./tenure-state.js";

/** For how long a cursor is held unless it is held on to, in milliseconds. */
export const leaseTime = 30_000;
/** How long a cursor waits at least from one save to the next, in milliseconds. */
const saveEvery = 100;
/** How often to look which cursors have not been saved for a while. */
const keepEvery = leaseTime / 6;
/** What one cursor keeps of all shards at most before it is divided, in bytes. */
const maxWhole = 65_536;

export interface LeaseKeeperOptions extends Pick<HoldingsOptions, "core" | "store" | "progress" | "update"> {
  readonly leases: ReadonlySet<Lease>;
  /** Told of one that is held no more. */
  readonly lose: (lease: Lease) => void;
}

/** Saves what is done under leases, soon after it is, and often enough that they hold. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  #savedAt = Number.NEGATIVE_INFINITY;
  #cancelSave: (() => void) | undefined;
  #cancelKeep: (() => void) | undefined;
  #heavy = false;
  #stopped = false;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  /** Whether there is more to keep than one cursor should. */
  get heavy(): boolean {
    return this.#heavy;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelSave?.();
    this.#cancelKeep?.();
  }

  write(lease: Lease, state: Uint8Array | undefined, time: number): Promise<boolean> {
    const { store } = this.#options;
    const { cursor, token } = lease;
    return store.insist("save what a group has done", () => store.log.save(cursor, token, state, time));
  }

  /** @param open false lets it go. */
  async save(lease: Lease, open: boolean): Promise<void> {
    const { store, core, progress } = this.#options;
    const { cursor, token } = lease;
    lease.saving = true;
    try {
      let until = 0;
      let version = 0;
      const held = await store.insist("save what a group has done", async () => {
        if (lease.over) return false;
        version = lease.version;
        lease.savedAt = core.runtime.monotonic();
        until = lease.savedAt + leaseTime;
        return store.log.save(cursor, token, this.#stateOf(lease, open), open ? leaseTime : 0);
      });
      if (held) {
        lease.until = until;
        lease.savedVersion = version;
      } else this.#options.lose(lease);
    } catch (error) {
      if (!(error instanceof ClosedError)) core.report(error);
      this.#options.lose(lease);
    }
    lease.saving = false;
    if (lease.unsaved) this.schedule();
    progress.made();
  }

  #stateOf({ tenures }: Lease, open: boolean): Uint8Array {
    for (const tenure of tenures) this.#options.update(tenure);
    const states = tenures.map((tenure) => tenure.state(open));
    if (states.length === 1) return encodeState(states[0]!);
    const whole = encodeWhole(states);
    this.#heavy = whole.length > maxWhole;
    return whole;
  }

  /** There is something to save. */
  schedule(): void {
    if (this.#cancelSave || this.#stopped) return;
    const { runtime } = this.#options.core;
    const wait = Math.max(0, this.#savedAt + saveEvery - runtime.monotonic());
    this.#cancelSave = runtime.timer(() => {
      this.#cancelSave = undefined;
      this.#savedAt = runtime.monotonic();
      for (const lease of this.#options.leases)
        if (lease.unsaved && !lease.saving) void this.save(lease, true);
    }, wait);
  }

  /** Keeps the leases of what has not been saved for a while. */
  keep(): void {
    const { runtime } = this.#options.core;
    this.#cancelKeep ??= runtime.timer(() => {
      this.#cancelKeep = undefined;
      const now = runtime.monotonic();
      for (const lease of this.#options.leases) {
        if (!lease.saving && now - lease.savedAt >= leaseTime / 3) void this.save(lease, true);
      }
      if (this.#options.leases.size > 0) this.keep();
    }, keepEvery);
  }
}
