import { describe, expect, it, vi } from "vitest";
import { createBoard, settle } from "../fixtures/board.js";
import type { Gap } from "./index.js";

/** A listener that works on an event until a test ends it. */
function createWork() {
  const began: unknown[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const work = (data: unknown) => {
    began.push(data);
    return new Promise<void>((resolve, reject) => {
      ends.push((error) => (error ? reject(error) : resolve()));
    });
  };
  const end = async (error?: Error) => {
    ends.shift()?.(error);
    await settle();
  };
  return { began, work, end };
}

describe("a listener without a limit", () => {
  it("works on all events at once", () => {
    const { bus } = createBoard();
    const { began, work } = createWork();
    bus.on("room.floor.cleaned", work);
    for (const count of [1, 2, 3]) bus.emit("room.floor.cleaned", count);
    expect(began).toEqual([1, 2, 3]);
  });
});

describe("concurrency", () => {
  it("bounds how many events are worked on at once, and keeps their order", async () => {
    const { bus } = createBoard();
    const { began, work, end } = createWork();
    bus.on("room.floor.cleaned", work, { concurrency: 2 });
    for (const count of [1, 2, 3, 4]) bus.emit("room.floor.cleaned", count);
    expect(began).toEqual([1, 2]);
    await end();
    expect(began).toEqual([1, 2, 3]);
    await end();
    await end();
    expect(began).toEqual([1, 2, 3, 4]);
    await end();
    bus.emit("room.floor.cleaned", 5);
    expect(began).toEqual([1, 2, 3, 4, 5]);
  });

  it("goes on after a failure, which is reported", async () => {
    const { bus, errors } = createBoard();
    const { began, work, end } = createWork();
    bus.on("room.floor.cleaned", work, { concurrency: 1 });
    for (const count of [1, 2]) bus.emit("room.floor.cleaned", count);
    await end(new Error("broken"));
    expect(began).toEqual([1, 2]);
    expect(errors).toMatchObject([{ code: "ListenerFailed", cause: { message: "broken" } }]);
  });

  it("reports a synchronous failure as well", async () => {
    const { bus, errors } = createBoard();
    bus.on(
      "chat.said",
      () => {
        throw new Error("broken");
      },
      { concurrency: 1 },
    );
    bus.emit("chat.said", "x");
    await settle();
    expect(errors).toMatchObject([{ code: "ListenerFailed", cause: { message: "broken" } }]);
  });

  it("lets the oldest go when more than 256 wait, and tells of them", async () => {
    const { bus } = createBoard();
    const { began, work, end } = createWork();
    const gaps: Gap[] = [];
    bus.on("room.floor.cleaned", work, { concurrency: 1, onGap: (gap) => gaps.push(gap) });
    for (let count = 0; count <= 256 + 10; count++) bus.emit("room.floor.cleaned", count);
    await end();
    expect(gaps).toEqual([{ name: "room.floor.cleaned", key: undefined, reason: "overflow", missed: 10 }]);
    expect(began).toEqual([0, 11]);
  });

  it("conflates volatile events that wait, by key", async () => {
    const { bus, errors } = createBoard();
    const { began, work, end } = createWork();
    bus.on("point.moved", work, { concurrency: 1 });
    for (let x = 0; x <= 1_000; x++) bus.emit("point.moved", { id: x % 3, x });
    for (let waiting = 0; waiting < 4; waiting++) await end();
    expect(began).toMatchObject([{ x: 0 }, { x: 998 }, { x: 999 }, { x: 1_000 }]);
    expect(errors).toEqual([]);
  });

  it("keeps live events through a flood of volatile ones", async () => {
    const { bus, errors } = createBoard();
    const seen: string[] = [];
    bus.on("*", async (message) => void seen.push(message.name), { concurrency: 1 });
    bus.emit("chat.said", "first");
    for (let count = 0; count < 100; count++) bus.emit("chat.said", "live");
    for (let id = 0; id < 5_000; id++) bus.emit("point.moved", { id, x: 1 });
    for (let count = 0; count < 100; count++) bus.emit("chat.said", "live");
    await vi.waitFor(() => expect(seen).toHaveLength(5_201));
    expect(seen.filter((name) => name === "chat.said")).toHaveLength(201);
    expect(errors.filter(({ code }) => code === "Gap")).toEqual([]);
  });

  it("ends with the subscription: nothing that waits is begun, no gap told", async () => {
    const { bus } = createBoard();
    const { began, work, end } = createWork();
    const onGap = vi.fn();
    const stop = bus.on("room.floor.cleaned", work, { concurrency: 1, onGap });
    for (let count = 0; count < 500; count++) bus.emit("room.floor.cleaned", count);
    stop();
    await end();
    expect(began).toEqual([0]);
    expect(onGap).not.toHaveBeenCalled();
  });

  it("holds for a pattern as a whole", async () => {
    const { bus } = createBoard();
    const { began, work, end } = createWork();
    bus.on("*", (message) => work(message.name), { concurrency: 1 });
    bus.emit("chat.said", "x");
    bus.emit("point.added", { id: 1, x: 1 });
    expect(began).toEqual(["chat.said"]);
    await end();
    expect(began).toEqual(["chat.said", "point.added"]);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.NEGATIVE_INFINITY])("refuses %s", (concurrency) => {
    const { bus } = createBoard();
    expect(() => bus.on("chat.said", () => undefined, { concurrency })).toThrow(
      `concurrency must be a whole number of at least 1, or Infinity; it is ${concurrency}.`,
    );
  });

  it("may be without a bound", () => {
    const { bus } = createBoard();
    const { began, work } = createWork();
    bus.on("room.floor.cleaned", work, { concurrency: Number.POSITIVE_INFINITY });
    for (const count of [1, 2, 3]) bus.emit("room.floor.cleaned", count);
    expect(began).toEqual([1, 2, 3]);
  });
});
