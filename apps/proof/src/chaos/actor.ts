import { openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createBus, type EventwireError, type Runtime, shardOf } from "@eventwire/core";
import { sqlite } from "@eventwire/sqlite";
import { conclusion, eventOf, orders } from "./contract.js";
import { Effects } from "./effects.js";
import { hurriedRuntime } from "./hurried-runtime.js";
import { NumberedProducer } from "./numbered-producer.js";
import type { Plant } from "./plants.js";
import { watchedBroker } from "./watched-broker.js";
import { lineOf, type Word } from "./word.js";

/* One process of many on one file: it emits, listens with an offset of its own, and is a member of a group. */

/** What a process is started with, as JSON. */
export interface Role {
  readonly folder: string;
  readonly pipe: string;
  readonly place: number;
  /** How many processes there were in the place before it. */
  readonly start: number;
  /** From when on time is in a hurry, in milliseconds since the Unix epoch. */
  readonly since: number;
  readonly plant: Plant | undefined;
}

/** What a process is told. */
export type Order =
  /** To append as this epoch of the producer that numbers what it appends. */
  | { readonly type: "produce"; readonly epoch: number }
  /** To emit nothing more, and say when all that was is known to be in the log or not. */
  | { readonly type: "rest" }
  /** To emit what comes after all else. */
  | { readonly type: "conclude" }
  | { readonly type: "close" };

/** Errors that are the system's way to say what has happened to it. */
const expected = new Set(["Broker", "LeaseLost"]);
/** For how long a bus ends what is under way, in milliseconds of the hurried time. */
const drain = 60_000;
/** How long another process may stand still while it writes, in milliseconds. */
const busyTimeout = 20_000;

class Actor {
  readonly #role: Role;
  readonly #pipe: number;
  readonly #runtime: Runtime;
  readonly #broker;
  readonly #bus;
  readonly #effects: Effects;
  /** What is to be waited for before it rests. */
  readonly #pending = new Set<Promise<void>>();
  #resting = false;

  constructor(role: Role) {
    this.#role = role;
    this.#pipe = openSync(role.pipe, "w");
    this.#runtime = hurriedRuntime(role.since);
    const runtime = this.#runtime;
    const file = sqlite(join(role.folder, "events.db"), { runtime, busyTimeout });
    this.#broker = watchedBroker(file, {
      plant: role.plant,
      saved: (shard, settled) => this.#say({ type: "saved", shard, settled }),
    });
    const onError = (error: EventwireError) => {
      if (!expected.has(error.code)) this.trouble(error);
    };
    this.#bus = createBus(orders, { broker: this.#broker, runtime, onError });
    this.#effects = new Effects(join(role.folder, `effects-${role.place}`));
  }

  async run(): Promise<void> {
    await this.#broker.open();
    this.#listen();
    this.#join();
    this.#say({ type: "ready" });
    await this.#emit();
  }

  async obey(order: Order): Promise<void> {
    switch (order.type) {
      case "produce":
        return this.#pend(this.#produce(order.epoch));
      case "rest":
        this.#resting = true;
        await Promise.allSettled(this.#pending);
        return this.#say({ type: "rested" });
      case "conclude":
        await Promise.all(conclusion.map((event) => this.#emitOne("conclusion", event)));
        return this.#say({ type: "concluded" });
      case "close":
        this.#resting = true;
        await this.#bus.close({ drain });
        await this.#broker.close({ drain });
        this.#effects.close();
        process.exit(0);
    }
  }

  trouble(error: unknown): void {
    this.#say({
      type: "trouble",
      text: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }

  #listen(): void {
    const since = this.#effects.last ?? "start";
    const isPlanted = this.#role.plant === "cursor-before-handler";
    this.#bus.on(
      "*",
      async ({ data: { id }, offset }) => {
        if (isPlanted) this.#effects.add({ id: undefined, offset: offset! });
        if (isPlanted || Math.random() < 0.02) await sleep(5);
        this.#effects.add({ id, offset: offset! });
      },
      { since, concurrency: 1, onGap: ({ reason }) => this.#say({ type: "gap", of: "listener", reason }) },
    );
  }

  #join(): void {
    this.#bus.on(
      "order.*",
      async ({ name, key, data: { id }, offset }) => {
        this.#say({ type: "began", id, offset: offset!, shard: shardOf(name, key) });
        if (Math.random() < 0.1) await sleep(Math.random() * 20);
        this.#say({ type: "did", id, offset: offset! });
      },
      {
        group: "billing",
        since: "start",
        onGap: ({ reason }) => this.#say({ type: "gap", of: "group", reason }),
      },
    );
  }

  /** Now and then one, or some at once. */
  async #emit(): Promise<void> {
    const { place, start } = this.#role;
    const by = `${place}/${start}`;
    for (let number = 1; ; ) {
      await sleep(Math.random() * 40);
      const burst = Math.random() < 0.2 ? 10 : 1;
      for (let count = 0; count < burst && !this.#resting; count++) {
        void this.#pend(this.#emitOne(by, eventOf(by, number++)));
      }
    }
  }

  async #emitOne(by: string, { name, item }: ReturnType<typeof eventOf>): Promise<void> {
    const { id, key } = item;
    this.#say({ type: "attempted", id, name, key, by });
    try {
      const { offset } = await this.#bus.emit(name, item);
      this.#say({ type: "acknowledged", id, offset });
    } catch (error) {
      // Any other error says that it is not in the log.
      if ((error as EventwireError).code !== "OutcomeUnknown") this.#say({ type: "refused", id });
    }
  }

  async #produce(epoch: number): Promise<void> {
    const producer = new NumberedProducer(this.#broker.log, this.#runtime, epoch, (word) => this.#say(word));
    await producer.run(() => this.#resting);
  }

  #pend(work: Promise<void>): Promise<void> {
    const pending = work.finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
    return pending;
  }

  #say(word: Word): void {
    writeSync(this.#pipe, lineOf(this.#role.place, word));
  }
}

// Who has started it is gone already: nobody reads the pipe.
if (!process.connected) process.exit(1);
const actor = new Actor(JSON.parse(process.argv[2] ?? ""));
process.on("message", (order: Order) => void actor.obey(order).catch((error) => actor.trouble(error)));
process.on("disconnect", () => process.exit(1));
process.on("uncaughtException", (error) => {
  actor.trouble(error);
  process.exit(1);
});
await actor.run();
