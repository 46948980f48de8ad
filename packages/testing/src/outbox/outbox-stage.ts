import type { OpenOutbox, OutboxEntry, OutboxState } from "@eventwire/core";
import { expect } from "vitest";
import { eventually } from "../conformance/eventually.js";
import type { OutboxHarness, OutboxPlace, TestOutboxStoreOptions } from "./outbox-harness.js";

/** One call of `open`: its outbox, and those that it was told of. */
export interface Opening {
  readonly outbox: OpenOutbox;
  readonly left: OpenOutbox[];
  /** Ends the telling. */
  stop(): void;
}

/** The state of an outbox that nothing was ever sent from. */
export const firstState: OutboxState = { epoch: 0, confirmed: 0, first: 1, sent: 0, user: undefined };

/** The outboxes of one case, and the means to wait for them without waiting for a time to pass. */
export class OutboxStage {
  readonly harness: OutboxHarness;
  /** The first place. */
  readonly place: OutboxPlace;
  readonly #createHarness: TestOutboxStoreOptions["createHarness"];
  readonly #patience: number;
  readonly #openings = new Map<OutboxPlace, Opening[]>();
  readonly #crashed = new Set<OutboxPlace>();
  readonly #elsewhere: OutboxHarness[] = [];
  #ids = 0;

  static async create({
    createHarness,
    patience,
  }: Required<Pick<TestOutboxStoreOptions, "createHarness" | "patience">>): Promise<OutboxStage> {
    const harness = await createHarness();
    return new OutboxStage(harness, await harness.place(), createHarness, patience);
  }

  private constructor(
    harness: OutboxHarness,
    place: OutboxPlace,
    createHarness: TestOutboxStoreOptions["createHarness"],
    patience: number,
  ) {
    this.harness = harness;
    this.place = place;
    this.#createHarness = createHarness;
    this.#patience = patience;
  }

  /** Another place on the storage. */
  async another(): Promise<OutboxPlace> {
    return this.harness.place();
  }

  /** A place on a storage of its own. */
  async elsewhere(): Promise<OutboxPlace> {
    const harness = await this.#createHarness();
    this.#elsewhere.push(harness);
    return harness.place();
  }

  async open(place: OutboxPlace = this.place): Promise<Opening> {
    const left: OpenOutbox[] = [];
    const controller = new AbortController();
    const { signal } = controller;
    const outbox = await place.store.open({ left: (one) => left.push(one), signal });
    const opening = { outbox, left, stop: () => controller.abort() };
    if (!this.#crashed.has(place)) {
      this.#openings.set(place, [...(this.#openings.get(place) ?? []), opening]);
    }
    return opening;
  }

  /** An outbox of so many entries that is left behind in a place, and which. */
  async leave(place: OutboxPlace, entries: readonly OutboxEntry[]): Promise<string> {
    const { outbox, stop } = await this.open(place);
    stop();
    await outbox.put(entries);
    await outbox.close();
    return outbox.producer;
  }

  /** Ends a place as a crash does. */
  async crash(place: OutboxPlace): Promise<void> {
    this.#openings.delete(place);
    this.#crashed.add(place);
    await place.crash!();
  }

  /** Waits until an opening was told of so many outboxes, and gives them. */
  async told({ left }: Opening, count = 1): Promise<readonly OpenOutbox[]> {
    await this.eventually(() => expect(left.length, "outboxes that were left").toBeGreaterThanOrEqual(count));
    expect(left, "outboxes that were left").toHaveLength(count);
    return left;
  }

  /**
   * Lets happen what would happen: another place leaves an outbox, which somebody is told of. What nobody was told meanwhile is taken
   * not to be told at all.
   */
  async meanwhile(): Promise<void> {
    const producer = await this.leave(await this.another(), [this.entry()]);
    const sign = await this.eventually(() => {
      const told = [...this.#openings.values()]
        .flat()
        .find(({ left }) => left.some((one) => one.producer === producer));
      expect(told, "somebody who was told of what is left").toBeDefined();
      const index = told!.left.findIndex((one) => one.producer === producer);
      return told!.left.splice(index, 1)[0]!;
    });
    await sign.advance(1, { ...sign.state, first: 2 });
    await sign.close();
  }

  entry(rest: Partial<OutboxEntry> = {}): OutboxEntry {
    const number = ++this.#ids;
    return { id: `id-${number}`, name: "order.placed", time: number, body: `[${number}]`, ...rest };
  }

  some(count: number): readonly OutboxEntry[] {
    return Array.from({ length: count }, () => this.entry());
  }

  eventually<T>(check: () => T | Promise<T>): Promise<T> {
    return eventually(check, this.#patience);
  }

  async close(): Promise<void> {
    for (const openings of this.#openings.values()) {
      for (const { stop, outbox, left } of openings) {
        stop();
        for (const one of [outbox, ...left]) await one.close();
      }
    }
    for (const harness of [this.harness, ...this.#elsewhere]) await harness.close();
  }
}

/** What an outbox holds, as it is compared. */
export function holdingOf({ producer, state, entries }: OpenOutbox) {
  return { producer, state, entries };
}
