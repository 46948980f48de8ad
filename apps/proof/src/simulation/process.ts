import type { Runtime } from "@eventwire/core";
import type { Host } from "../log/host.js";
import { Chance } from "./chance.js";
import type { Disk } from "./disk.js";
import type { World } from "./world.js";

/** Something that the kernel does for a process, which ends with it or not. */
interface Call {
  readonly perform: () => () => void;
}

/** A process of the simulated machine: runs, stands still, ends between any two of its steps. */
export class SimulatedProcess {
  readonly name: string;
  readonly runtime: Runtime;
  readonly host: Host;
  /** The one of the machine, or a device's own. */
  readonly disk: Disk;
  readonly #world: World;
  readonly #chance: Chance;
  readonly #calls = new Set<Call>();
  readonly #endings: (() => void)[] = [];
  #alive = true;
  /** What has come while it stands still. */
  #missed: (() => void)[] | undefined;

  /** @param disk its own, where it runs on a device: what befalls the machine does not befall it. */
  constructor(world: World, name: string, disk?: Disk) {
    this.name = name;
    this.disk = disk ?? world.disk;
    this.#world = world;
    this.#chance = new Chance(world.chance.upTo(2 ** 31));
    this.runtime = this.#makeRuntime();
    this.host = this.#makeHost();
    if (!disk) world.processes.add(this);
  }

  get alive(): boolean {
    return this.#alive;
  }

  get paused(): boolean {
    return this.#missed !== undefined;
  }

  note(what: string): void {
    this.#world.note(this.name, what);
  }

  /** Resolves then, unless the process has ended. */
  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.#later(milliseconds, resolve));
  }

  pause(): void {
    this.#missed ??= [];
  }

  resume(): void {
    const missed = this.#missed ?? [];
    this.#missed = undefined;
    for (const work of missed) this.#later(0, work);
  }

  /** Ends it. What the kernel is at for it is done or not. */
  crash(): void {
    if (!this.#alive) return;
    this.note("ends");
    this.#alive = false;
    this.#missed = undefined;
    for (const { perform } of this.#calls) if (this.#chance.of(0.5)) perform();
    this.#calls.clear();
    for (const end of this.#endings) end();
    for (const [name, holder] of this.#world.locks) if (holder === this) this.#world.locks.delete(name);
    this.#world.processes.delete(this);
  }

  /** Calls back when it ends. */
  onEnd(end: () => void): void {
    this.#endings.push(end);
  }

  /** Does it in the process: now, when it goes on, or never. */
  run(work: () => void): void {
    if (!this.#alive) return;
    if (this.#missed) this.#missed.push(work);
    else work();
  }

  #later(milliseconds: number, work: () => void): () => void {
    let cancelled = false;
    const step = () => {
      if (!cancelled) work();
    };
    // No timer is exact, and no two that are due at once fire in an order of their own.
    const late = this.#chance.between(0, 0.2);
    const cancel = this.#world.after(Math.max(0, milliseconds) + late, () => this.run(step));
    return () => {
      cancelled = true;
      cancel();
    };
  }

  #makeRuntime(): Runtime {
    const world = this.#world;
    const started = world.clock.monotonic();
    return {
      now: () => world.now,
      monotonic: () => world.clock.monotonic() - started,
      timer: (callback, milliseconds) => this.#later(milliseconds, callback),
      microtask: (callback) => world.clock.microtask(callback),
      macrotask: (callback) => void this.#later(0, callback),
      asyncStore: () => undefined,
      random: () => this.#chance.next(),
      randomId: () => this.#chance.id(),
      uncaught: (error) => world.oracle.trouble(`${this.name}: uncaught ${describe(error)}`),
      log: (error) => world.oracle.trouble(`${this.name}: ${describe(error)}`),
    };
  }

  #makeHost(): Host {
    const world = this.#world;
    const { disk } = this;
    const boot = String(world.boot);
    return {
      boot,
      uptime: () => world.uptime,
      reader: world.reader,
      files: {
        read: (file, from) => this.#call("read", file, () => disk.read(file, from)),
        write: (file, at, bytes) =>
          this.#call("write", file, () => {
            if (!this.#fails()) return disk.write(file, at, bytes);
            world.fault("write-failed", file);
            disk.write(file, at, bytes.subarray(0, world.chance.upTo(bytes.length)));
            throw new Error("ENOSPC: no space left on device");
          }),
        truncate: (file, length) => this.#call("truncate", file, () => disk.truncate(file, length)),
        sync: (file) =>
          this.#call("sync", file, () => {
            if (!this.#fails()) return disk.sync(file);
            world.fault("sync-failed", file);
            disk.failToSync(file, world.chance);
            throw new Error("EIO: i/o error");
          }),
        rename: (from, to) => this.#call("rename", to, () => disk.rename(from, to)),
        syncFolder: () => this.#call("sync folder", "", () => disk.syncFolder()),
      },
      lock: (name) => this.#lock(name),
      shared: (name) => world.mark(name),
      notify: (name) => {
        for (const { process, told } of world.hearing.get(name) ?? []) if (process !== this) told();
      },
      onNotify: (name, hear) => this.#onNotify(name, hear),
    };
  }

  #fails(): boolean {
    return this.#world.chance.of(this.#world.weather.failing);
  }

  #call<Result>(what: string, file: string, work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const call: Call = {
        perform: () => {
          this.note(`${what} ${file}`);
          try {
            const result = work();
            return () => resolve(result);
          } catch (error) {
            return () => reject(error);
          }
        },
      };
      this.#calls.add(call);
      const world = this.#world;
      const { least, most } = world.weather;
      const takes = world.chance.between(least, most);
      world.after(takes, () => {
        if (this.#calls.delete(call)) this.run(call.perform());
      });
      this.#beAt(what, takes);
    });
  }

  /** What is to happen while the disk is at work happens around when the call ends. */
  #beAt(what: string, takes: number): void {
    const { atNextCall, chance } = this.#world;
    const meant = atNextCall?.rename ? what === "rename" : what !== "read" && chance.of(0.5);
    if (!atNextCall || !meant) return;
    this.#world.atNextCall = undefined;
    this.#world.after(takes + (atNextCall.rename ? 0 : chance.between(-takes, takes)), atNextCall.act);
  }

  /** Tries until nobody has it, as processes do that may stand still meanwhile. */
  async #lock(name: string): Promise<() => void> {
    const { locks } = this.#world;
    for (let wait = 1; locks.has(name); wait = Math.min(2 * wait, 100)) {
      await this.sleep(this.#chance.between(0, wait));
    }
    locks.set(name, this);
    let held = true;
    return () => {
      if (held) locks.delete(name);
      held = false;
    };
  }

  #onNotify(name: string, hear: () => void): () => void {
    const world = this.#world;
    const told = () => {
      if (!world.healed && this.#chance.of(0.1)) world.fault("hint-lost", this.name);
      else this.#later(this.#chance.between(0, 5), hear);
    };
    const all = world.hearing.get(name) ?? new Set();
    const hearer = { process: this, told };
    world.hearing.set(name, all.add(hearer));
    const stop = () => all.delete(hearer);
    this.#endings.push(stop);
    return stop;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
