import { describe, expect, it, vi } from "vitest";
import { createShop, type Step, type shop, step } from "../fixtures/shop.js";
import type { Bus, Gap, Inspection, Offset } from "./index.js";

const orders = Array.from({ length: 40 }, (_, order) => `o${order}`);

function gate() {
  let open = () => undefined as unknown;
  const opened = new Promise<void>((resolve) => {
    open = () => resolve();
  });
  return { open: () => open(), opened };
}

/** Long enough that members have met, and have shared the shards out. */
const meeting = 10_000;
describe("a group of listeners", () => {
  it("does each event once, whichever of its members does it", async () => {
    const { bus, open, clock, errors } = createShop();
    const done: Record<string, string[]> = { one: [], two: [], three: [] };
    for (const [who, its] of [
      ["one", bus],
      ["two", open()],
      ["three", open()],
    ] as const) {
      await clock.until(
        its.on("order.placed", ({ order }) => done[who]!.push(order), { group: "pack" }).ready,
      );
    }
    await clock.advance(meeting);
    for (const order of orders) void bus.emit("order.placed", step(order, 1));
    await clock.advance(1_000);
    expect(Object.values(done).flat().sort()).toEqual([...orders].sort());
    for (const its of Object.values(done)) expect(its.length).toBeGreaterThan(0);
    expect(errors).toEqual([]);
  });

  it("is one beside other groups and listeners, who hear all", async () => {
    const { bus, clock } = createShop();
    const heard: string[] = [];
    bus.on("order.placed", () => heard.push("pack"), { group: "pack" });
    bus.on("order.placed", () => heard.push("bill"), { group: "bill" });
    bus.on("order.*", () => heard.push("pack all"), { group: "pack" });
    bus.on("order.placed", () => heard.push("alone"));
    await clock.settle();
    await bus.emit("order.placed", step("a", 1));
    await clock.advance(1_000);
    expect(heard.sort()).toEqual(["alone", "bill", "pack", "pack all"]);
  });

  it("begins now where it is new, and goes on where it was when a member comes later", async () => {
    const { bus, open, clock } = createShop();
    const done: number[] = [];
    await bus.emit("order.placed", step("a", 1));
    const first = open();
    await clock.until(first.on("order.placed", (data) => done.push(data.step), { group: "pack" }).ready);
    await bus.emit("order.placed", step("a", 2));
    await clock.advance(1_000);
    await clock.until(first.close());
    await bus.emit("order.placed", step("a", 3));
    await clock.advance(60_000);
    expect(done).toEqual([2]);
    const since = "start";
    await clock.until(
      open().on("order.placed", (data) => done.push(data.step), { group: "pack", since }).ready,
    );
    await clock.advance(1_000);
    expect(done).toEqual([2, 3]);
  });

  it("begins where since says, if it is new", async () => {
    const { bus, clock } = createShop();
    const done: number[] = [];
    for (const number of [1, 2, 3]) await bus.emit("order.placed", step("a", number));
    const since = vi.fn(() => "start" as const);
    const stop = bus.on("order.placed", (data) => done.push(data.step), { group: "pack", since });
    await clock.until(stop.ready);
    await clock.advance(1_000);
    expect(done).toEqual([1, 2, 3]);
    stop();
    await clock.advance(1_000);
    await clock.until(bus.on("order.placed", () => undefined, { group: "pack", since }).ready);
    expect(since).toHaveBeenCalledOnce();
  });

  it("shares its shards out evenly as members come and go, and moves none without need", async () => {
    const { bus, open, clock } = createShop();
    const held = new Map<string, Set<number>>();
    const moves: string[] = [];
    const join = async (who: string) => {
      const its = who === "a" ? bus : open();
      const shards = new Set<number>();
      held.set(who, shards);
      its.inspect((inspection) => {
        if (inspection.type === "shard.gained") shards.add(inspection.shard);
        if (inspection.type === "shard.lost") shards.delete(inspection.shard);
        if (inspection.type.startsWith("shard.")) moves.push(inspection.type);
      });
      await clock.until(its.on("order.placed", () => undefined, { group: "pack" }).ready);
      await clock.advance(meeting);
      return its;
    };
    const sizes = () => [...held.values()].map(({ size }) => size).sort((a, b) => b - a);
    await join("a");
    expect(sizes()).toEqual([64]);
    const b = await join("b");
    expect(sizes()).toEqual([32, 32]);
    await join("c");
    expect(sizes()).toEqual([22, 21, 21]);
    expect(moves.filter((move) => move === "shard.gained")).toHaveLength(64 + 32 + 21);
    await clock.until(b.close());
    await clock.advance(meeting);
    expect(sizes()).toEqual([32, 32, 0]);
    expect(new Set([...held.values()].flatMap((shards) => [...shards])).size).toBe(64);
  });

  it("has more members than shards where it must, some of which wait", async () => {
    const { open, clock } = createShop();
    const held: number[] = [];
    for (let member = 0; member < 66; member++) {
      held.push(0);
      const its = open();
      its.inspect(({ type }) => {
        if (type === "shard.gained") held[member]! += 1;
        if (type === "shard.lost") held[member]! -= 1;
      });
      its.on("order.placed", () => undefined, { group: "pack" });
    }
    await clock.advance(60_000);
    expect(held.filter((count) => count === 1)).toHaveLength(64);
  });

  it("works on the events of a key one at a time in order, across names, and on others meanwhile", async () => {
    const { bus, clock } = createShop();
    const log: string[] = [];
    const held = gate();
    bus.on(
      "order.*",
      async ({ name, key }) => {
        log.push(`begin ${name} ${key}`);
        if (key === "a") await held.opened;
        log.push(`end ${name} ${key}`);
      },
      { group: "pack" },
    );
    await clock.settle();
    void bus.emit("order.placed", step("a", 1));
    void bus.emit("order.paid", step("a", 2));
    void bus.emit("order.placed", step("b", 1));
    await clock.advance(1_000);
    expect(log).toEqual(["begin order.placed a", "begin order.placed b", "end order.placed b"]);
    held.open();
    await clock.settle();
    expect(log.slice(3)).toEqual(["end order.placed a", "begin order.paid a", "end order.paid a"]);
  });

  it("works on as many at once as its members may", async () => {
    const { bus, clock } = createShop();
    let running = 0;
    let most = 0;
    const work = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => clock.timer(resolve, 10));
      running -= 1;
    };
    bus.on("order.placed", work, { group: "pack", concurrency: 3 });
    await clock.settle();
    for (const order of orders) void bus.emit("order.placed", step(order, 1));
    await clock.advance(5_000);
    expect([most, running]).toEqual([3, 0]);
  });

  it("saves what is done once for many events, and nothing but one lease when idle", async () => {
    const { bus, broker, clock } = createShop();
    bus.on("note.kept", () => undefined, { group: "pack" });
    await clock.advance(1_000);
    const before = broker.count("save");
    for (let note = 0; note < 1_000; note++) void bus.emit("note.kept", note);
    await clock.advance(300);
    expect(broker.count("save") - before).toBeLessThanOrEqual(4);
    const idle = broker.calls.length;
    await clock.advance(60_000);
    const calls = broker.calls.slice(idle);
    expect(calls.filter((call) => call === "save").length).toBeLessThanOrEqual(7);
    expect(calls.filter((call) => call === "peek").length).toBeLessThanOrEqual(21);
    expect(calls.filter((call) => call !== "save" && call !== "peek")).toEqual([]);
  });

  it("gets each event once in each of many groups on one log", async () => {
    const { bus, clock, errors } = createShop();
    const groups = Array.from({ length: 100 }, (_, index) => `group-${index}`);
    const done = new Map(groups.map((group) => [group, [] as number[]]));
    const joined = groups.map((group) =>
      bus.on("order.placed", (one) => done.get(group)!.push(one.step), { group }),
    );
    await clock.until(Promise.all(joined.map(({ ready }) => ready)));
    for (const number of [1, 2, 3]) await bus.emit("order.placed", step("a", number));
    await clock.advance(1_000);
    expect([...done.values()]).toEqual(groups.map(() => [1, 2, 3]));
    expect(errors).toEqual([]);
  });

  it("gets each event in each of ten thousand groups", { timeout: 60_000 }, async () => {
    const { bus, clock, errors } = createShop();
    let count = 0;
    const joined = Array.from({ length: 10_000 }, (_, index) =>
      bus.on("order.placed", () => ++count, { group: `group-${index}` }),
    );
    await clock.until(Promise.all(joined.map(({ ready }) => ready)));
    await bus.emit("order.placed", step("a", 1));
    await clock.advance(1_000);
    expect(count).toBe(10_000);
    expect(errors).toEqual([]);
  });

  it("is refused for what is not durable, by key, and with options that are wrong", async () => {
    const { bus, errors } = createShop();
    const misuse = expect.objectContaining({ code: "Misuse" });
    const options = { group: "pack" } as object;
    expect(() => bus.on("note.shown", () => undefined, options)).toThrow(misuse);
    expect(() => bus.on("*", () => undefined, options)).toThrow(misuse);
    for (const wrong of [
      { group: "pack", key: "a" },
      { group: "" },
      { group: "a/b" },
      { group: "x".repeat(101) },
      { group: "pack", attempts: 0 },
      { group: "pack", attempts: 1.5 },
      { group: "pack", backoff: { initial: -1 } },
    ]) {
      const refused = bus.on("order.placed", () => undefined, wrong).ready;
      await expect(refused, JSON.stringify(wrong)).rejects.toMatchObject({ code: "Misuse" });
    }
    await expect(bus.group("a/b").dead()).rejects.toMatchObject({ code: "Misuse" });
    const since = () => Promise.reject(new Error("no state"));
    await expect(bus.on("order.placed", () => undefined, { group: "new", since }).ready).rejects.toThrow(
      "no state",
    );
    expect(errors).toEqual([]);
  });
});

describe("a member of a group that fails", () => {
  it("has the event tried again after a wait, which holds up its key only", async () => {
    const { bus, clock, errors } = createShop();
    const done: string[] = [];
    let failing = true;
    bus.on(
      "order.placed",
      ({ order, step }, { attempt }) => {
        if (order === "a" && step === 1 && failing) throw new Error("not yet");
        done.push(`${order}${step} ${attempt}`);
      },
      { group: "pack" },
    );
    await clock.settle();
    for (const [order, number] of [
      ["a", 1],
      ["a", 2],
      ["b", 1],
    ] as const) {
      void bus.emit("order.placed", step(order, number));
    }
    await clock.settle();
    expect(done).toEqual(["b1 1"]);
    failing = false;
    await clock.advance(2_000);
    expect(done).toEqual(["b1 1", "a1 2", "a2 1"]);
    expect(errors).toEqual([]);
  });

  it("gets at each attempt what was emitted, whatever it did to it", async () => {
    const { bus, clock } = createShop();
    const seen: number[] = [];
    bus.on(
      "order.placed",
      async (data) => {
        seen.push(data.step);
        (data as { step: number }).step += 1;
        if (seen.length < 3) throw new Error("again");
      },
      { group: "pack" },
    );
    await clock.settle();
    await bus.emit("order.placed", step("a", 1));
    await clock.advance(20_000);
    expect(seen).toEqual([1, 1, 1]);
  });

  it("has the event dead at the end of its attempts, which is reported and listed; its key goes on", async () => {
    const { bus, clock, errors } = createShop();
    const tries: string[] = [];
    bus.on(
      "order.*",
      ({ name, attempt, data }) => {
        tries.push(`${data.step} ${attempt}`);
        if (name === "order.placed") throw new Error(`no ${data.step}`);
      },
      { group: "pack", attempts: 2, backoff: { initial: 10 } },
    );
    await clock.settle();
    const { id, offset } = await bus.emit("order.placed", step("a", 1));
    const time = clock.now();
    await bus.emit("order.paid", step("a", 2));
    await clock.advance(1_000);
    expect(tries).toEqual(["1 1", "1 2", "2 1"]);
    expect(errors).toMatchObject([
      { code: "Dead", about: "order.placed", id, attempts: 2, cause: { message: "no 1" } },
    ]);
    expect(await bus.group("pack").dead()).toEqual([
      {
        id,
        cause: [],
        name: "order.placed",
        pattern: "order.*",
        key: "a",
        data: step("a", 1),
        time,
        offset,
        attempts: 2,
        reason: "no 1",
        diedAt: expect.any(Number),
        valid: true,
      },
    ]);
    expect(await bus.group("other").dead()).toEqual([]);
  });

  it("is tried once where attempts is 1", async () => {
    const { bus, clock, errors } = createShop();
    const listener = vi.fn(() => Promise.reject(new Error("no")));
    bus.on("order.placed", listener, { group: "pack", attempts: 1 });
    await clock.settle();
    await bus.emit("order.placed", step("a", 1));
    await clock.advance(10_000);
    expect(listener).toHaveBeenCalledOnce();
    expect(errors).toMatchObject([{ code: "Dead", attempts: 1 }]);
  });

  it("does not keep the rest of a busy shard waiting", async () => {
    const { bus, clock } = createShop();
    const done: unknown[] = [];
    let failing = true;
    bus.on(
      "order.placed",
      (data) => {
        if (data.order === "a" && failing) throw new Error("not yet");
        done.push(data.step);
      },
      { group: "pack", attempts: 100, backoff: { initial: 1_000, factor: 1, jitter: false } },
    );
    await clock.settle();
    // Two events each time, of which one waits: more than flow at once.
    for (let number = 0; number < 800; number++) {
      void bus.emit("order.placed", step("a", number));
      void bus.emit("order.placed", step("b", number));
      if (number % 100 === 0) await clock.advance(10);
    }
    await clock.advance(500);
    expect(done).toEqual(Array.from({ length: 800 }, (_, number) => number));
    failing = false;
    await clock.advance(5_000);
    expect(done).toHaveLength(1_600);
  });

  it("goes no more than a thousand events beyond one in the same shard, and misses nothing then", async () => {
    const { bus, clock, errors } = createShop();
    const done: Step[] = [];
    let failing = true;
    bus.on(
      "order.placed",
      (data) => {
        if (data.step === 0 && failing) throw new Error("not yet");
        done.push(data);
      },
      { group: "pack", attempts: 1_000, backoff: { initial: 1_000, factor: 1, jitter: false } },
    );
    await clock.settle();
    for (let number = 0; number < 3_000; number++) {
      void bus.emit("order.placed", step("a", number));
      void bus.emit("order.placed", step("b", number + 1));
      if (number % 100 === 0) await clock.advance(10);
    }
    await clock.advance(5_000);
    expect(done.filter(({ order }) => order === "b")).toHaveLength(3_000);
    expect(done.filter(({ order }) => order === "a")).toHaveLength(0);
    failing = false;
    await clock.advance(20_000);
    const steps = done.filter(({ order }) => order === "a").map((data) => data.step);
    expect(steps).toEqual(Array.from({ length: 3_000 }, (_, number) => number));
    expect(done).toHaveLength(6_000);
    expect(errors).toEqual([]);
  });
});

describe("a member that stops", () => {
  it("is not called again, ends what it began, and lets others have its shards at once", async () => {
    const { bus, open, clock, errors } = createShop();
    const held = gate();
    const log: string[] = [];
    const stop = bus.on(
      "order.placed",
      async ({ order }) => {
        log.push(`begin ${order}`);
        await held.opened;
        log.push(`end ${order}`);
      },
      { group: "pack", concurrency: 1 },
    );
    await clock.until(stop.ready);
    await bus.emit("order.placed", step("a", 1));
    await bus.emit("order.placed", step("b", 1));
    await clock.advance(1_000);
    stop();
    open().on("order.placed", ({ order }, { attempt }) => log.push(`other ${order} ${attempt}`), {
      group: "pack",
    });
    await clock.advance(4_000);
    expect(log).toEqual(["begin a", "other b 1"]);
    held.open();
    await clock.advance(meeting);
    expect(log).toEqual(["begin a", "other b 1", "end a"]);
    expect(errors).toEqual([]);
  });

  it("with its bus gives its shards back without a wait, and leaves no timers", async () => {
    const { bus, clock, errors } = createShop();
    await clock.until(bus.on("order.placed", () => undefined, { group: "pack" }).ready);
    await bus.emit("order.placed", step("a", 1));
    const start = clock.monotonic();
    await clock.until(bus.close());
    expect(clock.monotonic() - start).toBeLessThan(100);
    expect(clock.timers).toBe(0);
    expect(errors).toEqual([]);
  });
});

describe("the log of a group", () => {
  it("that let go what is not done is a gap; what others have not read is none", async () => {
    const { bus, broker, clock } = createShop();
    const gaps: Gap[] = [];
    const done: number[] = [];
    const held = gate();
    await clock.until(
      bus.on(
        "order.placed",
        async (data) => {
          await held.opened;
          done.push(data.step);
        },
        { group: "pack", onGap: (gap) => gaps.push(gap) },
      ).ready,
    );
    for (let number = 1; number <= 600; number++) void bus.emit("order.placed", step("a", number));
    await clock.advance(1_000);
    await broker.log.trim({ before: 500 });
    held.open();
    await clock.advance(1_000);
    expect(gaps).toEqual([{ name: "order.placed", key: undefined, reason: "trimmed", missed: undefined }]);
    expect(done.slice(-101)).toEqual(Array.from({ length: 101 }, (_, number) => number + 500));
    expect(done.length).toBeLessThan(600);
  });

  it("that let go what is not done says so before it gives what comes behind, and once", async () => {
    const { bus, open, broker, clock } = createShop();
    const log: unknown[] = [];
    const listen = (bus: Bus<typeof shop>) =>
      bus.on("order.placed", (data) => log.push(data.step), {
        group: "pack",
        onGap: ({ reason }) => log.push(reason),
      });
    await clock.until(listen(bus).ready);
    await clock.until(bus.close());
    const late = open();
    for (const number of [1, 2, 3]) await late.emit("order.placed", step("a", number));
    await late.emit("order.placed", step("b", 4));
    await broker.log.trim({ before: 3 });
    // What tells a gap of a shard comes late.
    broker.trouble = async (_, go) => {
      await new Promise<void>((resolve) => clock.timer(resolve, 10));
      return go();
    };
    await clock.until(listen(late).ready);
    await clock.advance(1_000);
    expect(log).toEqual(["trimmed", 3, 4]);
    // Others join, and shards are read anew from where they are.
    await clock.until(listen(open()).ready);
    await clock.advance(20_000);
    expect(log).toEqual(["trimmed", 3, 4]);
  });

  it("that has lost its end tells of it, and what comes there is done", async () => {
    const { bus, broker, clock } = createShop();
    await bus.emit("order.placed", step("a", 1));
    const gaps: string[] = [];
    const done: number[] = [];
    const since = `${await broker.log.epoch()}.700` as Offset;
    const onGap = ({ reason }: { readonly reason: string }) => gaps.push(reason);
    await clock.until(
      bus.on("order.placed", ({ step }) => done.push(step), { group: "pack", since, onGap }).ready,
    );
    await bus.emit("order.placed", step("a", 2));
    await clock.advance(1_000);
    expect(gaps).toEqual(["truncated"]);
    expect(done).toEqual([2]);
  });

  it("that loses its end under it goes on from there, and does nothing twice that it has done before", async () => {
    const { bus, broker, clock } = createShop();
    const gaps: string[] = [];
    const done: number[] = [];
    const onGap = ({ reason }: { readonly reason: string }) => gaps.push(reason);
    await clock.until(bus.on("order.placed", ({ step }) => done.push(step), { group: "pack", onGap }).ready);
    for (const number of [1, 2, 3]) await bus.emit("order.placed", step("a", number));
    await clock.advance(1_000);
    broker.trouble = async (operation, go) => {
      const result = await go();
      if (operation !== "read" || gaps.length === 1) return result;
      return { ...result, records: [], scanned: 2 };
    };
    await bus.emit("order.placed", step("a", 4));
    await clock.advance(2_000);
    expect(gaps).toEqual(["truncated"]);
    expect(done).toEqual([1, 2, 3, 3, 4]);
  });

  it("that is another history is read from its start, and told of once", async () => {
    const { bus, broker, clock } = createShop();
    const gaps: string[] = [];
    const done: number[] = [];
    await clock.until(
      bus.on("order.placed", (data) => done.push(data.step), {
        group: "pack",
        onGap: ({ reason }) => gaps.push(reason),
      }).ready,
    );
    await bus.emit("order.placed", step("a", 1));
    await clock.advance(1_000);
    broker.trouble = async (operation, go) => {
      const result = await go();
      if (operation === "epoch") return "restored" as typeof result;
      return operation === "read" ? { ...result, epoch: "restored" } : result;
    };
    await bus.emit("order.placed", step("a", 2));
    await clock.advance(1_000);
    expect(gaps).toEqual(["epoch"]);
    expect(done).toEqual([1, 1, 2]);
  });
});

it("operators see what becomes of shards and events", async () => {
  const { bus, clock } = createShop();
  const seen: Inspection[] = [];
  bus.on("order.placed", () => Promise.reject(new Error("no")), { group: "pack", attempts: 2 });
  bus.inspect((inspection) => {
    if (/^(shard|event)\./.test(inspection.type)) seen.push(inspection);
  });
  await clock.settle();
  const { id } = await bus.emit("order.placed", step("a", 1));
  await clock.advance(2_000);
  await clock.until(bus.close());
  const of = { group: "pack", pattern: "order.placed" };
  const event = {
    group: "pack",
    id,
    name: "order.placed",
    key: "a",
    error: { message: "no" },
    milliseconds: 0,
  };
  expect(seen.slice(0, 64).every(({ type }) => type === "shard.gained")).toBe(true);
  expect(seen[0]).toMatchObject({ ...of, shard: expect.any(Number) });
  expect(seen.slice(64, 66)).toMatchObject([
    { type: "event.retried", ...event, attempt: 1, delay: expect.any(Number) },
    { type: "event.died", ...event, attempt: 2 },
  ]);
  expect(seen.slice(66)).toHaveLength(64);
  expect(seen[66]).toMatchObject({ type: "shard.lost", ...of, reason: "released" });
});
