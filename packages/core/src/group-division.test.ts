import type { Runtime } from "@eventwire/queue";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { expect, it } from "vitest";
import { createShop, type Step, shop, step } from "../fixtures/shop.js";
import { TroubledBroker } from "../fixtures/troubled-broker.js";
import { createBus, type EventwireError } from "./index.js";
import { memory } from "./memory.js";

const orders = Array.from({ length: 40 }, (_, order) => `o${order}`);
/** Long enough that members have met, and have shared the shards out; and that what was lost is taken over. */
const meeting = 10_000;
const takeover = 40_000;

/** Two members of a group, each on a connection of its own that a test may cut. */
function createPair() {
  const clock = new VirtualClock();
  const shared = memory({ runtime: clock });
  const errors: EventwireError[] = [];
  const done: string[] = [];
  const join = () => {
    const broker = new TroubledBroker(shared);
    let late: (() => void)[] | undefined;
    const runtime: Runtime = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      timer: (call, milliseconds) => clock.timer(() => (late ? late.push(call) : call()), milliseconds),
      microtask: (call) => clock.microtask(call),
      macrotask: (call) => clock.macrotask(call),
      asyncStore: () => clock.asyncStore(),
      random: () => clock.random(),
      randomId: () => clock.randomId(),
      uncaught: (error) => clock.uncaught(error),
      log: (error) => clock.log(error),
    };
    /** Its timers come late, and what waits for this goes on before them. */
    const waiting: (() => void)[] = [];
    const standStill = () => {
      late ??= [];
      return new Promise<void>((resolve) => waiting.push(resolve));
    };
    const goOn = async () => {
      for (const resolve of waiting) resolve();
      await clock.settle();
      const calls = late ?? [];
      late = undefined;
      for (const call of calls) call();
    };
    const bus = createBus(shop, { broker, runtime, onError: (error) => errors.push(error) });
    const listener = ({ order, step }: Step, { attempt }: { attempt: number }) =>
      done.push(`${order} ${step} ${attempt}`);
    const { ready } = bus.on("order.placed", listener, { group: "pack", since: "start" });
    return { bus, broker, ready, standStill, goOn };
  };
  return { clock, errors, done, join };
}

/** How many calls a member makes from when another comes until it has divided what it holds, and a few more. */
const callsOfDivision = 64 + 1 + 64 + 1 + 10;
const cuts = Array.from({ length: Math.ceil(callsOfDivision / 7) }, (_, index) => index * 7 + 1);

it.each(cuts)(
  "a member that is lost at call %i of dividing its group leaves nothing undone, and what it had done is not repeated",
  async (cut) => {
    const { clock, errors, done, join } = createPair();
    const first = join();
    await clock.until(first.ready);
    for (const order of orders) void first.bus.emit("order.placed", step(order, 1));
    await clock.advance(1_000);
    expect(done).toHaveLength(orders.length);
    const second = join();
    let calls = 0;
    let armed = false;
    first.broker.trouble = (operation, go) => {
      armed ||= operation === "acquire" && first.broker.calls.length > 0;
      if (armed) calls += 1;
      return calls >= cut ? new Promise(() => undefined) : go();
    };
    await clock.advance(meeting);
    expect(calls, "calls before it was cut off").toBeGreaterThanOrEqual(cut);
    void first.bus.close({ drain: 0 });
    for (const order of orders) void second.bus.emit("order.placed", step(order, 2));
    await clock.advance(2 * takeover);
    for (const order of orders) {
      const its = done.filter((line) => line.startsWith(`${order} `));
      expect(its.map((line) => line.slice(0, -2))).toEqual([`${order} 1`, `${order} 2`]);
    }
    expect(errors.filter(({ code }) => code !== "LeaseLost")).toEqual([]);
  },
);

it("what is done while a group is divided is saved, and not repeated when its member is lost after", async () => {
  const { clock, errors, done, join } = createPair();
  const first = join();
  await clock.until(first.ready);
  let saves = 0;
  first.broker.trouble = async (operation, go) => {
    if (operation === "save" && first.broker.calls.includes("peek")) saves += 1;
    // Of the roster, of all shards by one cursor, of each by its own: the next is what divides them.
    if (operation === "save" && saves === 1 + 1 + 64 + 1) {
      await first.bus.emit("order.placed", step("a", 1));
      while (done.length === 0) await clock.turn();
    }
    return go();
  };
  first.broker.calls.length = 0;
  const second = join();
  await clock.advance(4_000);
  expect(done).toEqual(["a 1 1"]);
  first.broker.trouble = () => new Promise(() => undefined);
  void first.bus.close({ drain: 0 });
  await clock.until(second.ready);
  await clock.advance(takeover);
  expect(done).toEqual(["a 1 1"]);
  expect(errors).toEqual([]);
});

it("what is done while the shards are written is not saved of the whole, which they take the place of", async () => {
  const { clock, done, join } = createPair();
  const first = join();
  await clock.until(first.ready);
  let saves = 0;
  let saved: number | undefined;
  first.broker.trouble = async (operation, go) => {
    if (operation === "save" && first.broker.calls.includes("peek")) saves += 1;
    // Of the roster, of all shards by one cursor, and the first of the shards.
    if (operation === "save" && saves === 1 + 1 + 1) {
      await first.bus.emit("order.placed", step("a", 1));
      while (done.length === 0) await clock.turn();
      const before = first.broker.count("save");
      await new Promise<void>((resolve) => void clock.timer(resolve, 1_000));
      saved = first.broker.count("save") - before;
    }
    return go();
  };
  first.broker.calls.length = 0;
  join();
  await clock.advance(6_000);
  expect(saved).toBe(0);
  expect(done).toEqual(["a 1 1"]);
});

it("a member that stood still while it divided writes nothing over what others have done since", async () => {
  const { clock, errors, done, join } = createPair();
  const first = join();
  await clock.until(first.ready);
  for (const order of orders) void first.bus.emit("order.placed", step(order, 1));
  await clock.advance(1_000);
  const second = join();
  let roster = 1;
  first.broker.trouble = async (operation, go) => {
    // From the taking of the shards on.
    if (operation === "acquire") roster -= 1;
    if (roster < 0) await first.standStill();
    return go();
  };
  await clock.advance(takeover);
  const third = join();
  await clock.advance(meeting);
  for (const order of orders) void second.bus.emit("order.placed", step(order, 2));
  await clock.advance(1_000);
  await clock.until(Promise.all([second.bus.close(), third.bus.close()]));
  first.broker.trouble = (_, go) => go();
  await first.goOn();
  await clock.advance(100);
  void first.bus.close({ drain: 0 });
  await clock.advance(takeover);
  const last = join();
  await clock.until(last.ready);
  await clock.advance(meeting);
  const expected = orders.flatMap((order) => [`${order} 1 1`, `${order} 2 1`]);
  expect([...done].sort()).toEqual(expected.sort());
  expect(errors).toEqual([]);
});

it("a member that is lost alone is followed by one that is alone, by one cursor still", async () => {
  const { clock, done, join } = createPair();
  const first = join();
  await clock.until(first.ready);
  await first.bus.emit("order.placed", step("a", 1));
  await clock.advance(1_000);
  void first.bus.close({ drain: 0 });
  const second = join();
  await clock.until(second.ready);
  await clock.advance(takeover);
  await second.bus.emit("order.placed", step("a", 2));
  await clock.advance(meeting);
  expect(done).toEqual(["a 1 1", "a 2 1"]);
  const idle = second.broker.count("save");
  await clock.advance(60_000);
  expect(second.broker.count("save") - idle).toBeLessThanOrEqual(7);
});

it("a group is divided while its member is at work, and only what is under way waits", async () => {
  const { bus, open, clock, errors } = createShop();
  const log: string[] = [];
  let end = () => undefined as unknown;
  const ended = new Promise<void>((resolve) => {
    end = () => resolve();
  });
  const work = (who: string) => async (data: Step) => {
    log.push(`${who} ${data.order}`);
    if (data.order === "o0") await ended;
  };
  await clock.until(bus.on("order.placed", work("one"), { group: "pack" }).ready);
  await bus.emit("order.placed", step("o0", 1));
  await clock.advance(1_000);
  await clock.until(open().on("order.placed", work("two"), { group: "pack" }).ready);
  await clock.advance(meeting);
  for (const order of orders.slice(1)) void bus.emit("order.placed", step(order, 1));
  await clock.advance(1_000);
  expect(log.map((line) => line.slice(4)).sort()).toEqual([...orders].sort());
  expect(log.filter((line) => line.startsWith("two")).length).toBeGreaterThan(0);
  end();
  await clock.advance(meeting);
  expect(log).toHaveLength(orders.length);
  expect(errors).toEqual([]);
});

it("a group whose failures are more than one cursor should keep is divided, and goes on", async () => {
  const { bus, broker, clock, errors } = createShop({ memory: { events: 100_000 } });
  const done = new Set<string>();
  let failing = true;
  const listener = ({ order, step }: Step) => {
    if (step === 0 && failing) throw new Error("not yet");
    done.add(`${order} ${step}`);
  };
  const backoff = { initial: 1_000, factor: 1, jitter: false } as const;
  await clock.until(bus.on("order.placed", listener, { group: "pack", attempts: 1_000, backoff }).ready);
  const keys = Array.from({ length: 200 }, (_, key) => `k${key}`);
  for (const key of keys) void bus.emit("order.placed", step(key, 0));
  await clock.advance(100);
  for (let number = 1; number <= 300; number++) {
    for (const key of keys) void bus.emit("order.placed", step(`other ${key}`, number));
    if (number % 10 === 0) await clock.advance(10);
  }
  await clock.advance(meeting);
  const largest = JSON.stringify({ divided: true }).length;
  expect((await broker.log.peek("group/pack/order.placed/all"))!.length).toBe(largest);
  failing = false;
  await clock.advance(meeting);
  expect(done.size).toBe(200 + 200 * 300);
  expect(errors).toEqual([]);
});
