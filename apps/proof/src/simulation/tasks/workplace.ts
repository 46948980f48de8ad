import type { Subscription } from "@eventwire/core";
import type { Entry } from "../../log/entries.js";
import { Chance } from "../chance.js";
import { type TaskName, taskNames } from "../contract.js";
import { type Journaled, journaled } from "../journaled.js";
import type { Participant } from "../participant.js";
import type { Program } from "../program.js";
import type { World } from "../world.js";
import { type Enqueued, enqueueFor } from "./enqueuer.js";
import { Ledger } from "./ledger.js";
import { WorkOracle, type WorkVerdict } from "./work-oracle.js";
import { workAt } from "./worker.js";

/** What is done to tasks and workers, and how probable each is beside the others. */
const actions = ["cancel", "cancel", "pause", "resume", "resume", "redrive", "leave", "leave"] as const;

/** From when on a task that is due late is taken for one that a clock has put off, in milliseconds. */
const longDelay = 60_000;

/** The tasks of a system: who enqueues and does them, and what is done to them. */
export class Workplace {
  readonly #world: World;
  readonly #chance: Chance;
  readonly #oracle = new WorkOracle();
  readonly #enqueued: Enqueued[] = [];
  readonly #pace: number;
  readonly #workers = new Map<Participant, Map<TaskName, Subscription>>();
  readonly #pauses: { readonly by: Program; readonly done: Promise<void> }[] = [];
  #ledger = new Ledger();

  constructor(world: World, seed: number) {
    this.#world = world;
    this.#chance = new Chance(seed);
    this.#pace = this.#chance.between(300, 2_000);
  }

  /** Has a process enqueue and work, or one of both. */
  run(program: Participant): void {
    const chance = this.#chance;
    // The first place always does, so that all is done.
    const works = chance.of(0.8) || program.process.name.startsWith("p1/");
    const enqueuing = { oracle: this.#oracle, enqueued: this.#enqueued };
    if (!works || chance.of(0.7))
      void enqueueFor(program, enqueuing, `${program.process.name}/w`, this.#pace);
    const workers = new Map<TaskName, Subscription>();
    this.#workers.set(program, workers);
    program.process.onEnd(() => this.#workers.delete(program));
    for (const name of taskNames) if (works) workers.set(name, workAt(program, this.#oracle, name));
  }

  /** Does something to tasks, or to one who does them. @param program whose bus does it. */
  disturb(program: Program | undefined): void {
    const chance = this.#chance;
    const name = chance.pick(taskNames);
    const queue = program?.bus.tasks(name);
    const action = chance.pick(actions);
    const world = this.#world;
    // What is not done, or not known to be, is seen in the journal.
    const unless = () => undefined;
    if (action === "leave") void this.#leave(chance.pick([...this.#workers.keys()]), name);
    else if (!queue || !program) return;
    else if (action === "redrive") {
      world.fault("tasks-redriven", name);
      queue.redrive("all").catch(unless);
    } else if (action === "resume") queue.resume().catch(unless);
    else if (action === "pause") {
      world.fault("tasks-paused", name);
      this.#pauses.push({ by: program, done: queue.pause().catch(unless) });
    } else {
      const task = chance.pick(this.#enqueued.slice(-20));
      if (!task) return;
      world.fault("task-cancelled", task.job);
      program.bus.tasks(task.name).cancel(task.id).catch(unless);
    }
  }

  async #leave(program: Participant | undefined, name: TaskName): Promise<void> {
    const workers = program && this.#workers.get(program);
    const worker = workers?.get(name);
    if (!program || !workers || !worker) return;
    this.#world.fault("worker-left", program.process.name);
    workers.delete(name);
    worker();
    await program.sleep(this.#chance.span(5_000));
    workers.set(name, workAt(program, this.#oracle, name));
  }

  /** What is paused goes on. */
  async heal(program: Program): Promise<void> {
    // One that is on its way would come after that, also where its process has paused another name since.
    for (const { by, done } of this.#pauses) if (by.process.alive) await done;
    for (const name of taskNames) await program.bus.tasks(name).resume();
    await this.#cancelLate(program);
  }

  /** What is dead is done again. What came after all was well, from who stood still, may be late as well. */
  async mend(program: Program): Promise<void> {
    for (const name of taskNames) await program.bus.tasks(name).redrive("all");
    await this.#cancelLate(program);
  }

  /** What a clock has put off for too long is not to be done. */
  async #cancelLate({ bus }: Program): Promise<void> {
    this.testify(journaled(this.#world));
    const late = this.#ledger.dueAfter(longDelay);
    for (const name of taskNames)
      await bus.tasks(name).cancel(late.filter((task) => task.name === name).map(({ id }) => id));
  }

  /** The journal is put back. */
  restored(entries: readonly Entry[]): void {
    this.#oracle.restored(entries, this.#world.clock.monotonic());
  }

  testify(journal: Journaled): void {
    this.#ledger = this.#ledger.upTo(journal);
  }

  /** What was acknowledged and has not ended. */
  get waiting(): readonly string[] {
    return this.#oracle.waiting(this.#ledger);
  }

  verdict(): WorkVerdict {
    return this.#oracle.verdict(this.#ledger);
  }
}
