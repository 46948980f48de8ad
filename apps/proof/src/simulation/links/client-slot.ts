import type { Subscription } from "@eventwire/core";
import type { Listener } from "../../witness.js";
import type { Bug } from "../bugs.js";
import type { Version } from "../contract.js";
import { emitFor } from "../emitter.js";
import { type GroupPlan, join } from "../member.js";
import { observe } from "../observer.js";
import type { Projection } from "../projection.js";
import type { World } from "../world.js";
import { ClientProgram } from "./client-program.js";
import { deviceOutbox, OutboxFolder } from "./device-outbox.js";
import type { Links } from "./links.js";

/** What the programs of one device do. */
export interface ClientPlan {
  /** The name of its user as well. */
  readonly name: string;
  readonly emitters: number;
  readonly pace: number;
  readonly projections: readonly Projection[];
  readonly observers: number;
  readonly groups: readonly GroupPlan[];
  /** Whether its outbox survives its process. */
  readonly keeps: boolean;
  readonly codec: "json" | "messagepack";
}

/** A device, on which one program runs after the other. */
export class ClientSlot {
  readonly plan: ClientPlan;
  readonly #world: World;
  readonly #links: Links;
  readonly #bugs: ReadonlySet<Bug>;
  readonly #outboxes: OutboxFolder;
  #program: ClientProgram | undefined;
  #witnesses: Listener[] = [];
  #members = new Map<GroupPlan, Subscription>();
  #starts = 0;
  version: Version = "old";
  closing = false;

  constructor(world: World, links: Links, plan: ClientPlan, bugs: ReadonlySet<Bug>) {
    this.#world = world;
    this.#links = links;
    this.plan = plan;
    this.#bugs = bugs;
    this.#outboxes = new OutboxFolder(`outbox-${plan.name}`);
  }

  get program(): ClientProgram | undefined {
    return this.#program?.process.alive ? this.#program : undefined;
  }

  start(): void {
    const { name: user, codec, keeps } = this.plan;
    this.#starts += 1;
    this.closing = false;
    const name = `${user}/${this.#starts}`;
    const store = keeps ? (program: ClientProgram) => deviceOutbox(program, this.#outboxes) : undefined;
    const options = { user, name, version: this.version, codec, store };
    const program = new ClientProgram(this.#world, this.#links, options, this.#bugs);
    program.process.note(`begins, ${this.version}`);
    this.#program = program;
    this.#witnesses = [];
    this.#members = new Map();
    this.#begin(program, name);
  }

  crash(): void {
    this.#program?.process.crash();
    this.ended();
  }

  /** What its listeners would have got is owed to nobody. */
  ended(): void {
    for (const witness of this.#witnesses) witness.ended = true;
  }

  async close(): Promise<void> {
    const { program } = this;
    if (!program) return;
    this.closing = true;
    this.ended();
    await program.bus.close({ drain: 2_000 });
    program.process.crash();
    this.ended();
  }

  async memberLeaves(group: GroupPlan): Promise<void> {
    const { program } = this;
    const member = this.#members.get(group);
    if (!program || !member) return;
    this.#world.fault("member-left", this.plan.name);
    member();
    await program.sleep(this.#world.chance.span(5_000));
    this.#join(program, group);
  }

  /** Nothing waits there for the log. */
  get sent(): boolean {
    return (this.program?.bus.connection.outbox.size ?? 0) === 0;
  }

  #begin(program: ClientProgram, name: string): void {
    const { emitters, pace, projections, observers, groups } = this.plan;
    for (const projection of projections) projection.run(program);
    for (const group of groups) this.#join(program, group);
    for (let index = 1; index <= emitters; index++) void emitFor(program, `${name}/e${index}`, pace, 60);
    for (let index = 1; index <= observers; index++) {
      void observe(program, `${name}/o${index}`, (witness) => this.#witnesses.push(witness));
    }
    this.#world.work?.run(program);
  }

  /** Until it may be one. */
  #join(program: ClientProgram, group: GroupPlan): void {
    const member = join(program, group);
    this.#members.set(group, member);
    member.ready.catch(async (error: unknown) => {
      program.process.note(`does not join ${group.name}: ${error}`);
      await program.sleep(this.#world.chance.between(500, 3_000));
      if (this.#members.get(group) === member && !this.closing) this.#join(program, group);
    });
  }
}
