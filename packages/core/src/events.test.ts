import { describe, expect, it, vi } from "vitest";
import { createBoard, settle } from "../fixtures/board.js";
import { createClient } from "../fixtures/client-board.js";
import { DeniedError, type Gap, GapError, MisuseError } from "./index.js";

const done = { done: true, value: undefined };

describe("events", () => {
  it("iterates in the order of emits, what came before the loop and what comes during it", async () => {
    const { bus } = createBoard();
    const seen: string[] = [];
    const events = bus.events("chat.said");
    bus.emit("chat.said", "1");
    bus.emit("chat.said", "2");
    for await (const text of events) {
      seen.push(text);
      if (text === "2") bus.emit("chat.said", "3");
      if (text === "3") queueMicrotask(() => bus.emit("chat.said", "4"));
      if (text === "4") break;
    }
    expect(seen).toEqual(["1", "2", "3", "4"]);
  });

  it("hears its key only", async () => {
    const { bus } = createBoard();
    const events = bus.events("room.opened", { key: "b" });
    bus.emit("room.opened", { name: "a" });
    bus.emit("room.opened", { name: "b" });
    await expect(events.next()).resolves.toEqual({ done: false, value: { name: "b" } });
  });

  it("answers several calls of next at once, each with its own event, in order", async () => {
    const { bus } = createBoard();
    const events = bus.events("chat.said");
    const results = Promise.all([events.next(), events.next(), events.next()]);
    for (const text of ["1", "2", "3"]) bus.emit("chat.said", text);
    expect((await results).map(({ value }) => value)).toEqual(["1", "2", "3"]);
  });

  it("lets the oldest go when more than 256 wait, and tells of them before the next event", async () => {
    const { bus, errors } = createBoard();
    const gaps: Gap[] = [];
    const events = bus.events("room.floor.cleaned", { onGap: (gap) => gaps.push(gap) });
    for (let count = 0; count < 256 + 44; count++) bus.emit("room.floor.cleaned", count);
    expect(gaps).toEqual([]);
    await expect(events.next()).resolves.toMatchObject({ value: 44 });
    expect(gaps).toEqual([{ name: "room.floor.cleaned", key: undefined, reason: "overflow", missed: 44 }]);
    await expect(events.next()).resolves.toMatchObject({ value: 45 });
    expect(gaps).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  it("reports a gap that nobody handles", async () => {
    const { bus, errors } = createBoard();
    const events = bus.events("room.opened", { key: "a" });
    for (let count = 0; count < 257; count++) bus.emit("room.opened", { name: "a" });
    await events.next();
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(GapError);
    expect(errors[0]).toMatchObject({ code: "Gap", gap: { name: "room.opened", key: "a", missed: 1 } });
  });

  it("reports what onGap throws, and goes on", async () => {
    const { bus, errors } = createBoard();
    const events = bus.events("room.floor.cleaned", {
      onGap: () => {
        throw new Error("broken");
      },
    });
    for (let count = 0; count < 257; count++) bus.emit("room.floor.cleaned", count);
    await expect(events.next()).resolves.toMatchObject({ value: 1 });
    expect(errors).toMatchObject([{ message: "broken" }]);
  });

  it("keeps of a volatile event the newest of each key, at the place of the newest", async () => {
    const { bus, errors } = createBoard();
    const events = bus.events("point.moved");
    for (const [id, x] of [
      [1, 1],
      [2, 1],
      [1, 2],
      [3, 1],
      [1, 3],
    ] as const)
      bus.emit("point.moved", { id, x });
    const seen = [await events.next(), await events.next(), await events.next()];
    expect(seen.map(({ value }) => [value.id, value.x])).toEqual([
      [2, 1],
      [3, 1],
      [1, 3],
    ]);
    expect(errors).toEqual([]);
  });

  it("stops listening when its loop breaks, and gives up what waits", async () => {
    const { bus, errors } = createBoard();
    const events = bus.events("chat.said");
    bus.emit("chat.said", "1");
    bus.emit("chat.said", "2");
    for await (const _ of events) break;
    bus.emit("chat.said", "3");
    await expect(events.next()).resolves.toEqual(done);
    expect(errors).toEqual([]);
  });

  it("tells of no gap after its loop broke", async () => {
    const { bus } = createBoard();
    const onGap = vi.fn();
    const events = bus.events("room.floor.cleaned", { onGap });
    for (let count = 0; count < 300; count++) bus.emit("room.floor.cleaned", count);
    await events.return?.();
    await events.next();
    expect(onGap).not.toHaveBeenCalled();
  });

  it("ends every waiting next when its loop ends", async () => {
    const { bus } = createBoard();
    const events = bus.events("chat.said");
    const waiting = [events.next(), events.next()];
    await events.return?.();
    await expect(Promise.all(waiting)).resolves.toEqual([done, done]);
  });

  it.each(["abort", "close"])("ends on %s, after what waits has been taken", async (how) => {
    const { bus } = createBoard();
    const controller = new AbortController();
    const events = bus.events("chat.said", { signal: controller.signal });
    bus.emit("chat.said", "waiting");
    if (how === "abort") controller.abort();
    else await bus.close();
    await expect(events.next()).resolves.toEqual({ done: false, value: "waiting" });
    await expect(events.next()).resolves.toEqual(done);
    await expect(events.next()).resolves.toEqual(done);
  });

  it.each(["abort", "close"])("ends a loop that waits on %s", async (how) => {
    const { bus } = createBoard();
    const controller = new AbortController();
    const seen: string[] = [];
    const loop = (async () => {
      for await (const text of bus.events("chat.said", { signal: controller.signal })) seen.push(text);
      return "ended";
    })();
    bus.emit("chat.said", "1");
    await settle();
    if (how === "abort") controller.abort();
    else await bus.close();
    await expect(loop).resolves.toBe("ended");
    expect(seen).toEqual(["1"]);
  });

  it("is empty when its signal has aborted or the bus is closed", async () => {
    const { bus } = createBoard();
    await expect(bus.events("chat.said", { signal: AbortSignal.abort() }).next()).resolves.toEqual(done);
    await bus.close();
    await expect(bus.events("chat.said").next()).resolves.toEqual(done);
  });

  it("throws for a name that the contract lacks", () => {
    const { bus } = createBoard();
    expect(() => bus.events("chat.sad" as "chat.said")).toThrow(MisuseError);
  });

  it("rejects once for a durable event that a client may not listen to", async () => {
    const { bus, errors } = createClient({ follow: () => Promise.reject(new DeniedError("Not you.")) });
    const events = bus.events("order.placed");
    await expect(events.next()).rejects.toMatchObject({ code: "Denied" });
    await expect(events.next()).resolves.toEqual(done);
    expect(errors).toEqual([]);
  });
});
