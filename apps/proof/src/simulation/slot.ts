import type { Subscription } from "@eventwire/core";
import type { Listener } from "../witness.js";
import type { Board } from "./board.js";
import type { Bug } from "./bugs.js";
import type { Version } from "./contract.js";
import { derive } from "./deriver.js";
import { emitFor } from "./emitter.js";
import { type GroupPlan, join, watchDeaths } from "./member.js";
import { observe } from "./observer.js";
import { Outbox, type OutboxPlan } from "./outbox.js";
import { Program } from "./program.js";
import type { Projection } from "./projection.js";
import type { World } from "./world.js";

/** What the programs of one place on the machine do. */
export interface SlotPlan {
  readonly name: string;
  readonly emitters: number;
  readonly pace: number;
  readonly projections: readonly Projection[];
  readonly observers: number;
  readonly groups: readonly GroupPlan[];
  readonly outbox: OutboxPlan | undefined;
  readonly derives: boolean;
  readonly board: Board | undefined;
  /** Whether clients find it. */
  readonly serves: boolean;
}

/** A place for one program after the other. */
export class Slot {
  readonly plan: SlotPlan;
  readonly #world: World;
  readonly #groups: readonly GroupPlan[];
  readonly #bugs: ReadonlySet<Bug>;
  #program: Program | undefined;
  #witnesses: Listener[] = [];
  #members = new Map<GroupPlan, Subscription>();
  #starts = 0;
  version: Version = "old";
  /** Whether its program is about to end in good order. */
  closing = false;

  constructor(world: World, plan: SlotPlan, groups: readonly GroupPlan[], bugs: ReadonlySet<Bug>) {
    this.#world = world;
    this.plan = plan;
    this.#groups = groups;
    this.#bugs = bugs;
  }

  /** The one that runs, if one does. */
  get program(): Program | undefined {
    return this.#program?.process.alive ? this.#program : undefined;
  }

  start(): void {
    const { plan } = this;
    this.#starts += 1;
    this.closing = false;
    const name = `${plan.name}/${this.#starts}`;
    const program = new Program(this.#world, name, this.version, this.#bugs, (group, shard, settled, asked) =>
      this.#groups.find((one) => one.name === group)?.witness.saved(shard, settled, asked),
    );
    program.process.note(`begins, ${this.version}`);
    this.#program = program;
    this.#witnesses = [];
    this.#members = new Map();
    void this.#begin(program, name);
  }

  /** The process ends, wherever it is. */
  crash(): void {
    this.#program?.process.crash();
    this.ended();
  }

  /** What its listeners would have got is owed to nobody. */
  ended(): void {
    for (const witness of this.#witnesses) witness.ended = true;
  }

  /** Ends in good order. Resolves once it has, unless it ends otherwise before. */
  async close(): Promise<void> {
    const program = this.program;
    if (!program) return;
    this.closing = true;
    this.ended();
    await program.bus.close({ drain: 2_000 });
    program.process.crash();
    this.ended();
  }

  async memberLeaves(group: GroupPlan): Promise<void> {
    const program = this.program;
    const member = this.#members.get(group);
    if (!program || !member) return;
    this.#world.fault("member-left", this.plan.name);
    member();
    await program.sleep(this.#world.chance.span(5_000));
    this.#members.set(group, join(program, group));
  }

  /** Starts the producer of another slot here, which takes its place. */
  takeOver(plan: OutboxPlan, pace: number): void {
    if (this.program) void new Outbox(this.program, plan).run(pace);
  }

  async #begin(program: Program, name: string): Promise<void> {
    const { emitters, pace, projections, observers, groups, outbox, derives, board, serves } = this.plan;
    while (!(await opened(program))) await program.sleep(100);
    for (const group of this.#groups) watchDeaths(program, group);
    if (serves) this.#world.links?.serve(program, this.plan.name);
    for (const projection of projections) projection.run(program);
    for (const group of groups) this.#members.set(group, join(program, group));
    for (let index = 1; index <= emitters; index++) void emitFor(program, `${name}/e${index}`, pace);
    for (let index = 1; index <= observers; index++) {
      void observe(program, `${name}/o${index}`, (witness) => this.#witnesses.push(witness));
    }
    if (outbox) void new Outbox(program, outbox).run(pace);
    if (derives) void derive(program);
    board?.run(program);
    this.#world.work?.run(program);
  }
}

async function opened({ broker }: Program): Promise<boolean> {
  try {
    await broker.open();
    return true;
  } catch {
    return false;
  }
}
