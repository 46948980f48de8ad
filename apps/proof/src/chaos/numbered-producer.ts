import { setTimeout as sleep } from "node:timers/promises";
import { type Append, type Appended, type Log, type Runtime, shardOf } from "@eventwire/core";
import { eventOf } from "./contract.js";
import type { Word } from "./word.js";

/** What its events are called by. */
export const numbered = "numbered";

/**
 * A producer that numbers its appends. Who takes its place begins as a newer epoch, and goes on where the log says; the one of
 * before, should it only have stood still, appends nothing more.
 */
export class NumberedProducer {
  readonly #log: Log;
  readonly #runtime: Runtime;
  readonly #epoch: number;
  readonly #say: (word: Word) => void;
  #logEpoch = "";

  constructor(log: Log, runtime: Runtime, epoch: number, say: (word: Word) => void) {
    this.#log = log;
    this.#runtime = runtime;
    this.#epoch = epoch;
    this.#say = say;
  }

  /** Resolves when another has taken its place, or it is to rest. */
  async run(rests: () => boolean): Promise<void> {
    this.#logEpoch = await this.#log.epoch();
    // Of a number that cannot be the next one, the log says which is.
    const outcome = await this.#append(Number.MAX_SAFE_INTEGER);
    if (outcome.type === "fenced") return this.#fenced();
    if (outcome.type === "appended") throw new Error("A number that is not the next one was appended.");
    this.#say({ type: "producing", epoch: this.#epoch });
    for (let sequence = outcome.expected; !rests(); sequence++) {
      if (!(await this.#send(sequence))) return this.#fenced();
      await sleep(Math.random() * 20);
    }
  }

  #fenced(): void {
    this.#say({ type: "fenced", epoch: this.#epoch });
  }

  /** @returns whether it is in the log. */
  async #send(sequence: number): Promise<boolean> {
    const { name, item } = eventOf(numbered, sequence);
    const { id, key } = item;
    this.#say({ type: "attempted", id, name, key, by: numbered });
    const outcome = await this.#append(sequence);
    if (outcome.type === "conflict") throw new Error(`${id} came before ${outcome.expected}.`);
    if (outcome.type === "fenced") return false;
    const { offset } = outcome;
    this.#say({
      type: "acknowledged",
      id,
      offset: offset === undefined ? undefined : `${this.#logEpoch}.${offset}`,
    });
    return true;
  }

  /** Tries until it is known what became of it. */
  async #append(sequence: number): Promise<Appended> {
    const { name, item } = eventOf(numbered, sequence);
    const append: Append = {
      id: item.id,
      name,
      key: item.key,
      shard: shardOf(name, item.key),
      time: this.#runtime.now(),
      body: Buffer.from(JSON.stringify([item])),
      producer: { id: numbered, epoch: this.#epoch, sequence },
    };
    for (;;) {
      try {
        const [outcome] = await this.#log.append([append]);
        return outcome!;
      } catch {
        await sleep(20);
      }
    }
  }
}
