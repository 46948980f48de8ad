import { describe, expect, it, vi } from "vitest";
import { arrive } from "../fixtures/arrive.js";
import { createBoard, type Point, settle } from "../fixtures/board.js";
import { attach } from "./attach.js";
import { OverflowError } from "./index.js";

describe("run to completion", () => {
  it("runs what a listener emits after the current event has reached all its listeners", () => {
    const { bus } = createBoard();
    const calls: string[] = [];
    bus.on("chat.said", (text) => {
      calls.push(`first ${text}`);
      if (text === "a") bus.emit("chat.said", "b");
    });
    bus.on("chat.said", (text) => calls.push(`second ${text}`));
    bus.emit("chat.said", "a");
    expect(calls).toEqual(["first a", "second a", "first b", "second b"]);
  });

  it("shows every listener one order, also across names and keys", () => {
    const { bus } = createBoard();
    const all: string[] = [];
    const some: string[] = [];
    bus.on("chat.said", (text) => {
      if (text !== "start") return;
      bus.emit("room.opened", { name: "r" });
      bus.emit("chat.said", "later");
      bus.emit("point.moved", { id: 1, x: 1 });
    });
    bus.on("*", (message) => all.push(message.name));
    bus.on("point.moved", () => some.push("point.moved"), { key: 1 });
    bus.on("room.opened", () => some.push("room.opened"), { key: "r" });
    bus.emit("chat.said", "start");
    expect(all).toEqual(["chat.said", "room.opened", "chat.said", "point.moved"]);
    expect(some).toEqual(["room.opened", "point.moved"]);
  });

  it("overflows no stack, however long listeners answer each other", async () => {
    const { bus, errors } = createBoard();
    let last = 0;
    bus.on("room.floor.cleaned", (count) => {
      last = count;
      if (count < 100_000) bus.emit("room.floor.cleaned", count + 1);
    });
    bus.emit("room.floor.cleaned", 1);
    expect(last).toBe(100_000);
    expect(errors).toEqual([]);
  });

  it("lets the event loop breathe in a long drain, and goes on in order where it was", async () => {
    const { bus, runtime } = createBoard();
    const seen: number[] = [];
    bus.on("room.floor.cleaned", (count) => {
      seen.push(count);
      runtime.spend(1);
      if (count === 0) for (let next = 1; next < 1_000; next++) bus.emit("room.floor.cleaned", next);
    });
    bus.emit("room.floor.cleaned", 0);
    expect(seen.length).toBeLessThan(1_000);
    expect(runtime.macrotasks).toBe(1);
    let turns = 0;
    for (; runtime.macrotasks > 0; turns++) {
      const before = seen.length;
      await runtime.turn();
      expect(seen.length).toBeGreaterThan(before);
    }
    expect(turns).toBeGreaterThan(5);
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
  });

  it("puts an emit between two slices behind what waits already", async () => {
    const { bus, runtime } = createBoard();
    const seen: number[] = [];
    bus.on("room.floor.cleaned", (count) => {
      seen.push(count);
      runtime.spend(100);
      if (count === 0) for (let next = 1; next <= 20; next++) bus.emit("room.floor.cleaned", next);
    });
    bus.emit("room.floor.cleaned", 0);
    bus.emit("room.floor.cleaned", 21);
    while (runtime.macrotasks > 0) await runtime.turn();
    expect(seen).toEqual(Array.from({ length: 22 }, (_, index) => index));
    bus.emit("room.floor.cleaned", 22);
    expect(seen.at(-1)).toBe(22);
  });

  it("sets no macrotask for a drain that is short", () => {
    const { bus, runtime } = createBoard();
    bus.on("chat.said", (text) => text.length < 50 && bus.emit("chat.said", `${text}.`));
    bus.emit("chat.said", "");
    expect(runtime.macrotasks).toBe(0);
  });

  it.each(["emitter", "link"])("is usable again after the stack overflowed in the %s", (where) => {
    const { bus } = createBoard();
    const core = attach(bus);
    const origin = { id: "far.1", time: 5, peer: { id: "p1", user: undefined } };
    let heard = 0;
    const deep = (depth: number): number => (depth === 0 ? 0 : deep(depth - 1) + 1);
    bus.on("chat.said", () => {
      deep(20);
      heard += 1;
    });
    const recurse = (): void => {
      if (where === "emitter") bus.emit("chat.said", "deeper");
      else arrive(core, "chat.said", "deeper", origin);
      recurse();
    };
    expect(recurse).toThrow(RangeError);
    heard = 0;
    bus.emit("chat.said", "again");
    expect(heard).toBe(1);
  });
});

describe("the mailbox of a bus", () => {
  it("makes emit throw past its limit, and delivers all that it took before", () => {
    const { bus, errors } = createBoard({ mailboxLimit: 3 });
    const outcomes: unknown[] = [];
    const seen: string[] = [];
    bus.on("chat.said", (text) => {
      seen.push(text);
      if (text !== "start") return;
      for (const next of ["1", "2", "3", "4", "5"]) {
        try {
          outcomes.push(bus.emit("chat.said", next));
        } catch (error) {
          outcomes.push(error);
        }
      }
    });
    bus.emit("chat.said", "start");
    expect(seen).toEqual(["start", "1", "2", "3"]);
    expect(outcomes.slice(0, 3)).toEqual([undefined, undefined, undefined]);
    for (const error of outcomes.slice(3)) {
      expect(error).toBeInstanceOf(OverflowError);
      expect(error).toMatchObject({ code: "Overflow", about: "chat.said", retryable: true });
    }
    expect(errors).toEqual([]);
  });

  it("takes events again once there is room", async () => {
    const { bus } = createBoard({ mailboxLimit: 1 });
    const seen: string[] = [];
    bus.on("chat.said", (text) => {
      seen.push(text);
      if (text.length < 4) bus.emit("chat.said", `${text}.`);
    });
    bus.emit("chat.said", "");
    await settle();
    expect(seen).toEqual(["", ".", "..", "...", "...."]);
  });

  it("reports an overflow that a listener lets through as that listener's error", () => {
    const { bus, errors } = createBoard({ mailboxLimit: 1 });
    const other = vi.fn();
    bus.on("chat.said", (text) => {
      if (text === "start") for (const next of ["1", "2"]) bus.emit("chat.said", next);
    });
    bus.on("chat.said", other);
    bus.emit("chat.said", "start");
    expect(other.mock.calls.map(([text]) => text)).toEqual(["start", "1"]);
    expect(errors).toMatchObject([{ code: "ListenerFailed", cause: { code: "Overflow" } }]);
  });

  it.each([0, -1, Number.NaN])("refuses a limit of %s", (mailboxLimit) => {
    expect(() => createBoard({ mailboxLimit })).toThrow("mailboxLimit must be a whole number of at least 1");
  });

  it("counts what waits, not what has passed through", () => {
    const { bus } = createBoard();
    const point: Point = { id: 0, x: 0 };
    let heard = 0;
    bus.on("point.added", () => {
      heard += 1;
      if (heard < 250_000) bus.emit("point.added", point);
    });
    // Far more than the limit passes through, one at a time.
    bus.emit("point.added", point);
    expect(heard).toBe(250_000);
  });
});
