import type { Append, Broker, ClaimedTask, LogQuery, LogRecord, NewTask, TaskQuery } from "@eventwire/core";
import { shardOf, systemRuntime } from "@eventwire/core";
import { expect } from "vitest";
import { eventually } from "../conformance/eventually.js";
import type { BrokerHarness, TestBrokerOptions } from "./broker-harness.js";

/** For how long leases hold in a case: longer than it takes, and short where they must be waited for. */
const virtualLease = 30_000;
const realLease = 500;

/** What a stage needs of a suite's options. */
export type BrokerStageOptions = Required<Pick<TestBrokerOptions, "createHarness" | "patience">> &
  Pick<TestBrokerOptions, "lease">;

/** The brokers of one case, and the means to wait for them without waiting for a time to pass. */
export class BrokerStage {
  /** A broker, opened. */
  readonly broker: Broker;
  readonly harness: BrokerHarness;
  readonly #options: BrokerStageOptions;
  readonly #opened: Broker[];
  readonly #harnesses: BrokerHarness[];
  #ids = 0;

  static async create(options: BrokerStageOptions): Promise<BrokerStage> {
    const harness = await options.createHarness();
    const broker = await harness.create();
    await broker.open();
    return new BrokerStage(options, harness, broker);
  }

  private constructor(options: BrokerStageOptions, harness: BrokerHarness, broker: Broker) {
    this.#options = options;
    this.#opened = [broker];
    this.#harnesses = [harness];
    this.harness = harness;
    this.broker = broker;
  }

  /** Another broker on the same storage, opened. It may be the same object. */
  async another(): Promise<Broker> {
    const broker = await this.harness.create();
    await broker.open();
    this.#opened.push(broker);
    return broker;
  }

  /** A broker on a storage of its own, opened. */
  async elsewhere(): Promise<Broker> {
    const broker = await this.unopened();
    await broker.open();
    this.#opened.push(broker);
    return broker;
  }

  /** A broker on a storage of its own, not opened. Who opens it closes it. */
  async unopened(): Promise<Broker> {
    const harness = await this.#options.createHarness();
    this.#harnesses.push(harness);
    return harness.create();
  }

  /** The time that the brokers go by, in milliseconds since the Unix epoch. */
  now(): number {
    return this.harness.clock?.now() ?? Date.now();
  }

  /** How long leases and delays of a case are, in milliseconds. */
  get lease(): number {
    return this.harness.clock ? virtualLease : (this.#options.lease ?? realLease);
  }

  /** Lets time pass where the harness can. Where it cannot, what follows is waited for by {@link eventually}. */
  async pass(milliseconds: number): Promise<void> {
    await this.harness.clock?.advance(milliseconds);
  }

  /** Waits until `check` neither throws nor rejects, and gives its result. */
  eventually<T>(check: () => T | Promise<T>): Promise<T> {
    return eventually(check, this.#options.patience);
  }

  /** Gives the event loop a turn, which a loop of what resolves at once would never. */
  async turn(): Promise<void> {
    await new Promise<void>((resolve) => systemRuntime.macrotask(resolve));
  }

  /** An id that no other has. */
  id(): string {
    return `id-${++this.#ids}`;
  }

  event({ name = "a", key, ...rest }: Partial<Append> = {}): Append {
    return {
      id: this.id(),
      time: 1_000,
      body: Uint8Array.of(1),
      shard: shardOf(name, key),
      ...rest,
      name,
      key,
    };
  }

  task(rest: Partial<NewTask> = {}): NewTask {
    return { id: this.id(), name: "a", key: undefined, time: this.now(), body: Uint8Array.of(1), ...rest };
  }

  /** Appends, expects each to be kept, and gives their offsets. */
  async append(...events: readonly Append[]): Promise<readonly number[]> {
    const appended = await this.broker.log.append(events);
    return appended.map((one, index) => {
      expect(one, `what became of append ${index + 1}`).toMatchObject({ type: "appended", duplicate: false });
      return (one as { readonly offset: number }).offset;
    });
  }

  /** Everything that a query selects, page by page. Fails where a page breaks what pages promise. */
  async read(query: Partial<LogQuery> = {}, { log }: Broker = this.broker): Promise<readonly LogRecord[]> {
    const records: LogRecord[] = [];
    for (let after = query.after ?? 0; ; ) {
      const head = await log.head();
      const page = await log.read({ limit: 1_000, bytes: 100_000_000, ...query, after });
      const last = page.records.at(-1)?.offset ?? after;
      expect(page.scanned, "scanned, beside the last offset of the page").toBeGreaterThanOrEqual(last);
      records.push(...page.records);
      if (page.scanned >= head) break;
      expect(page.scanned, "scanned, beside where the page began").toBeGreaterThan(after);
      after = page.scanned;
    }
    const offsets = records.map(({ offset }) => offset);
    expect(offsets, "offsets that were read").toEqual(
      [...new Set(offsets)].sort((one, other) => one - other),
    );
    return records;
  }

  async claim(
    query: Partial<TaskQuery> = {},
    { tasks }: Broker = this.broker,
  ): Promise<readonly ClaimedTask[]> {
    return tasks.claim({ names: ["a"], owner: "worker", lease: this.lease, limit: 100, ...query });
  }

  /** The one task that there is to claim. */
  async claimOne(query: Partial<TaskQuery> = {}, broker: Broker = this.broker): Promise<ClaimedTask> {
    const claimed = await this.claim({ limit: 1, ...query }, broker);
    expect(claimed, "tasks claimed").toHaveLength(1);
    return claimed[0]!;
  }

  /** Closes everything. */
  async close(): Promise<void> {
    for (const broker of this.#opened.reverse()) await broker.close({ drain: 1_000 });
    for (const harness of this.#harnesses) await harness.close();
  }
}
