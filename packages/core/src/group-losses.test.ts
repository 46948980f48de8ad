import { describe, expect, it } from "vitest";
import { createShop, type Step, step } from "../fixtures/shop.js";
import type { Gap, Inspection } from "./index.js";

function gate() {
  let open = () => undefined as unknown;
  const opened = new Promise<void>((resolve) => {
    open = () => resolve();
  });
  return { open: () => open(), opened };
}

/** Long enough that the leases of who was lost are over, and others have what they held. */
const takeover = 40_000;

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

  it("begins nothing when its lease may be over, before it has asked whether another has it", async () => {
    const { bus, broker, clock, errors } = createShop();
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
    await broker.log.acquire("group/pack/order.placed/all", "another", 1_000);
    held.open();
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    expect(begun).toEqual(["a"]);
    await clock.advance(takeover);
    expect(begun.sort()).toEqual(["a", "a", "b"]);
    expect(errors.every(({ code }) => code === "LeaseLost")).toBe(true);
  });

  it("goes on after a pause that outlasted its lease where no other has taken it, and repeats nothing", async () => {
    const { bus, broker, clock, errors } = createShop();
    const held = gate();
    const asked = gate();
    const begun: string[] = [];
    const listener = async ({ order }: Step, { attempt }: { attempt: number }) => {
      begun.push(`${order} ${attempt}`);
      if (order === "a") await held.opened;
      if (order === "b" && attempt === 1) throw new Error("not yet");
    };
    await clock.until(bus.on("order.placed", listener, { group: "pack", concurrency: 1 }).ready);
    for (const order of ["a", "b", "c"]) await bus.emit("order.placed", step(order, 1));
    await clock.advance(1_000);
    broker.trouble = async (operation, go) => {
      if (operation === "save") await asked.opened;
      return go();
    };
    clock.spend(31_000);
    held.open();
    await clock.advance(20_000);
    expect(begun).toEqual(["a 1"]);
    asked.open();
    await clock.advance(takeover);
    expect(begun.sort()).toEqual(["a 1", "b 1", "b 2", "c 1"]);
    expect(errors).toEqual([]);
  });

  it("gives up what it holds at once when a save of it is refused, and what comes of its work has no effect", async () => {
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
    expect(lost).toEqual(Array.from({ length: 64 }, () => "lease"));
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

  it("while it saves that the log is another history has told of that", async () => {
    const { bus, open, broker, clock } = createShop();
    const gaps: string[] = [];
    await clock.until(bus.on("order.placed", () => undefined, { group: "pack" }).ready);
    await clock.until(bus.close());
    let isTaking = false;
    broker.trouble = async (operation, go) => {
      const result = await go();
      if (operation === "peek") isTaking = true;
      if (operation === "save" && isTaking) await new Promise(() => undefined);
      return operation === "epoch" ? ("restored" as typeof result) : result;
    };
    const onGap = ({ reason }: Gap) => gaps.push(reason);
    open().on("order.placed", () => undefined, { group: "pack", onGap });
    await clock.advance(1_000);
    expect(isTaking).toBe(true);
    expect(gaps).toEqual(["epoch"]);
  });
});
