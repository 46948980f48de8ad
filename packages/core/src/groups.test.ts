import { describe, expect, it, vi } from "vitest";
import { createShop, type Step, step } from "../fixtures/shop.js";
import type { Gap, Inspection } from "./index.js";

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
/** Long enough that the leases of who was lost are over, and others have what they held. */
const takeover = 40_000;

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

  it("saves what is done once for many events, and nothing but its leases when idle", async () => {
    const { bus, broker, clock } = createShop();
    bus.on("note.kept", () => undefined, { group: "pack" });
    await clock.advance(1_000);
    const before = broker.count("save");
    for (let note = 0; note < 1_000; note++) void bus.emit("note.kept", note);
    await clock.advance(300);
    expect(broker.count("save") - before).toBeLessThanOrEqual(4);
    const idle = broker.count("save");
    await clock.advance(60_000);
    expect(broker.count("save") - idle).toBeLessThanOrEqual(6 * 64 + 21);
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
        name: "order.placed",
        pattern: "order.*",
        key: "a",
        data: step("a", 1),
        time,
        offset,
        attempts: 2,
        reason: "no 1",
        diedAt: expect.any(Number),
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

describe("the dead of a group", () => {
  async function withDead() {
    const made = createShop();
    const { bus, clock } = made;
    const done: string[] = [];
    const state = { failing: true };
    bus.on(
      "order.placed",
      ({ order }, { attempt }) => {
        if (state.failing) throw new Error(`no ${order}`);
        done.push(`${order} ${attempt}`);
      },
      { group: "pack", attempts: 1 },
    );
    await clock.settle();
    const ids: string[] = [];
    for (const order of ["a", "b", "c"]) ids.push((await bus.emit("order.placed", step(order, 1))).id);
    await clock.advance(1_000);
    return { ...made, done, state, ids };
  }

  it("are listed in pages", async () => {
    const { bus, ids } = await withDead();
    const group = bus.group("pack");
    expect((await group.dead()).map(({ id }) => id).sort()).toEqual([...ids].sort());
    const [first, second] = await group.dead();
    expect(await group.dead({ limit: 1 })).toEqual([first]);
    expect(await group.dead({ after: first!.id, limit: 1 })).toEqual([second]);
  });

  it("are done again by the group alone when they are redriven, from their first attempt", async () => {
    const { bus, clock, done, state, ids } = await withDead();
    const others = vi.fn();
    bus.on("order.*", others);
    bus.on("order.*", others, { group: "pack" });
    bus.on("order.placed", others, { group: "bill" });
    await clock.settle();
    state.failing = false;
    const group = bus.group("pack");
    expect(await group.redrive([ids[1]!])).toBe(1);
    await clock.advance(1_000);
    expect(done).toEqual(["b 1"]);
    expect(await group.redrive("all")).toBe(2);
    await clock.advance(1_000);
    expect(done.sort()).toEqual(["a 1", "b 1", "c 1"]);
    expect(await group.dead()).toEqual([]);
    expect(await group.redrive("all")).toBe(0);
    expect(others).not.toHaveBeenCalled();
  });

  it("may die again, with the same id", async () => {
    const { bus, clock, ids, state } = await withDead();
    const group = bus.group("pack");
    await group.redrive([ids[0]!]);
    await clock.advance(1_000);
    expect((await group.dead()).map(({ id }) => id).sort()).toEqual([...ids].sort());
    state.failing = false;
    expect(await group.redrive([ids[0]!])).toBe(1);
    await clock.advance(1_000);
    expect(await group.dead()).toHaveLength(2);
  });

  it("are kept when the log has let go of the event itself", async () => {
    const { bus, broker, clock, done, state, ids } = await withDead();
    for (const before of [100]) await broker.log.trim({ name: "order.placed", before });
    state.failing = false;
    expect(await bus.group("pack").dead()).toHaveLength(3);
    await bus.group("pack").redrive([ids[0]!]);
    await clock.advance(1_000);
    expect(done).toEqual(["a 1"]);
  });

  it("include what cannot be read", async () => {
    const { bus, broker, clock, errors } = createShop();
    const listener = vi.fn();
    bus.on("note.kept", listener, { group: "pack", attempts: 2 });
    await clock.settle();
    const shard = 0;
    const foreign = { id: "f", name: "note.kept", key: undefined, shard, time: 0, body: Uint8Array.of(1) };
    const { shardOf } = await import("./shard.js");
    await broker.log.append([{ ...foreign, shard: shardOf("note.kept", undefined) }]);
    await bus.emit("note.kept", 1);
    await clock.advance(5_000);
    expect(listener).toHaveBeenCalledOnce();
    expect(errors).toMatchObject([{ code: "Dead", id: "f", cause: { code: "Invalid" } }]);
    expect(await bus.group("pack").dead()).toMatchObject([{ id: "f", data: undefined, attempts: 2 }]);
  });
});

describe("a member that is lost", () => {
  it("has its shards taken over after the lease, and what it had begun is repeated, as the attempt tells", async () => {
    const { bus, open, clock, errors } = createShop();
    const crashing = open();
    const done: string[] = [];
    let hang = true;
    const member = async ({ order }: Step, { attempt }: { attempt: number }) => {
      if (hang) await new Promise(() => undefined);
      done.push(`${order} ${attempt}`);
    };
    await clock.until(crashing.on("order.placed", member, { group: "pack" }).ready);
    await bus.emit("order.placed", step("a", 1));
    await clock.advance(1_000);
    hang = false;
    void crashing.close({ drain: 0 });
    await clock.settle();
    await clock.until(bus.on("order.placed", member, { group: "pack" }).ready);
    await clock.advance(20_000);
    expect(done).toEqual([]);
    await clock.advance(takeover - 20_000);
    expect(done).toEqual(["a 2"]);
    await bus.emit("order.placed", step("a", 2));
    await clock.advance(1_000);
    expect(done).toEqual(["a 2", "a 1"]);
    expect(errors).toEqual([]);
  });

  it("to a pause that outlasted its lease begins nothing, and is refused what it would save", async () => {
    const { bus, open, clock, broker, errors } = createShop();
    const paused = open();
    const held = gate();
    const log: string[] = [];
    const seen: Inspection[] = [];
    paused.inspect((inspection) => seen.push(inspection));
    let cut = false;
    // A process that stands still: what it asks of the broker waits, and its timers come late.
    const frozen = gate();
    await clock.until(
      paused.on(
        "order.placed",
        async ({ order }) => {
          log.push(`paused begins ${order}`);
          await held.opened;
          log.push(`paused ends ${order}`);
        },
        { group: "pack" },
      ).ready,
    );
    await bus.emit("order.placed", step("a", 1));
    await clock.advance(1_000);
    broker.trouble = async (operation, go) => {
      if (cut && (operation === "save" || operation === "acquire")) await frozen.opened;
      return go();
    };
    cut = true;
    await clock.advance(31_000);
    cut = false;
    await clock.until(
      open().on("order.placed", ({ order }, { attempt }) => log.push(`other ${order} ${attempt}`), {
        group: "pack",
      }).ready,
    );
    await clock.advance(takeover);
    expect(log).toEqual(["paused begins a", "other a 2"]);
    held.open();
    frozen.open();
    await clock.advance(1_000);
    expect(log).toEqual(["paused begins a", "other a 2", "paused ends a"]);
    expect(seen.filter(({ type }) => type === "shard.lost")).toHaveLength(64);
    expect(errors.map(({ code }) => code)).toContain("LeaseLost");
    await bus.emit("order.placed", step("b", 1));
    await clock.advance(1_000);
    expect(log.filter((line) => line.endsWith(" b 1") || line.endsWith("begins b"))).toHaveLength(1);
  });

  it("begins nothing when its lease may be over, before it has had time to ask", async () => {
    const { bus, clock, errors } = createShop();
    const held = gate();
    const begun: string[] = [];
    const listener = async ({ order }: Step) => {
      begun.push(order);
      await held.opened;
    };
    await clock.until(bus.on("order.placed", listener, { group: "pack", concurrency: 1 }).ready);
    await bus.emit("order.placed", step("a", 1));
    await bus.emit("order.placed", step("b", 1));
    await clock.advance(1_000);
    clock.spend(31_000);
    held.open();
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    expect(begun).toEqual(["a"]);
    await clock.advance(takeover);
    expect(begun.sort()).toEqual(["a", "a", "b"]);
    expect(errors.every(({ code }) => code === "LeaseLost")).toBe(true);
  });

  it("gives up a shard at once when a save of it is refused, and what comes of its work has no effect", async () => {
    const { bus, broker, clock, errors } = createShop();
    const held = gate();
    const lost: unknown[] = [];
    const begun: string[] = [];
    bus.inspect((inspection) => {
      if (inspection.type === "shard.lost") lost.push(inspection.reason);
    });
    const listener = async ({ order }: Step, { attempt }: { attempt: number }) => {
      begun.push(`${order} ${attempt}`);
      if (order === "a") await held.opened;
    };
    await clock.until(
      bus.on("order.*", ({ data, attempt }) => listener(data, { attempt }), { group: "pack" }).ready,
    );
    await bus.emit("order.placed", step("a", 1));
    await clock.advance(1_000);
    let refusals = 1;
    broker.trouble = async (operation, go) => {
      const result = await go();
      return operation === "save" && refusals-- > 0 ? (false as typeof result) : result;
    };
    await bus.emit("order.placed", step("b", 1));
    await clock.advance(200);
    expect(lost).toEqual(["lease"]);
    held.open();
    await clock.advance(takeover);
    expect(begun.filter((event) => event.startsWith("b"))).toEqual(["b 1"]);
    expect(errors.every(({ code }) => code === "LeaseLost")).toBe(true);
  });

  it("keeps its shards through failures of the broker that are shorter than the lease", async () => {
    const { bus, broker, clock, errors } = createShop();
    const done: number[] = [];
    const seen: Inspection[] = [];
    bus.inspect((inspection) => seen.push(inspection));
    await clock.until(bus.on("order.placed", (data) => done.push(data.step), { group: "pack" }).ready);
    broker.trouble = async (operation, go) => {
      if (operation === "save") throw new Error("cut off");
      return go();
    };
    await bus.emit("order.placed", step("a", 1));
    await clock.advance(15_000);
    broker.trouble = (_, go) => go();
    await bus.emit("order.placed", step("a", 2));
    await clock.advance(60_000);
    expect(done).toEqual([1, 2]);
    expect(seen.filter(({ type }) => type === "shard.lost")).toEqual([]);
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(["Broker"]));
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
