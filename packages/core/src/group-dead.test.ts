import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { createShop, type Step, step } from "../fixtures/shop.js";
import { createBus, defineContract, type EventwireError, event, shardOf, unchecked } from "./index.js";

function gate() {
  let open = () => undefined as unknown;
  const opened = new Promise<void>((resolve) => {
    open = () => resolve();
  });
  return { open: () => open(), opened };
}

/** Long enough that the leases of who was lost are over, and others have what they held. */
const takeover = 40_000;

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
    const { bus, ids, state } = await withDead();
    const group = bus.group("pack");
    expect((await group.dead()).map(({ id }) => id).sort()).toEqual([...ids].sort());
    const [first, second] = await group.dead();
    expect(await group.dead({ limit: 1 })).toEqual([first]);
    expect(await group.dead({ after: first!.id, limit: 1 })).toEqual([second]);
    state.failing = false;
    await group.redrive([first!.id]);
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

  it("are forgotten with their key, also where one name of it is erased", async () => {
    const { bus, broker, clock } = await withDead();
    const group = bus.group("pack");
    await group.redrive("all");
    await clock.advance(1_000);
    const orders = async () => (await group.dead()).map(({ key }) => key).sort();
    expect(await broker.log.erase({ key: "a", name: "order.paid" })).toBe(0);
    // The event, and three notes: dead, redriven, and dead again.
    expect(await broker.log.erase({ key: "a", name: "order.placed" })).toBe(4);
    expect(await orders()).toEqual(["b", "c"]);
    expect(await broker.log.erase({ key: "b" })).toBe(4);
    expect(await orders()).toEqual(["c"]);
  });

  it("are kept when the log is compacted", async () => {
    const { bus, broker, clock, ids } = await withDead();
    ids.push((await bus.emit("order.placed", step("a", 2))).id);
    await clock.advance(1_000);
    expect(await broker.log.compact({ before: 1_000 })).toBe(1);
    expect((await bus.group("pack").dead()).map(({ id }) => id).sort()).toEqual([...ids].sort());
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
    const { records } = await broker.log.read({ after: 0, names: ["@group/pack"], limit: 9, bytes: 1e6 });
    await broker.log.trim({ before: records.at(-1)!.offset });
    expect(await bus.group("pack").dead()).toEqual([]);
  });

  it("are not what a member says whose lease is over, once another has had it", async () => {
    const { bus, broker, clock, errors } = createShop();
    const held = gate();
    const attempts: number[] = [];
    const listener = async (_: Step, { attempt }: { attempt: number }) => {
      attempts.push(attempt);
      if (attempt > 1) return;
      await held.opened;
      throw new Error("too late");
    };
    await clock.until(bus.on("order.placed", listener, { group: "pack", attempts: 1 }).ready);
    await bus.emit("order.placed", step("a", 1));
    await clock.advance(1_000);
    clock.spend(31_000);
    await broker.log.acquire("group/pack/order.placed/all", "another", 1_000);
    held.open();
    await clock.advance(takeover);
    expect(attempts).toEqual([1, 2]);
    expect(await bus.group("pack").dead()).toEqual([]);
    expect(errors.map(({ code }) => code)).toEqual(["LeaseLost"]);
  });

  it("include what is no longer what the schema takes; what passes is what the schema made of it", async () => {
    const { broker, clock, errors } = createShop({ features: { durability: "process" } });
    const open = (schema: z.ZodType<unknown>) => {
      const page = event(schema as z.ZodType<never>, { delivery: "durable" });
      const onError = (error: EventwireError) => errors.push(error);
      return createBus(defineContract({ "page.printed": page }), { broker, runtime: clock, onError });
    };
    const older = open(z.unknown());
    await older.emit("page.printed", { title: "x" } as never);
    await older.emit("page.printed", { pages: 1 } as never);
    const newer = open(z.object({ pages: z.number(), copies: z.number().default(1) }));
    const done: unknown[] = [];
    const since = "start";
    newer.on("page.printed", (page) => done.push(page), { group: "print", since, attempts: 2 });
    newer.on("page.printed", (page) => done.push(page), { since });
    await clock.advance(5_000);
    expect(done).toEqual([
      { pages: 1, copies: 1 },
      { pages: 1, copies: 1 },
    ]);
    expect(errors.map(({ code }) => code).sort()).toEqual(["Dead", "Invalid"]);
    expect(await newer.group("print").dead()).toMatchObject([
      { data: { title: "x" }, attempts: 1, valid: false },
    ]);
    await clock.until(newer.close());
    const mended = open(z.union([z.object({ title: z.string() }), z.object({ pages: z.number() })]));
    mended.on("page.printed", (page) => done.push(page), { group: "print" });
    expect(await mended.group("print").redrive("all")).toBe(1);
    await clock.advance(5_000);
    expect(done.slice(2)).toEqual([{ title: "x" }]);
  });

  it("hold up nothing where their name is gone from the contract, and are done once it is back", async () => {
    const { broker, clock, errors } = createShop();
    const page = event(unchecked<number>(), { delivery: "durable", key: () => "k" });
    const onError = (error: EventwireError) => errors.push(error);
    const options = { broker, runtime: clock, onError };
    const all = defineContract({ "page.printed": page, "page.folded": page });
    const older = createBus(all, options);
    const failing = vi.fn(() => {
      throw new Error("no paper");
    });
    await clock.until(older.on("page.*", failing, { group: "print", attempts: 1 }).ready);
    await older.emit("page.folded", 1);
    await clock.advance(1_000);
    await clock.until(older.close());

    const newer = createBus(defineContract({ "page.printed": page }), options);
    const done: unknown[] = [];
    newer.on("page.*", ({ data }) => done.push(data), { group: "print" });
    const alone: unknown[] = [];
    newer.on("*", ({ data }) => alone.push(data), { since: "start" });
    await clock.settle();
    expect(await newer.group("print").dead()).toMatchObject([{ name: "page.folded", data: 1, valid: true }]);
    expect(await newer.group("print").redrive("all")).toBe(1);
    await newer.emit("page.printed", 2);
    await clock.advance(5_000);
    expect([done, alone]).toEqual([[2], [2]]);
    expect(errors.at(-1)).toMatchObject({ code: "Dead", about: "page.folded", cause: { code: "Invalid" } });
    expect(errors.at(-1)!.message).toContain("no event of this contract any more");
    expect(await newer.group("print").dead()).toMatchObject([{ name: "page.folded", valid: false }]);
    await clock.until(newer.close());

    const again = createBus(all, options);
    again.on("page.*", ({ data }) => done.push(data), { group: "print" });
    await clock.settle();
    expect(await again.group("print").redrive("all")).toBe(1);
    await clock.advance(5_000);
    expect(done).toEqual([2, 1]);
  });

  it("survive a note in the log that cannot be read, which is told of", async () => {
    const { bus, broker, clock, errors, done, state } = await withDead();
    const note = { id: "n", name: "@group/pack", key: undefined, time: 0, body: Uint8Array.of(1) };
    errors.length = 0;
    await broker.log.append([{ ...note, shard: shardOf(note.name, undefined) }]);
    state.failing = false;
    await bus.emit("order.placed", step("d", 1));
    await clock.advance(1_000);
    expect(done).toEqual(["d 1"]);
    expect((await bus.group("pack").dead()).map(({ name }) => name).sort()).toEqual([
      "@group/pack",
      ...["order.placed", "order.placed", "order.placed"],
    ]);
    expect(errors).toMatchObject([{ code: "Dead", about: "@group/pack", cause: { code: "Invalid" } }]);
  });

  it("include what cannot be read", async () => {
    const { bus, broker, clock, errors } = createShop();
    const listener = vi.fn();
    bus.on("note.kept", listener, { group: "pack", attempts: 2 });
    await clock.settle();
    const shard = 0;
    const foreign = { id: "f", name: "note.kept", key: undefined, shard, time: 0, body: Uint8Array.of(1) };
    await broker.log.append([{ ...foreign, shard: shardOf("note.kept", undefined) }]);
    await bus.emit("note.kept", 1);
    await clock.advance(5_000);
    expect(listener).toHaveBeenCalledOnce();
    expect(errors).toMatchObject([{ code: "Dead", id: "f", cause: { code: "Invalid" } }]);
    expect(await bus.group("pack").dead()).toMatchObject([
      { id: "f", data: undefined, attempts: 1, valid: false },
    ]);
  });
});
