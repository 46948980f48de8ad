import { describe, expect, it, vi } from "vitest";
import { createShop, shop } from "../fixtures/shop.js";
import { createBus } from "./index.js";

const done = { done: true, value: undefined };

describe("events of a durable name", () => {
  it("are read at the pace of the loop, and none is let go", async () => {
    const { bus, broker, errors } = createShop();
    const notes = Array.from({ length: 1_000 }, (_, note) => note);
    await Promise.all(notes.map((note) => bus.emit("note.kept", note)));
    const events = bus.events("note.kept", { since: "start" });
    expect(await events.next()).toEqual({ done: false, value: 0 });
    const { records } = await broker.log.read({ after: 0, limit: 10_000, bytes: 2 ** 30 });
    expect(records).toHaveLength(1_000);
    expect(broker.count("read")).toBeLessThanOrEqual(3);
    const seen: unknown[] = [0];
    for await (const note of events) {
      seen.push(note);
      if (seen.length === 1_000) break;
    }
    expect(seen).toEqual(notes);
    expect(errors).toEqual([]);
  });

  it("begin at the call, whenever they are asked for", async () => {
    const { bus } = createShop();
    const events = bus.events("note.kept");
    void bus.emit("note.kept", 1);
    await bus.emit("note.kept", 2);
    expect(await events.next()).toEqual({ done: false, value: 1 });
    const [second, third] = [events.next(), events.next()];
    void bus.emit("note.kept", 3);
    expect(await second).toEqual({ done: false, value: 2 });
    expect(await third).toEqual({ done: false, value: 3 });
  });

  it("end when the signal aborts or the bus closes, once what was read is taken", async () => {
    const { bus, clock } = createShop();
    const controller = new AbortController();
    const aborted = bus.events("note.kept", { signal: controller.signal });
    const closed = bus.events("note.kept");
    await bus.emit("note.kept", 1);
    await clock.settle();
    controller.abort();
    await bus.close();
    for (const events of [aborted, closed]) {
      expect(await events.next()).toEqual({ done: false, value: 1 });
      expect(await events.next()).toEqual(done);
      expect(await events.next()).toEqual(done);
    }
    expect(await bus.events("note.kept").next()).toEqual(done);
    expect(await bus.events("note.kept", { signal: AbortSignal.abort() }).next()).toEqual(done);
  });

  it("end for who waits for the next", async () => {
    const { bus } = createShop();
    const events = bus.events("note.kept");
    const next = [events.next(), events.next()];
    await bus.close();
    expect(await Promise.all(next)).toEqual([done, done]);
  });

  it("are given up by a break, which stops the reading", async () => {
    const { bus, broker, clock } = createShop();
    for (const note of [1, 2, 3]) await bus.emit("note.kept", note);
    const events = bus.events("note.kept", { since: "start" });
    for await (const note of events) if (note === 1) break;
    expect(await events.next()).toEqual(done);
    const reads = broker.count("read");
    await bus.emit("note.kept", 4);
    await clock.settle();
    expect(broker.count("read")).toBe(reads);
  });

  it("tell of gaps, and throw once what keeps them from beginning", async () => {
    const { bus, clock } = createShop({ memory: { events: 1 } });
    for (const note of [1, 2]) await bus.emit("note.kept", note);
    const onGap = vi.fn();
    const events = bus.events("note.kept", { since: "start", onGap });
    expect(await events.next()).toEqual({ done: false, value: 2 });
    expect(onGap).toHaveBeenCalledOnce();
    const failing = bus.events("note.kept", { since: () => Promise.reject(new Error("no state")) });
    await expect(failing.next()).rejects.toThrow("no state");
    expect(await failing.next()).toEqual(done);
    await clock.settle();
  });
});

describe("once, of a durable name", () => {
  it("resolves with the next event, or with the first after since", async () => {
    const { bus } = createShop();
    await bus.emit("note.kept", 1);
    const next = bus.once("note.kept");
    void bus.emit("note.kept", 2);
    expect(await next).toBe(2);
    expect(await bus.once("note.kept", { since: "start" })).toBe(1);
  });

  it("rejects with the signal's reason, and when the bus closes", async () => {
    const { bus } = createShop();
    const reason = new Error("enough");
    const controller = new AbortController();
    const aborted = bus.once("note.kept", { signal: controller.signal });
    const closed = bus.once("note.kept");
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    const rejected = expect(closed).rejects.toMatchObject({ code: "Closed" });
    await bus.close();
    await rejected;
  });
});

describe("a bus that was given no broker", () => {
  it("keeps durable events in memory, loaded when it is needed, in the order of what came meanwhile", async () => {
    const bus = createBus(shop);
    const seen: unknown[] = [];
    const early = { count: 1 };
    const receipt = bus.emit("note.kept", early);
    early.count = 2;
    const stop = bus.on("note.kept", (note) => seen.push(note));
    const later = bus.emit("note.kept", { count: 3 });
    const events = bus.events("note.kept", { since: "start" });
    expect(await receipt).toMatchObject({ durability: "memory" });
    await Promise.all([later, stop.ready]);
    expect((await events.next()).value).toEqual({ count: 1 });
    await bus.close();
    expect(seen).toEqual([{ count: 3 }]);
  });

  it("loads nothing, and keeps nothing alive, where only live events are used", async () => {
    const bus = createBus(shop);
    bus.on("note.shown", () => undefined);
    bus.emit("note.shown", "x");
    await bus.close();
  });

  it("may stop listening, and end, before it has loaded", async () => {
    const bus = createBus(shop);
    const listener = vi.fn();
    bus.on("note.kept", listener)();
    const receipt = bus.emit("note.kept", 1);
    await bus.close();
    expect(await receipt).toMatchObject({ duplicate: false });
    expect(listener).not.toHaveBeenCalled();
  });
});
