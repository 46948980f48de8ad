import { type Append, type Appended, shardOf } from "@eventwire/core";
import { type Item, keyOf, keys, type Name, names, newItem } from "./contract.js";
import type { Program } from "./program.js";
import { Store } from "./store.js";

/** An event on its way, kept before it is sent. */
interface Row {
  readonly sequence: number;
  readonly name: Name;
  readonly item: Item;
}

/** A producer, and how often it was started. */
export interface OutboxPlan {
  readonly name: string;
  epoch: number;
}

const encoder = new TextEncoder();

/**
 * A producer that numbers its appends, and keeps each on the disk until it is in the log. Who takes its place appends as a newer
 * epoch, so that the one of before, should it only have stood still, appends nothing more.
 */
export class Outbox {
  readonly #program: Program;
  readonly #name: string;
  readonly #epoch: number;
  readonly #rows = new Map<number, Row>();
  #logEpoch = "";
  #last = 0;

  constructor(program: Program, plan: OutboxPlan) {
    plan.epoch += 1;
    this.#program = program;
    this.#name = plan.name;
    this.#epoch = plan.epoch;
  }

  /** Resolves when another has taken its place. */
  async run(pace: number): Promise<void> {
    const { process, world, broker } = this.#program;
    const { chance, oracle } = world;
    const store = new Store<Row>(process.host, this.#fileOf(this.#epoch));
    await this.#patiently(() => store.open());
    this.#logEpoch = await this.#patiently(() => broker.log.epoch());
    const keep = (row: Row) => store.add(row, () => this.#program.sleep(20));
    if (!(await this.#takeOver(keep))) return;
    for (let count = 1; ; ) {
      await this.#program.sleep(chance.span(pace));
      if (world.healed) continue;
      const by = `${this.#name}/${this.#epoch}`;
      const name = chance.pick(names);
      const row = { sequence: this.#last + 1, name, item: newItem(chance, `${by}.${count++}`) };
      oracle.attempted({ id: row.item.id, name, key: keyOf(name, row.item), by });
      await keep(row);
      this.#know(row);
      if (!(await this.#sendFrom(row.sequence))) return;
    }
  }

  /** Fences who was there before, takes over what that has kept and the log has not got, and sends it. */
  async #takeOver(keep: (row: Row) => Promise<void>): Promise<boolean> {
    // Of a number that cannot be the next one, the log says which is: what is in it stays what it is, whoever has given that number.
    const nothing = { id: `${this.#name}/${this.#epoch}.fence`, key: keys[0], size: 0 };
    const outcome = await this.#append({ sequence: Number.MAX_SAFE_INTEGER, name: names[0], item: nothing });
    if (outcome.type === "fenced") return false;
    if (outcome.type === "appended") throw new Error("A number that is not the next one was appended.");
    // Only now is nothing more that others keep on its way into the log.
    await this.#readRows();
    // Before they are sent: who kept them may have ended before they were on the disk.
    for (let next = outcome.expected; next <= this.#last; next++) await keep(this.#rows.get(next)!);
    return this.#sendFrom(outcome.expected);
  }

  async #sendFrom(sequence: number): Promise<boolean> {
    for (let next = sequence; next <= this.#last; ) {
      const row = this.#rows.get(next)!;
      const outcome = await this.#append(row);
      this.#program.process.note(`${outcome.type} ${row.item.id} as ${next} of ${this.#epoch}`);
      if (outcome.type === "fenced") return false;
      if (outcome.type === "conflict") {
        next = outcome.expected;
        continue;
      }
      const { offset } = outcome;
      const { oracle } = this.#program.world;
      oracle.called(row.item.id, row.item.id);
      oracle.acknowledged(row.item.id, offset === undefined ? undefined : `${this.#logEpoch}.${offset}`);
      next += 1;
    }
    return true;
  }

  async #append({ sequence, name, item }: Row): Promise<Appended> {
    const { broker, world } = this.#program;
    const key = keyOf(name, item);
    const append: Append = {
      id: item.id,
      name,
      key,
      shard: shardOf(name, key),
      time: world.now,
      body: encoder.encode(JSON.stringify([item])),
      producer: { id: this.#name, epoch: this.#epoch, sequence },
    };
    const [outcome] = await this.#patiently(() => broker.log.append([append]));
    return outcome!;
  }

  /** What all that were there before have kept; of a number that two have given, that of the later one. */
  async #readRows(): Promise<void> {
    const { files } = this.#program.process.host;
    for (let epoch = 1; epoch < this.#epoch; epoch++) {
      const bytes = await this.#patiently(() => files.read(this.#fileOf(epoch), 0));
      for (const row of Store.rows<Row>(bytes)) this.#know(row);
    }
  }

  #know(row: Row): void {
    this.#rows.set(row.sequence, row);
    this.#last = Math.max(this.#last, row.sequence);
  }

  #fileOf(epoch: number): string {
    return `outbox-${this.#name}-${epoch}`;
  }

  async #patiently<Result>(work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await work();
      } catch {
        await this.#program.sleep(50);
      }
    }
  }
}
