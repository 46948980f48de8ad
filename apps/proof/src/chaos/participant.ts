import { openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Bus, type EventwireError, shardOf } from "@eventwire/core";
import { eventOf, type orders } from "./contract.js";
import { Effects } from "./effects.js";
import type { Order, Role } from "./role.js";
import { lineOf, type Word } from "./word.js";

/** For how long a bus ends what is under way, in milliseconds of the hurried time. */
export const drain = 60_000;
/** How long to wait before listening again where that is denied, in milliseconds. */
const deniedWait = 50;

/** What every process does: it emits, listens with an offset of its own, and is a member of a group. */
export abstract class Participant {
  protected readonly role: Role;
  protected readonly effects: Effects;
  /** Whether as much waits to be sent as may. */
  protected abstract readonly full: boolean;
  /** How long it waits between what it emits, at most, in milliseconds. */
  protected abstract readonly pause: number;
  protected abstract readonly bus: Bus<typeof orders, "server"> | Bus<typeof orders, "client">;
  protected resting = false;
  readonly #pipe: number;
  /** What is to be waited for before it rests. */
  readonly #pending = new Set<Promise<void>>();

  constructor(role: Role) {
    this.role = role;
    this.#pipe = openSync(role.pipe, "w");
    this.effects = new Effects(join(role.folder, `effects-${role.place}`));
  }

  async run(): Promise<void> {
    const port = await this.open();
    void this.#listen().catch((error) => this.trouble(error));
    this.#join();
    this.say({ type: "ready", port });
    await this.#emit();
  }

  async obey(order: Order): Promise<void> {
    switch (order.type) {
      case "rest":
        this.resting = true;
        await Promise.allSettled(this.#pending);
        await this.idle();
        return this.say({ type: "rested" });
      case "close":
        this.resting = true;
        await this.close();
        this.effects.close();
        process.exit(0);
    }
  }

  trouble(error: unknown): void {
    this.say({
      type: "trouble",
      text: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }

  /** Resolves with the port that it serves at, if it does. */
  protected abstract open(): Promise<number | undefined>;

  protected abstract close(): Promise<void>;

  /** Resolves when nothing that was emitted here is under way. */
  protected abstract idle(): Promise<void>;

  /** When it was last known to hold the shard of an event that it begins with, on the clock of all processes. */
  protected abstract looked(): number;

  /** An emit has failed: whether that says that the event is not in the log. */
  protected abstract isRefusal(error: EventwireError): boolean;

  /** How much is to be waited for. */
  protected get underWay(): number {
    return this.#pending.size;
  }

  protected say(word: Word): void {
    writeSync(this.#pipe, lineOf(this.role.place, word));
  }

  protected pend(work: Promise<void>): Promise<void> {
    const pending = work.finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
    return pending;
  }

  protected async emitOne(by: string, { name, item }: ReturnType<typeof eventOf>): Promise<void> {
    const { id, key } = item;
    this.say({ type: "attempted", id, name, key, by });
    try {
      const { offset } = await this.bus.emit(name, item);
      this.say({ type: "acknowledged", id, offset });
    } catch (error) {
      if (this.isRefusal(error as EventwireError)) this.say({ type: "refused", id });
    }
  }

  async #listen(): Promise<void> {
    const isPlanted = this.role.plant === "cursor-before-handler";
    for (;;) {
      const since = this.effects.last ?? "start";
      const listening = this.bus.on(
        "*",
        async ({ data: { id }, offset }) => {
          if (isPlanted) this.effects.add({ id: undefined, offset: offset! });
          if (isPlanted || Math.random() < 0.02) await sleep(5);
          this.effects.add({ id, offset: offset! });
        },
        { since, concurrency: 1, onGap: ({ reason }) => this.say({ type: "gap", of: "listener", reason }) },
      );
      try {
        return await listening.ready;
      } catch (error) {
        if ((error as EventwireError).code === "Closed") return;
        if ((error as EventwireError).code !== "Denied") throw error;
      }
      this.say({ type: "gap", of: "listener", reason: "denied" });
      await sleep(deniedWait);
    }
  }

  #join(): void {
    this.bus.on(
      "order.*",
      async ({ name, key, data: { id }, offset }) => {
        this.say({ type: "began", id, offset: offset!, shard: shardOf(name, key), checked: this.looked() });
        if (Math.random() < 0.1) await sleep(Math.random() * 20);
        this.say({ type: "did", id, offset: offset! });
      },
      {
        group: "billing",
        since: "start",
        onGap: ({ reason }) => this.say({ type: "gap", of: "group", reason }),
      },
    );
  }

  /** Now and then one, or some at once. */
  async #emit(): Promise<void> {
    const { place, start } = this.role;
    const by = `${place}/${start}`;
    for (let number = 1; ; ) {
      await sleep(Math.random() * this.pause);
      const burst = Math.random() < 0.2 ? 10 : 1;
      for (let count = 0; count < burst && !this.resting && !this.full; count++) {
        void this.pend(this.emitOne(by, eventOf(by, number++)));
      }
    }
  }
}
