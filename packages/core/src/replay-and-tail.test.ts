import type { VirtualClock } from "@eventwire/queue/virtual-clock";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { createShop, type Step, type shop, step } from "../fixtures/shop.js";
import type { TroubledBroker } from "../fixtures/troubled-broker.js";
import type { Bus, Offset } from "./index.js";

const orders = ["a", "b", "c"] as const;

interface Wish {
  readonly what: "order.placed" | "order.paid" | "order.*";
  readonly key: (typeof orders)[number] | undefined;
  /** After how many events to begin; `undefined`: now. */
  readonly since: number | undefined;
  /** How long each event takes, in milliseconds; 0: no time, and no promise either. */
  readonly work: number;
  readonly iterate: boolean;
}

const wish: fc.Arbitrary<Wish> = fc.record({
  what: fc.constantFrom("order.placed", "order.paid", "order.*"),
  key: fc.option(fc.constantFrom(...orders), { nil: undefined }),
  since: fc.option(fc.nat(200), { nil: undefined }),
  work: fc.constantFrom(0, 0, 1, 7),
  iterate: fc.boolean(),
});

/** What happens to a bus, one after the other. */
const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("emit" as const),
      name: fc.constantFrom("order.placed" as const, "order.paid" as const),
      order: fc.constantFrom(...orders),
      count: fc.integer({ min: 1, max: 60 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("pass" as const), milliseconds: fc.nat(40) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("listen" as const), wish }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("stop" as const), which: fc.nat() }) },
);

const scenario = fc.record({
  seed: fc.integer(),
  /** How long a call of the log takes at most each way, in milliseconds. */
  latency: fc.constantFrom(0, 3, 20),
  /** Of ten. */
  lostHints: fc.nat(10),
  actions: fc.array(action, { minLength: 5, maxLength: 40 }),
});

function sleep(clock: VirtualClock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => clock.timer(resolve, milliseconds));
}

function trouble(broker: TroubledBroker, clock: VirtualClock, latency: number, lostHints: number): void {
  broker.trouble = async (_, go) => {
    broker.hints = clock.random() * 10 >= lostHints;
    if (latency > 0) await sleep(clock, clock.random() * latency);
    const result = await go();
    if (latency > 0) await sleep(clock, clock.random() * latency);
    return result;
  };
}

/** A listener that writes down what it hears. An event's step is its number in the log. */
class Audience {
  readonly wish: Wish;
  /** After how many events it began. */
  readonly from: number;
  readonly heard: number[] = [];
  stopped = false;
  readonly #clock: VirtualClock;
  readonly #busy = new Set<string>();
  readonly #controller = new AbortController();

  /** @param stored how many of those that were emitted have a place in the log by now: an offset is of one of these. */
  constructor(
    bus: Bus<typeof shop>,
    clock: VirtualClock,
    epoch: string,
    wish: Wish,
    emitted: number,
    stored: number,
  ) {
    const { what, key, since, iterate } = wish;
    this.wish = wish;
    this.#clock = clock;
    this.from = since === undefined ? emitted : Math.min(since, stored);
    const options = {
      key,
      since: since === undefined ? undefined : (`${epoch}.${this.from}` as Offset),
      signal: this.#controller.signal,
    };
    if (what === "order.*") bus.on(what, ({ data, offset }) => this.#hear(data, offset), options);
    else if (iterate) void this.#iterate(bus.events(what, options));
    else bus.on(what, (data, { offset }) => this.#hear(data, offset), options);
  }

  stop(): void {
    this.stopped = true;
    this.#controller.abort();
  }

  async #iterate(events: AsyncIterable<Step>): Promise<void> {
    for await (const { step } of events) {
      if (this.stopped) break;
      this.heard.push(step);
      if (this.wish.work > 0) await sleep(this.#clock, this.wish.work);
    }
  }

  #hear({ order, step }: Step, offset: Offset | undefined): undefined | Promise<unknown> {
    expect(offset!.endsWith(`.${step}`)).toBe(true);
    expect(this.stopped).toBe(false);
    expect(this.#busy).not.toContain(order);
    this.heard.push(step);
    if (this.wish.work === 0) return undefined;
    this.#busy.add(order);
    return sleep(this.#clock, this.wish.work).then(() => this.#busy.delete(order));
  }
}

it("every listener hears all that it asked for, each once and in the order of its key, wherever it joins", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ seed, latency, lostHints, actions }) => {
      const { bus, broker, clock, errors } = createShop({ seed, features: { scope: "cluster" } });
      await bus.position();
      const epoch = await broker.log.epoch();
      trouble(broker, clock, latency, lostHints);
      const emitted: { readonly name: string; readonly order: string }[] = [];
      const audiences: Audience[] = [];
      let stored = 0;
      for (const next of actions) {
        if (next.type === "pass") await clock.advance(next.milliseconds);
        else if (next.type === "listen") {
          audiences.push(new Audience(bus, clock, epoch, next.wish, emitted.length, stored));
        } else if (next.type === "stop") audiences[next.which % audiences.length]?.stop();
        else {
          const { name, order, count } = next;
          for (let index = 0; index < count; index++) {
            emitted.push({ name, order });
            void bus.emit(name, step(order, emitted.length))!.then(() => {
              stored += 1;
            });
          }
        }
      }
      await clock.advance(60_000);
      expect(await clock.until(broker.log.head())).toBe(emitted.length);
      for (const { wish, from, heard, stopped } of audiences) {
        for (const key of orders) {
          const wanted = emitted.flatMap(({ name, order }, index) => {
            const asked = (wish.what === "order.*" || wish.what === name) && (wish.key ?? order) === order;
            return index >= from && asked && order === key ? [index + 1] : [];
          });
          const got = heard.filter((number) => emitted[number - 1]!.order === key);
          // Who stopped heard the beginning of it.
          expect(got).toEqual(stopped ? wanted.slice(0, got.length) : wanted);
        }
      }
      expect(errors).toEqual([]);
    }),
    { numRuns: 100 },
  );
}, 120_000);

it("listeners that wait for a page of the tail let the log be until it has come", async () => {
  const { bus, broker, clock } = createShop();
  await clock.until(bus.on("order.placed", () => undefined).ready);
  const never = new Promise<never>(() => undefined);
  let reads = 0;
  broker.trouble = (operation, go) => {
    if (operation !== "read") return go();
    reads += 1;
    if (reads === 1) return Promise.reject(new Error("no answer"));
    // Many more would leave the clock no turn.
    return reads < 100 ? go() : never;
  };
  await bus.emit("order.placed", { order: "a", step: 1 });
  await clock.turn();
  const heard: unknown[] = [];
  for (let listener = 0; listener < 2; listener++) bus.on("note.kept", (note) => heard.push(note));
  await clock.turn();
  expect(reads).toBe(3);
  await bus.emit("note.kept", "there");
  await clock.advance(1_000);
  expect(heard).toEqual(["there", "there"]);
});
