import { GroupStates } from "../group-state.js";
import { EntryReader } from "../log/entry-reader.js";
import { newMark, type SharedMark } from "../log/host.js";
import { Oracle } from "../oracle.js";
import { Chance } from "./chance.js";
import { Disk } from "./disk.js";
import { type Fault, Faults } from "./faults.js";
import type { Links } from "./links/links.js";
import type { SimulatedProcess } from "./process.js";
import { SwiftClock } from "./swift-clock.js";
import type { Workplace } from "./tasks/workplace.js";
import { Trace } from "./trace.js";

/** How the disk behaves for a while. */
export interface Weather {
  /** How long an operation takes, in milliseconds. */
  readonly least: number;
  readonly most: number;
  /** How probable it is that a write or a sync fails. */
  readonly failing: number;
}

/** A process that is told when something has changed. */
interface Hearer {
  readonly process: SimulatedProcess;
  readonly told: () => void;
}

export const calm: Weather = { least: 0.02, most: 0.4, failing: 0 };

/** One machine, and everything that is the same for all its processes. */
export class World {
  readonly clock: SwiftClock;
  readonly chance: Chance;
  readonly trace: Trace;
  readonly oracle = new Oracle();
  readonly faults = new Faults();
  readonly disk = new Disk();
  readonly reader = new EntryReader();
  readonly processes = new Set<SimulatedProcess>();
  readonly locks = new Map<string, SimulatedProcess>();
  readonly hearing = new Map<string, Set<Hearer>>();
  readonly #marks = new Map<string, SharedMark>();
  weather = calm;
  boot = 1;
  #bootedAt = 0;
  /** How far the wall clock is ahead. */
  #ahead = 0;
  /** Done while the disk is at work for a process, or when it has renamed a file. */
  atNextCall: { readonly rename: boolean; readonly act: () => void } | undefined;
  /** Done to the process that is next about to save a cursor. */
  atNextSave: ((process: SimulatedProcess) => void) | undefined;
  /** The newest that is known to be given of each cursor. */
  readonly tokens = new Map<string, number>();
  readonly groupStates = new GroupStates();
  /** What clients and servers have in common, where there are any. */
  links: Links | undefined;
  /** The tasks, where there are any. */
  work: Workplace | undefined;
  /** Whether everything goes well from here on. */
  healed = false;

  constructor(seed: number, tell?: (line: string) => void) {
    this.clock = new SwiftClock({ seed });
    this.chance = new Chance(seed);
    this.trace = new Trace(tell);
  }

  get uptime(): number {
    return this.clock.monotonic() - this.#bootedAt;
  }

  /** By the wall clock, which may be set. */
  get now(): number {
    return Math.floor(this.clock.now() + this.#ahead);
  }

  note(who: string, what: string): void {
    this.trace.note(this.clock.monotonic(), who, what);
  }

  fault(kind: Fault, where = ""): void {
    this.faults.count(kind);
    this.note("!", where === "" ? kind : `${kind} ${where}`);
  }

  after(milliseconds: number, work: () => void): () => void {
    return this.clock.timer(work, milliseconds);
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.after(milliseconds, resolve));
  }

  setClock(milliseconds: number): void {
    this.#ahead += milliseconds;
  }

  readonly mark = (name: string): SharedMark => {
    const mark = this.#marks.get(name) ?? newMark();
    this.#marks.set(name, mark);
    return mark;
  };

  /** The power fails, and is back at once: what was in memory is gone, and of what was not synced nobody knows. */
  losePower(): void {
    this.fault("power-lost");
    for (const process of [...this.processes]) process.crash();
    this.disk.crash(this.chance, (damage) => this.fault(damage));
    this.#marks.clear();
    this.locks.clear();
    this.boot += 1;
    this.#bootedAt = this.clock.monotonic();
  }
}
