import { describe, expect, it, vi } from "vitest";
import { countAbortListeners, createBoard, settle } from "../fixtures/board.js";
import { attach } from "./attach.js";
import { ClosedError, createBus, defineContract, type EventwireError } from "./index.js";
import { memory } from "./memory.js";

describe("close", () => {
  it("delivers what waits, and takes nothing more in", async () => {
    const { bus, runtime, errors } = createBoard();
    const seen: number[] = [];
    let closed = false;
    bus.on("room.floor.cleaned", (count) => {
      seen.push(count);
      runtime.spend(1);
      if (count === 0) for (let next = 1; next < 300; next++) bus.emit("room.floor.cleaned", next);
      if (count === 299) bus.emit("room.floor.cleaned", 300);
    });
    bus.emit("room.floor.cleaned", 0);
    void bus.close().then(() => (closed = true));
    expect(() => bus.emit("room.floor.cleaned", 301)).toThrow(ClosedError);
    while (runtime.macrotasks > 0) {
      await settle();
      expect(closed).toBe(false);
      await runtime.turn();
    }
    await settle();
    expect(closed).toBe(true);
    expect(seen).toEqual(Array.from({ length: 300 }, (_, index) => index));
    expect(errors).toMatchObject([{ code: "ListenerFailed", cause: { code: "Closed" } }]);
  });

  it("refuses a time that is none, and leaves the bus open", async () => {
    const { bus } = createBoard();
    const listener = vi.fn();
    bus.on("chat.said", listener);
    for (const drain of [Number.NaN, -1]) {
      const refused = bus.close({ drain });
      await expect(refused).rejects.toThrow(
        `drain must be at least 0 milliseconds, or Infinity; it is ${drain}.`,
      );
    }
    bus.emit("chat.said", "x");
    expect(listener).toHaveBeenCalledOnce();
  });

  it("leaves nothing with a signal that goes on, nor does a call after it", async () => {
    const { bus } = createBoard();
    const { signal } = new AbortController();
    const left = countAbortListeners(signal);
    const begin = () => {
      bus.on("chat.said", () => undefined, { signal });
      bus.on("order.placed", () => undefined, { signal });
      bus.events("chat.said", { signal });
      bus.inspect(() => undefined, { signal });
      bus.use({}, { signal });
      return bus.handle("room.list", () => [], { signal });
    };
    const endHandling = begin();
    expect(left()).toBe(6);
    await bus.close();
    expect(left()).toBe(0);
    endHandling();
    begin();
    await settle();
    expect(left()).toBe(0);
  });

  it("keeps nothing of what came and went with a signal", () => {
    const { bus } = createBoard();
    const { signal } = new AbortController();
    const left = countAbortListeners(signal);
    const onClose = vi.spyOn(attach(bus), "onClose");
    bus.on("chat.said", () => undefined, { signal })();
    bus.on("chat.said", () => undefined, { signal: AbortSignal.abort() });
    expect(left()).toBe(0);
    expect(onClose).toHaveBeenCalledOnce();
    const forget = onClose.mock.results[0]!.value as () => boolean;
    expect(forget()).toBe(false);
  });

  it("gives handlers at work their time", async () => {
    const { bus, runtime } = createBoard();
    let answer: (size: number) => void = () => undefined;
    bus.handle("room.size", () => new Promise((resolve) => (answer = resolve)));
    const request = bus.request("room.size", { name: "a" });
    const closed = vi.fn();
    const closing = bus.close().then(closed);
    await settle();
    await runtime.advance(4_999);
    await settle();
    expect(closed).not.toHaveBeenCalled();
    answer(3);
    await expect(request).resolves.toBe(3);
    await closing;
    expect(runtime.timers).toBe(0);
  });

  it.each([
    ["5,000 ms", undefined, 5_000],
    ["what it is told", { drain: 20 }, 20],
  ])("waits for them no longer than %s, and ends who waits for an answer", async (_, options, drain) => {
    const { bus, runtime } = createBoard();
    let signal: AbortSignal | undefined;
    bus.handle("room.size", (_, context) => {
      signal = context.signal;
      return new Promise(() => undefined);
    });
    const outcome = bus.request("room.size", { name: "a" }).result();
    const closing = bus.close(options);
    await settle();
    await runtime.advance(drain - 1);
    await settle();
    expect(signal?.aborted).toBe(false);
    await runtime.advance(1);
    await closing;
    await expect(outcome).resolves.toMatchObject({
      ok: false,
      error: { code: "Closed", about: "room.size" },
    });
    expect(signal?.aborted).toBe(true);
    expect(runtime.timers).toBe(0);
  });

  it("ends once, however often and by whichever view it is called", async () => {
    const { bus } = createBoard();
    const view = bus.causedBy({ id: "1", name: "chat.said", kind: "event", cause: [] });
    const first = bus.close();
    const second = view.close({ drain: 1 });
    expect(second).toBe(first);
    await Promise.all([first, second, bus.close()]);
  });

  it("leaves no timer behind when nothing was at work", async () => {
    const { bus, runtime } = createBoard();
    await bus.close();
    expect(runtime.timers).toBe(0);
  });

  it("may be called by a listener, which it does not wait for twice", async () => {
    const { bus } = createBoard();
    const seen: string[] = [];
    let closing: Promise<void> | undefined;
    bus.on("chat.said", (text) => {
      seen.push(text);
      if (text !== "start") return;
      bus.emit("chat.said", "waiting");
      closing = bus.close();
    });
    bus.emit("chat.said", "start");
    await closing;
    expect(seen).toEqual(["start", "waiting"]);
  });

  it("refuses who listens after it, and reports that to nobody else", async () => {
    const { bus, errors } = createBoard();
    await bus.close();
    const listener = () => undefined;
    for (const options of [{}, { concurrency: 1 }]) {
      const { ready } = bus.on("chat.said", listener, options);
      await expect(ready).rejects.toBeInstanceOf(ClosedError);
      await expect(ready).rejects.toMatchObject({ about: "chat.said" });
    }
    await expect(bus.on("room.*", listener).ready).rejects.toBeInstanceOf(ClosedError);
    bus.on("chat.said", listener)();
    bus.on("chat.said", listener);
    await settle();
    expect(errors).toEqual([]);
  });

  it("ends the broker where something else cannot be ended, and reports that", async () => {
    const broker = memory();
    const errors: EventwireError[] = [];
    const bus = createBus(defineContract({}), { broker, onError: (error) => errors.push(error) });
    await bus.position();
    const close = vi.spyOn(broker, "close");
    attach(bus).onClose(() => Promise.reject(new Error("it cannot be ended")));
    await bus.close();
    expect(close).toHaveBeenCalledOnce();
    expect(errors.map(({ message }) => message)).toEqual(["it cannot be ended"]);
  });

  it("lets go of what has ended before", async () => {
    const { bus, errors } = createBoard();
    const once = bus.once("chat.said");
    bus.emit("chat.said", "x");
    await once;
    await bus.events("chat.said").return?.();
    await bus.close();
    expect(errors).toEqual([]);
  });
});
