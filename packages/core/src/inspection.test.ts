import { describe, expect, it, vi } from "vitest";
import { arrive } from "../fixtures/arrive.js";
import { createBoard, settle } from "../fixtures/board.js";
import { attach } from "./attach.js";
import type { Inspection } from "./index.js";

function inspected() {
  const made = createBoard();
  const told: Inspection[] = [];
  const stop = made.bus.inspect((inspection) => told.push(inspection));
  const types = () => told.map(({ type }) => type);
  return { ...made, told, types, stop };
}

describe("an observer", () => {
  it("is told of an event when it is emitted, before anybody gets it, and when all have got it", () => {
    const { bus, told } = inspected();
    const order: string[] = [];
    bus.inspect(({ type }) => order.push(type));
    bus.on("chat.said", () => order.push("listener"));
    bus.on("*", () => order.push("listener"));
    order.length = 0;
    told.length = 0;
    bus.emit("chat.said", "x");
    expect(order).toEqual(["emitted", "listener", "listener", "delivered"]);
    expect(told).toMatchObject([
      { type: "emitted", message: { name: "chat.said", data: "x" } },
      { type: "delivered", message: { name: "chat.said", data: "x" }, listeners: 2, milliseconds: 0 },
    ]);
  });

  it("is told how long all listeners of an event took at once", () => {
    const { bus, runtime, told } = inspected();
    let time = 0;
    vi.spyOn(runtime, "monotonic").mockImplementation(() => time);
    bus.on("room.opened", () => {
      time += 7;
    });
    bus.on("room.opened", () => undefined, { key: "b" });
    bus.on(
      "room.opened",
      () => {
        time += 5;
      },
      { key: "a" },
    );
    bus.emit("room.opened", { name: "a" });
    expect(told.at(-1)).toMatchObject({ type: "delivered", listeners: 2, milliseconds: 12 });
  });

  it("is told of a peer's event, and of who sent it", () => {
    const { bus, told } = inspected();
    const core = attach(bus);
    const peer = { id: "p", user: "ann" };
    arrive(core, "chat.said", "hello", { id: "1", time: 5, peer });
    expect(told).toMatchObject([
      { type: "emitted", message: { id: "1", peer } },
      { type: "delivered", listeners: 0 },
    ]);
  });

  it("is told of a listener that fails, and of what reaches onError otherwise", () => {
    const { bus, told, errors } = inspected();
    bus.on("chat.said", () => {
      throw new Error("broken");
    });
    bus.emit("chat.said", "x");
    attach(bus).report(new Error("something else"));
    expect(told.filter(({ type }) => type === "listener.failed" || type === "reported")).toEqual([
      { type: "listener.failed", error: errors[0] },
      { type: "reported", error: errors[1] },
    ]);
  });

  it("is told of who begins and ends to listen, and of who is refused", async () => {
    const { bus, told } = inspected();
    bus.on("room.*", () => undefined, {})();
    bus.on("room.opened", () => undefined, { key: "a" })();
    expect(told).toEqual([
      { type: "listening.started", pattern: "room.*", key: undefined },
      { type: "listening.ended", pattern: "room.*", key: undefined },
      { type: "listening.started", pattern: "room.opened", key: "a" },
      { type: "listening.ended", pattern: "room.opened", key: "a" },
    ]);
  });

  it("is told of a gap, also where the listener handles it", async () => {
    const { bus, told } = inspected();
    bus.on("room.floor.cleaned", () => new Promise(() => undefined), { concurrency: 1 });
    const stop = new AbortController();
    const cleaned = bus.events("room.floor.cleaned", { signal: stop.signal, onGap: () => undefined });
    for (let count = 0; count < 300; count++) bus.emit("room.floor.cleaned", count);
    await cleaned.next();
    stop.abort();
    expect(told.filter(({ type }) => type === "gap")).toMatchObject([
      { gap: { name: "room.floor.cleaned", reason: "overflow", missed: 44 } },
    ]);
  });

  it("is told of a request from asking to its answer or failure, under one id", async () => {
    const { bus, runtime, told } = inspected();
    const end = bus.handle("room.list", async (text) => {
      await new Promise<void>((resolve) => runtime.timer(resolve, 20));
      if (text === "fail") throw new Error("broken");
      return [text];
    });
    for (const text of ["ok", "fail"]) {
      const result = bus.request("room.list", text).result();
      await runtime.advance(20);
      await result;
    }
    end();
    const request = { name: "room.list", kind: "request", peer: undefined };
    expect(told).toMatchObject([
      { type: "handling.started", name: "room.list" },
      { type: "request.asked", request: { ...request, input: "ok" } },
      { type: "request.answered", request, output: ["ok"], milliseconds: 20 },
      { type: "request.asked", request: { ...request, input: "fail" } },
      { type: "request.failed", request, error: { code: "Internal" }, milliseconds: 20 },
      { type: "handling.ended", name: "room.list" },
    ]);
    const ids = told.flatMap((inspection) => ("request" in inspection ? [inspection.request.id] : []));
    expect(ids).toEqual([ids[0], ids[0], ids[2], ids[2]]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  it("is told of a request that nobody handles, and of one that takes too long", async () => {
    const { bus, runtime, told } = inspected();
    await bus.request("room.list", "").result();
    bus.handle("room.list", () => new Promise(() => undefined));
    const late = bus.request("room.list", "", { timeout: 50 }).result();
    await runtime.advance(50);
    await late;
    expect(told.filter(({ type }) => type === "request.failed")).toMatchObject([
      { error: { code: "NoHandler" }, milliseconds: 0 },
      { error: { code: "Timeout" }, milliseconds: 50 },
    ]);
  });

  it("hears nothing more when it has stopped, by itself or by its signal", () => {
    const { bus, told, stop } = inspected();
    const aborting = new AbortController();
    const other = vi.fn();
    bus.inspect(other, { signal: aborting.signal });
    stop();
    stop();
    aborting.abort();
    bus.emit("chat.said", "x");
    expect(told).toEqual([]);
    expect(other).not.toHaveBeenCalled();
    expect(attach(bus).inspect).toBeUndefined();
    expect(attach(bus).dispatcher.state).toBe(0);
  });

  it("may come during an event, and go", () => {
    const { bus } = createBoard();
    const types: string[] = [];
    bus.on("chat.said", (text) => {
      if (text === "1") {
        const stop = bus.inspect(({ type }) => {
          types.push(type);
          if (types.length === 3) stop();
        });
      }
    });
    for (const text of ["1", "2", "3"]) bus.emit("chat.said", text);
    expect(types).toEqual(["emitted", "delivered", "emitted"]);
  });
});

describe("an observer that comes and goes while one is told", () => {
  it("is told of the next when it begins, and of nothing when it has stopped", () => {
    const { bus } = createBoard();
    const told: string[] = [];
    let stop: () => void = () => undefined;
    const anew = () => {
      told.push("anew");
      stop();
      stop = told.length < 50 ? bus.inspect(anew) : stop;
    };
    stop = bus.inspect(anew);
    const stopSecond = bus.inspect(() => stopThird());
    const stopThird = bus.inspect(() => told.push("third"));
    bus.emit("chat.said", "x");
    expect(told).toEqual(["anew", "anew"]);
    stop();
    stopSecond();
    expect(attach(bus).inspect).toBeUndefined();
  });
});

describe("a failing observer", () => {
  it("is reported, and stops neither the others nor the bus", () => {
    const { bus, errors } = createBoard();
    const failure = new Error("broken");
    const other = vi.fn();
    const listener = vi.fn();
    bus.inspect(() => {
      throw failure;
    });
    bus.inspect(other);
    bus.on("chat.said", listener);
    errors.length = 0;
    other.mockClear();
    bus.emit("chat.said", "x");
    expect(listener).toHaveBeenCalledOnce();
    expect(errors).toEqual([failure, failure]);
    expect(other.mock.calls.map(([{ type }]) => type)).toEqual(["emitted", "delivered"]);
  });
});

describe("an observer that acts", () => {
  it("is not told of what it emits, nor of what that leads to, and so ends", async () => {
    const { bus } = createBoard();
    const types: string[] = [];
    const heard: string[] = [];
    bus.inspect((inspection) => {
      types.push(inspection.type);
      bus.emit("room.floor.cleaned", 1);
      if (inspection.type === "emitted") bus.causedBy(inspection.message).emit("room.floor.cleaned", 2);
    });
    bus.on("room.floor.cleaned", () => {
      heard.push("cleaned");
      bus.emit("room.opened", { name: "a" });
    });
    bus.on("room.opened", async () => {
      heard.push("opened");
      await undefined;
      if (heard.length < 50) bus.emit("room.opened", { name: "b" });
    });
    types.length = 0;
    heard.length = 0;
    bus.emit("chat.said", "x");
    await settle();
    expect(types).toEqual(["emitted", "delivered"]);
    expect(heard.slice(0, 6)).toEqual(["cleaned", "cleaned", "cleaned", "opened", "opened", "opened"]);
  });

  it("is not told of what is said to be caused by an event that it emitted", async () => {
    const { bus } = createBoard();
    const types: string[] = [];
    const heard = vi.fn();
    bus.inspect(({ type }) => {
      types.push(type);
      if (types.length < 50) bus.emit("room.floor.cleaned", 1);
    });
    bus.on("room.floor.cleaned", (_, context) =>
      queueMicrotask(() => bus.causedBy(context).emit("room.opened", { name: "a" })),
    );
    bus.on("room.opened", heard);
    types.length = 0;
    bus.emit("chat.said", "x");
    await settle();
    expect(types).toEqual(["emitted", "delivered"]);
    expect(heard).toHaveBeenCalled();
  });

  it("is not told of what it asks, and the handler's emits are silent too", async () => {
    const { bus } = createBoard();
    const types: string[] = [];
    const replies: Promise<unknown>[] = [];
    bus.handle("room.list", async () => {
      await undefined;
      bus.emit("room.floor.cleaned", 1);
      return [];
    });
    bus.inspect(({ type }) => {
      types.push(type);
      replies.push(bus.request("room.list", "x"));
    });
    bus.emit("chat.said", "x");
    await Promise.all(replies);
    expect(types).toEqual(["emitted", "delivered"]);
  });

  it("says of what it emits that nothing led to it", () => {
    const { bus } = createBoard();
    const causes: number[] = [];
    bus.inspect(() => bus.emit("room.floor.cleaned", 1));
    bus.on("room.floor.cleaned", (_, { cause }) => {
      causes.push(cause.length);
      bus.emit("room.opened", { name: "a" });
    });
    causes.length = 0;
    bus.on("room.opened", (_, { cause }) => causes.push(cause.length));
    causes.length = 0;
    bus.emit("chat.said", "x");
    expect(causes).toEqual([0, 0, 1, 1]);
  });
});
