import type { NewTask, Settlement, TaskLimit, TaskOutcome, TaskState } from "@eventwire/core";
import { seededRandom } from "@eventwire/queue/virtual-clock";
import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import type { BrokerAbilities } from "./broker-harness.js";
import type { BrokerStage } from "./broker-stage.js";
import { TaskModel, withAnother } from "./task-model.js";

const seeds = 24;
const steps = 60;
/** Times that pass are multiples of it, in milliseconds, and so are leases and delays. */
const unit = 100;

/** That tasks are what a list of them would be, whatever is done in whatever order. */
export const asAList: BrokerChapter = (declare, abilities) => {
  // Without a clock of the harness time passes between any two steps.
  if (!abilities.tasks || !abilities.clock || !abilities.keyOrder) return;
  for (const half of [0, 1]) {
    declare(`what is done with tasks at random does what a list would, ${half + 1} of 2`, async (stage) => {
      for (let seed = 1 + half; seed <= seeds; seed += 2) await new Play(stage, abilities, seed).run();
    });
  }
};

/** What is done from one seed, with names and ids of its own. */
class Play {
  readonly #stage: BrokerStage;
  readonly #can: BrokerAbilities;
  readonly #model: TaskModel;
  readonly #chance: () => number;
  readonly #names: readonly string[];
  readonly #limits: Readonly<Record<string, TaskLimit>> = {};
  readonly #ids: string[] = [];
  readonly #tasks: NewTask[] = [];
  readonly #claims: { readonly id: string; readonly real: number; readonly model: number }[] = [];
  readonly #seed: number;
  readonly #log: string[] = [];

  constructor(stage: BrokerStage, can: BrokerAbilities, seed: number) {
    this.#stage = stage;
    this.#can = can;
    this.#seed = seed;
    this.#model = new TaskModel(() => stage.now(), stage.broker.features.dedupeWindow);
    this.#chance = seededRandom(seed);
    this.#names = ["a", "b", "c"].map((name) => `${name}-${seed}`);
    if (!can.limits) return;
    const by = this.#pick(["name", "key"] as const);
    this.#limits = {
      [this.#names[1]!]: { concurrency: 1 + this.#upTo(3) },
      [this.#names[2]!]: { concurrency: 4, rate: { count: 2, per: 20 * unit, by } },
    };
  }

  async run(): Promise<void> {
    try {
      for (let step = 0; step < steps; step++) {
        await this.#step();
        await this.#compare();
      }
    } catch (error) {
      throw new Error(`Seed ${this.#seed}, after:\n${this.#log.join("\n")}\n${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  async #step(): Promise<void> {
    const kinds = [
      "enqueue",
      "enqueue",
      "claim",
      "claim",
      "claim",
      "settle",
      "settle",
      "settle",
      "pass",
    ] as const;
    const rare = ["reclaim", "cancel", "pause", "redrive", "redrive", "forget", "repeat", "write"] as const;
    const kind = this.#upTo(10) < 7 ? this.#pick(kinds) : this.#pick(rare);
    await this[kind]();
  }

  protected async enqueue(): Promise<void> {
    const batch = Array.from({ length: 1 + this.#upTo(4) }, () => this.#newTask());
    await this.#enqueue(batch);
  }

  protected async repeat(): Promise<void> {
    if (this.#tasks.length > 0) await this.#enqueue([this.#pick(this.#tasks)]);
  }

  protected async claim(): Promise<void> {
    const names = this.#names.filter(() => this.#upTo(3) > 0);
    const limit = 1 + this.#upTo(5);
    const lease = unit * (1 + this.#upTo(20));
    this.#log.push(`claim ${limit} of ${names} for ${lease}`);
    const query = { names, owner: "worker", lease, limit, ...(this.#can.limits && { limits: this.#limits }) };
    const expected = this.#model.claim(query);
    const found = await this.#stage.broker.tasks.claim(query);
    const plain = ({ id, attempt }: { readonly id: string; readonly attempt: number }) => `${id} ${attempt}`;
    expect(found.map(plain), "what is claimed").toEqual(expected.map(plain));
    for (const [index, { id, token }] of found.entries()) {
      this.#claims.push({ id, real: token, model: expected[index]!.token });
    }
  }

  protected async reclaim(): Promise<void> {
    const query = { names: [this.#pick(this.#names)], owner: "worker", lease: unit * (1 + this.#upTo(20)) };
    this.#log.push(`reclaim ${JSON.stringify(query)}`);
    const expected = [...this.#model.reclaim(query)].sort(byId);
    const found = [...(await this.#stage.broker.tasks.reclaim(query))].sort(byId);
    const plain = ({ id, attempt }: { readonly id: string; readonly attempt: number }) => `${id} ${attempt}`;
    expect(found.map(plain), "what is taken anew").toEqual(expected.map(plain));
    for (const [index, { id, token }] of found.entries()) {
      this.#claims.push({ id, real: token, model: expected[index]!.token });
    }
  }

  protected async settle(): Promise<void> {
    const settled = Array.from({ length: 1 + this.#upTo(2) }, () => this.#settlement()).flat();
    this.#log.push(`settle ${JSON.stringify(settled.map(({ real }) => real))}`);
    const expected = this.#model.settle(settled.map(({ model }) => model));
    const found = await this.#stage.broker.tasks.settle(settled.map(({ real }) => real));
    expect(found, "what is settled").toEqual(expected);
  }

  protected async cancel(): Promise<void> {
    if (this.#ids.length === 0) return;
    const name = this.#pick(this.#names);
    const ids = [this.#pick(this.#ids), this.#pick(this.#ids)];
    this.#log.push(`cancel ${ids} of ${name}`);
    const expected = this.#model.cancel(name, ids);
    expect(await this.#stage.broker.tasks.cancel(name, ids), "how many are cancelled").toBe(expected);
  }

  protected async pause(): Promise<void> {
    const name = this.#pick(this.#names);
    const paused = this.#upTo(3) === 0;
    this.#log.push(`pause ${name}: ${paused}`);
    this.#model.pause(name, paused);
    await this.#stage.broker.tasks.pause(name, paused);
  }

  protected async redrive(): Promise<void> {
    const name = this.#pick(this.#names);
    const ids = this.#upTo(2) > 0 || this.#ids.length === 0 ? "all" : [this.#pick(this.#ids)];
    this.#log.push(`redrive ${ids} of ${name}`);
    const expected = this.#model.redrive(name, ids);
    expect(await this.#stage.broker.tasks.redrive(name, ids), "how many are redriven").toBe(expected);
  }

  protected async forget(): Promise<void> {
    const name = this.#pick(this.#names);
    const before = this.#stage.now() - unit * this.#upTo(20);
    this.#log.push(`forget ${name} before ${before}`);
    const expected = this.#model.forget(name, before);
    expect(await this.#stage.broker.tasks.forget(name, before), "how many are forgotten").toBe(expected);
  }

  /** A settlement with what follows from it, in one transaction. */
  protected async write(): Promise<void> {
    if (!this.#can.transactions || this.#claims.length === 0) return;
    const settled = this.#settlement();
    const enqueue = [this.#newTask()];
    this.#log.push(`write ${JSON.stringify([settled, enqueue])}`);
    const id = this.#stage.id();
    const settle = settled.map(({ real }) => real);
    const held = this.#model.holds(settled.map(({ model }) => model));
    const accepted = this.#model.accepts(enqueue);
    const found = await this.#stage.broker.write({ id, settle, enqueue }).then(
      ({ type }) => type,
      (error: { readonly code?: string }) => error.code,
    );
    if (held && accepted) {
      this.#model.settle(settled.map(({ model }) => model));
      this.#model.enqueue(enqueue);
      this.#enqueued(enqueue);
    }
    expect(found, "what became of the transaction").toBe(
      !held ? "refused" : accepted ? "written" : "Invalid",
    );
  }

  protected async pass(): Promise<void> {
    const time = unit * (1 + this.#upTo(10));
    this.#log.push(`pass ${time}`);
    await this.#stage.pass(time);
  }

  async #enqueue(batch: readonly NewTask[]): Promise<void> {
    this.#log.push(`enqueue ${JSON.stringify(batch)}`);
    const expected = this.#model.enqueue(batch);
    const found = await this.#stage.broker.tasks.enqueue(batch).then(
      (enqueued) => enqueued.map(({ duplicate }) => duplicate),
      (error: { readonly code?: string }) => error.code,
    );
    expect(found, "what became of what is enqueued").toEqual(expected ?? "Invalid");
    if (expected) this.#enqueued(batch);
  }

  #enqueued(batch: readonly NewTask[]): void {
    this.#tasks.push(...batch);
    this.#ids.push(...batch.map(({ id }) => id));
  }

  /** All that can be looked at is as the list says. */
  async #compare(): Promise<void> {
    const { tasks } = this.#stage.broker;
    const ids = [...new Set(this.#ids)];
    const plain = (state: TaskState | undefined) =>
      state && {
        ...state,
        reason: reasonOf(state.reason),
        progress: bytes(state),
        result: String(state.result),
      };
    const states = (await tasks.states(ids)).map(plain);
    expect(states, "how tasks stand").toEqual(this.#model.states(ids).map(plain));
    for (const name of this.#names) {
      expect(await tasks.counts(name), `counts of ${name}`).toEqual(this.#model.counts(name));
      const dead = (await tasks.dead(name)).map(({ id, attempt, reason, diedAt }) => {
        return { id, attempt, reason: reasonOf(reason), diedAt };
      });
      const times = dead.map(({ diedAt }) => diedAt);
      expect(times, "the dead, oldest first").toEqual([...times].sort((one, other) => one - other));
      expect(dead.sort(byId), `the dead of ${name}`).toEqual([...this.#model.dead(name)].sort(byId));
    }
  }

  #newTask(): NewTask {
    const after =
      this.#can.after && this.#ids.length > 0 && this.#upTo(3) === 0
        ? [...new Set([this.#pick(this.#ids), this.#upTo(20) === 0 ? "never" : this.#pick(this.#ids)])]
        : undefined;
    return this.#stage.task({
      name: this.#pick(this.#names),
      key: this.#pick([undefined, "k", "l", 1, "1"]),
      time: this.#stage.now(),
      dueAt: this.#can.delay && this.#upTo(4) === 0 ? this.#stage.now() + unit * this.#upTo(15) : undefined,
      priority: this.#can.priority && this.#upTo(3) === 0 ? this.#upTo(4) - 2 : undefined,
      after,
      // It is over between two times that pass.
      keep: this.#can.results ? this.#pick([0, 0, 5 * unit + 77, 1_000_000 + 77]) : undefined,
    });
  }

  #settlement(): { readonly real: Settlement; readonly model: Settlement }[] {
    if (this.#claims.length === 0) return [];
    const recent = this.#claims.slice(-8);
    const { id, real, model } = this.#upTo(8) > 0 ? this.#pick(recent) : this.#pick(this.#claims);
    const outcome = this.#outcome();
    return [{ real: { id, token: real, outcome }, model: { id, token: model, outcome } }];
  }

  #outcome(): TaskOutcome {
    const now = this.#stage.now();
    const some = this.#can.results && this.#upTo(2) === 0 ? Uint8Array.of(this.#upTo(256)) : undefined;
    return this.#pick<TaskOutcome>([
      { type: "done", result: some },
      { type: "done" },
      { type: "retry", at: now + unit * this.#upTo(8) },
      { type: "release" },
      { type: "release", at: now + unit * this.#upTo(8) },
      { type: "dead", reason: `own ${this.#upTo(9)}` },
      { type: "extend", lease: unit * (1 + this.#upTo(20)), progress: some },
    ]);
  }

  /** A whole number of at least 0 and less than `end`. */
  #upTo(end: number): number {
    return Math.floor(this.#chance() * end);
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[this.#upTo(items.length)]!;
  }
}

/** In words of the broker's own where it has died with another one. */
function reasonOf(reason: string | undefined): string | undefined {
  return reason === undefined || reason.startsWith("own ") ? reason : withAnother;
}

function bytes({ progress }: TaskState): string {
  return String(progress);
}

function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id < other.id ? -1 : 1;
}
