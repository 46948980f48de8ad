import { hasGroup } from "../group-state.js";
import { restored } from "../log/journal.js";
import { Board } from "./board.js";
import type { Bug } from "./bugs.js";
import type { Name } from "./contract.js";
import { Derivation } from "./deriver.js";
import type { Fault } from "./faults.js";
import { type Journaled, journaled } from "./journaled.js";
import { Fleet } from "./links/fleet.js";
import type { GroupPlan } from "./member.js";
import type { SimulatedProcess } from "./process.js";
import type { Program } from "./program.js";
import { Projection } from "./projection.js";
import { Slot } from "./slot.js";
import { newWish, wantedBy } from "./wish.js";
import { calm, type World } from "./world.js";

/** What is done to it, and how probable each is beside the others. */
const actions = {
  crashProcess: 4,
  losePower: 3,
  restart: 2,
  pause: 4,
  setClock: 2,
  breakDisk: 2,
  slowDisk: 2,
  trim: 2,
  backUp: 2,
  restore: 2,
  leaveListener: 2,
  leaveGroup: 2,
  replaceProducer: 2,
  redrive: 1,
} as const;

type Action = keyof typeof actions;

/** For how long who has died may be away, and a pause is beyond the leases of groups, in milliseconds. */
const longPause = 45_000;
/** How long a bus waits at most before it tries again what has failed, and a little more, in milliseconds. */
const longestRetry = 7_000;
/** Within which time everything has to be delivered once all is well, in milliseconds. */
const patience = 300_000;

/** Programs on one machine, what is done to them, and what is found out in the end. */
export class System {
  readonly #world: World;
  readonly #bugs: ReadonlySet<Bug>;
  readonly #slots: readonly Slot[];
  readonly #projections: readonly Projection[];
  readonly #groups: readonly GroupPlan[];
  readonly #derivation: Derivation | undefined;
  readonly #board: Board | undefined;
  /** Clients, and what is between them and the servers. */
  readonly #fleet: Fleet | undefined;
  /** A run has some of what can be done to it, so that what is rare comes often in some runs. */
  readonly #enabled: readonly Action[];
  /** Whether notes on the dead may be gone. */
  #trimmed = false;
  #backup: Uint8Array | undefined;
  /** As it was when it was last looked at. */
  #journal: Journaled | undefined;

  constructor(world: World, bugs: ReadonlySet<Bug>, fleetSeed: number | undefined) {
    const { chance, oracle } = world;
    this.#world = world;
    this.#bugs = bugs;
    const isGrouped = chance.of(0.5) || (fleetSeed ?? 0) % 2 === 1;
    this.#groups = isGrouped ? [newGroup(world, "billing")] : [];
    this.#projections = Array.from({ length: 1 + chance.upTo(2) }, (_, index) => {
      const wish = newWish(chance);
      const name = `projection-${index}`;
      return new Projection(name, wish, oracle.listener(name, wantedBy(wish), true), world.disk);
    });
    this.#derivation = chance.of(0.4) ? new Derivation(world) : undefined;
    this.#board = chance.of(0.4) ? new Board() : undefined;
    const slots = 1 + chance.upTo(2);
    this.#slots = Array.from({ length: slots }, (_, index) => {
      const name = `p${index + 1}`;
      const plan = {
        name,
        emitters: 1 + chance.upTo(1),
        // Where there are clients or tasks the machine does less, so that as many seeds are run in the time.
        pace: chance.between(400, 4_000) * (fleetSeed === undefined && !world.work ? 1 : 2),
        projections: this.#projections.filter((_, number) => number % slots === index),
        observers: chance.upTo(1),
        groups: this.#groups.filter(() => index === 0 || (chance.of(0.7) && fleetSeed === undefined)),
        outbox: chance.of(0.5) ? { name: `outbox-${name}`, epoch: 0 } : undefined,
        derives: this.#derivation !== undefined,
        board: chance.of(0.7) ? this.#board : undefined,
        serves: fleetSeed !== undefined && (index === 0 || chance.of(0.7)),
      };
      return new Slot(world, plan, this.#groups, bugs);
    });
    if (fleetSeed !== undefined) {
      const servers = this.#slots.filter(({ plan }) => plan.serves).map(({ plan }) => plan.name);
      const trimAll = () => this.#letGoOfAll();
      this.#fleet = new Fleet(world, fleetSeed, bugs, { servers, groups: this.#groups, trimAll });
    }
    this.#enabled = (Object.keys(actions) as Action[]).flatMap((action) =>
      chance.of(0.6) ? Array.from({ length: actions[action] }, () => action) : [],
    );
  }

  async run(): Promise<void> {
    const world = this.#world;
    const { chance } = world;
    for (const slot of this.#slots) slot.start();
    this.#fleet?.start();
    const end = world.clock.monotonic() + chance.between(5_000, 30_000);
    const pace = chance.between(400, 3_000);
    while (world.clock.monotonic() < end) {
      await world.sleep(chance.span(pace));
      if (this.#fleet && chance.of(0.5)) {
        this.#fleet.disturb();
        continue;
      }
      if (world.work && chance.of(0.2)) {
        world.work.disturb(this.#anybody);
        continue;
      }
      const action = chance.pick(this.#enabled);
      if (action) this.#do(action);
    }
    await this.#heal();
  }

  #do(action: Action): void {
    const world = this.#world;
    const { chance } = world;
    const slot = chance.pick(this.#slots)!;
    switch (action) {
      case "crashProcess":
        this.#soon(() => this.#crash(slot));
        break;
      case "losePower":
        this.#soon(() => this.#losePower());
        break;
      case "restart":
        void this.#restart(slot);
        break;
      case "pause":
        this.#pause(slot);
        break;
      case "setClock":
        this.#setClock();
        break;
      case "breakDisk":
        this.#weather({ ...calm, failing: chance.between(0.05, 0.6) });
        break;
      case "slowDisk":
        world.fault("disk-slow");
        this.#weather({ least: 1, most: chance.between(20, 1_000), failing: 0 });
        break;
      case "trim":
        void this.#trim(slot);
        break;
      case "backUp":
        this.#backUp();
        break;
      case "restore":
        this.#restore();
        break;
      case "leaveListener": {
        const projection = chance.pick(slot.plan.projections);
        if (slot.program && projection) void projection.leave(slot.program);
        break;
      }
      case "leaveGroup": {
        const group = chance.pick(slot.plan.groups);
        if (group) void slot.memberLeaves(group);
        break;
      }
      case "replaceProducer":
        this.#replaceProducer(slot);
        break;
      case "redrive":
        void this.#redrive(slot);
    }
  }

  /** Now, or when the disk is next at work, for that is when most can go wrong. */
  #soon(act: () => void): void {
    if (this.#world.chance.of(0.1)) act();
    else this.#world.atNextCall = { rename: this.#world.chance.of(0.2), act };
  }

  #crash(slot: Slot): void {
    if (!slot.program) return;
    this.#world.fault("process-crashed", slot.plan.name);
    slot.crash();
    this.#startSoon(slot);
  }

  #startSoon(slot: Slot): void {
    const { chance } = this.#world;
    const away = chance.of(0.1) ? longPause : chance.span(3_000);
    this.#world.after(away, () => {
      if (!slot.program) slot.start();
    });
  }

  #losePower(): void {
    for (const slot of this.#slots) slot.ended();
    this.#world.losePower();
    for (const slot of this.#slots) this.#startSoon(slot);
  }

  async #restart(slot: Slot): Promise<void> {
    const world = this.#world;
    if (!slot.program || slot.closing) return;
    world.fault("restarted", slot.plan.name);
    await slot.close();
    if (world.chance.of(0.5)) {
      world.fault("contract-changed", slot.plan.name);
      slot.version = slot.version === "old" ? "strict" : "old";
    }
    this.#startSoon(slot);
  }

  /** Shortly, whatever it is at; or beyond the leases of groups, when it is about to save what it has done. */
  #pause({ program }: Slot): void {
    const world = this.#world;
    const { chance } = world;
    if (chance.of(0.6)) {
      if (program) this.#soon(() => this.#standStill(program.process, "paused", chance.span(2_000)));
      return;
    }
    const span = chance.between(longPause, 2 * longPause);
    world.atNextSave = (process) => this.#standStill(process, "paused-beyond-lease", span);
  }

  #standStill(process: SimulatedProcess, kind: Fault, milliseconds: number): void {
    if (!process.alive || process.paused) return;
    this.#world.fault(kind, process.name);
    process.pause();
    this.#world.after(milliseconds, () => process.resume());
  }

  #setClock(): void {
    const { chance } = this.#world;
    const forward = chance.of(0.5);
    this.#world.fault(forward ? "clock-forward" : "clock-back");
    this.#world.setClock(forward ? chance.span(1_000_000) : -chance.span(1_000_000));
  }

  #weather(weather: World["weather"]): void {
    const world = this.#world;
    world.weather = weather;
    world.after(world.chance.span(3_000), () => {
      if (world.weather === weather) world.weather = calm;
    });
  }

  async #trim({ program }: Slot): Promise<void> {
    const { chance } = this.#world;
    if (!program) return;
    const head = await program.broker.log.head().catch(() => 0);
    if (head === 0) return;
    const before = 1 + chance.upTo(head);
    const name = chance.of(0.3) ? "order.paid" : undefined;
    await this.#letGo(program, before, name);
  }

  async #letGoOfAll(): Promise<void> {
    const program = this.#slots.find((slot) => slot.program)?.program;
    const head = (await program?.broker.log.head().catch(() => 0)) ?? 0;
    if (program && head > 0) await this.#letGo(program, head + 1, undefined);
  }

  async #letGo({ broker }: Program, before: number, name: Name | undefined): Promise<void> {
    const { oracle } = this.#world;
    this.#world.fault("trimmed", `before ${before} ${name ?? ""}`);
    this.#trimmed = true;
    oracle.trimmed({ before, name });
    // What fails may have been done or not, and is excused only to who was told.
    await broker.log.trim({ before, name }).catch(() => undefined);
  }

  #backUp(): void {
    const { disk, mark } = this.#world;
    this.#backup = disk.read("journal").slice(0, mark("journal").committed);
  }

  /** The journal is put back as it was once, while nobody has it open. */
  #restore(): void {
    const backup = this.#backup;
    const world = this.#world;
    if (!backup || backup.length === 0) return;
    world.fault("restored");
    this.#losePower();
    const { bytes, entries, epoch, head } = restored(backup, world.chance.id(), this.#bugs);
    world.disk.place("journal", bytes);
    world.oracle.restored(epoch, head);
    world.work?.restored(entries);
    const cursors = entries.filter((entry) => entry.type === "cursor");
    for (const { name, witness } of this.#groups) if (!hasGroup(cursors, name)) witness.knowsNothing();
    world.tokens.clear();
  }

  #replaceProducer(slot: Slot): void {
    const { outbox, pace, name } = slot.plan;
    const others = this.#slots.filter((other) => other !== slot && other.program);
    const other = this.#world.chance.pick(others);
    if (!outbox || !other) return;
    this.#world.fault("producer-replaced", name);
    other.takeOver(outbox, pace);
  }

  async #redrive({ program }: Slot): Promise<void> {
    const group = this.#world.chance.pick(this.#groups);
    if (!program || !group) return;
    this.#world.fault("redriven", group.name);
    await program.bus
      .group(group.name)
      .redrive("all")
      .catch(() => undefined);
  }

  /** From here on all is well: everybody comes back, and gets everything; what is dead is done again. */
  async #heal(): Promise<void> {
    const world = this.#world;
    world.healed = true;
    world.atNextCall = undefined;
    world.atNextSave = undefined;
    world.weather = calm;
    world.note("!", "all is well");
    // Who stands still goes on when its time has come.
    for (const slot of this.#slots) if (!slot.program) slot.start();
    this.#fleet?.heal();
    if (world.work) await this.#operate((program) => world.work!.heal(program), "tasks go on");
    await this.#settle();
    if (world.work) await this.#operate((program) => world.work!.mend(program), "tasks are mended");
    for (const { name, witness } of this.#groups) {
      const bus = this.#slots.find(({ program }) => program)?.program?.bus;
      const redriven = await this.#within(bus?.group(name).redrive("all"), `"${name}" is redriven`);
      world.note("!", `redriven ${name} ${redriven}`);
      if (!this.#trimmed) witness.redriven();
    }
    await this.#settle();
    if (!this.#isWhole) world.oracle.trouble("it is not so in time that all is well");
    for (const wrong of this.#board?.wrongs(journaled(world, this.#journal)) ?? [])
      world.oracle.trouble(wrong);
  }

  /** Waits until nothing is missing, and nothing more has been acknowledged for a while, for as long as that may take. */
  async #settle(): Promise<void> {
    const world = this.#world;
    let quiet = 0;
    let journal: Journaled | undefined;
    for (let waited = 0; waited < patience && quiet < longestRetry; waited += 1_000) {
      await world.sleep(1_000);
      for (const projection of this.#projections) projection.testify();
      this.#fleet?.testify();
      journal = journaled(world, journal);
      this.#journal = journal;
      this.#derivation?.testify(world, journal);
      world.work?.testify(journal);
      const isSettled =
        this.#isWhole &&
        world.oracle.lost().length === 0 &&
        !this.#board?.wrongs(journal).length &&
        !world.work?.waiting.length;
      quiet = isSettled ? quiet + 1_000 : 0;
    }
  }

  /** Somebody who runs, by chance. */
  get #anybody(): Program | undefined {
    return this.#world.chance.pick(this.#slots)?.program;
  }

  /** Has somebody do it who does not stand still. */
  async #operate(work: (program: Program) => Promise<void>, what: string): Promise<void> {
    const awake = () =>
      this.#slots.find(({ program, closing }) => program && !closing && !program.process.paused);
    const operated = async (): Promise<void> => {
      for (;;) {
        while (!awake()) await this.#world.sleep(100);
        const { program } = awake()!;
        const gone = new Promise<false>((resolve) => program!.process.onEnd(() => resolve(false)));
        // Whose process ends under way, as when power is lost, leaves it to another.
        if (await Promise.race([work(program!).then(() => true), gone])) return;
      }
    };
    await this.#within(operated(), what);
  }

  /** Whether everybody is there, and does not stand still. */
  get #isWhole(): boolean {
    const isThere = ({ program, closing }: Pick<Slot, "program" | "closing">) =>
      program && !closing && !program.process.paused;
    return this.#slots.every(isThere) && this.#fleet?.isWhole !== false;
  }

  /** What comes of it, unless that takes too long. */
  async #within<Result>(work: Promise<Result> | undefined, what: string): Promise<Result | undefined> {
    const late = this.#world.sleep(patience).then(() => {
      if (!done) this.#world.oracle.trouble(`it is not so in time that ${what}`);
      return undefined;
    });
    let done = false;
    const result = await Promise.race([work, late]);
    done = true;
    return result;
  }
}

function newGroup({ chance, oracle }: World, name: string): GroupPlan {
  const wish = newWish(chance);
  const { pattern } = wish;
  return { name, wish: { pattern }, witness: oracle.group(name, wantedBy({ pattern })) };
}
