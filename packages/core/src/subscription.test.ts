import { describe, expect, it, vi } from "vitest";
import { countAbortListeners, createBoard, settle } from "../fixtures/board.js";
import { subscription } from "./subscription.js";

const nothing = () => undefined;

describe("a subscription", () => {
  it("ends when it is called, once however often", () => {
    const { bus } = createBoard();
    const kept = vi.fn();
    const ended = vi.fn();
    const stop = bus.on("chat.said", ended);
    bus.on("chat.said", kept);
    stop();
    stop();
    stop[Symbol.dispose]();
    bus.emit("chat.said", "x");
    expect(ended).not.toHaveBeenCalled();
    expect(kept).toHaveBeenCalledOnce();
  });

  it("does not end another's listening by a second call", () => {
    const { bus } = createBoard();
    const listener = vi.fn();
    const first = bus.on("room.opened", listener, { key: "a" });
    first();
    bus.on("room.opened", listener, { key: "a" });
    first();
    bus.emit("room.opened", { name: "a" });
    expect(listener).toHaveBeenCalledOnce();
  });

  it("ends with the block that declared it with using", () => {
    const { bus } = createBoard();
    const listener = vi.fn();
    {
      using stop = bus.on("chat.said", listener);
      bus.emit("chat.said", "inside");
      expect(stop.ready).toBeInstanceOf(Promise);
    }
    bus.emit("chat.said", "outside");
    expect(listener.mock.calls.map(([text]) => text)).toEqual(["inside"]);
  });

  it("is in force at once in a process", async () => {
    const { bus } = createBoard();
    await expect(bus.on("chat.said", nothing).ready).resolves.toBeUndefined();
  });
});

describe("an AbortSignal", () => {
  it("ends a listening", () => {
    const { bus } = createBoard();
    const controller = new AbortController();
    const listener = vi.fn();
    bus.on("chat.said", listener, { signal: controller.signal });
    bus.emit("chat.said", "before");
    controller.abort();
    bus.emit("chat.said", "after");
    expect(listener.mock.calls.map(([text]) => text)).toEqual(["before"]);
  });

  it("begins none when it is aborted already", () => {
    const { bus } = createBoard();
    const listener = vi.fn();
    bus.on("chat.said", listener, { signal: AbortSignal.abort() });
    bus.on("*", listener, { signal: AbortSignal.abort(), concurrency: 1 });
    bus.emit("chat.said", "x");
    expect(listener).not.toHaveBeenCalled();
  });

  it("ends many at once, also from within a listener", () => {
    const { bus } = createBoard();
    const controller = new AbortController();
    const { signal } = controller;
    const second = vi.fn();
    bus.on("chat.said", () => controller.abort(), { signal });
    bus.on("chat.said", second, { signal });
    bus.emit("chat.said", "x");
    expect(second).not.toHaveBeenCalled();
  });

  it("is left without listeners, whichever way a listening, a request or a loop ends", async () => {
    const { bus } = createBoard();
    const { signal } = new AbortController();
    const count = countAbortListeners(signal);
    const stop = bus.on("chat.said", nothing, { signal });
    const lane = bus.on("*", nothing, { signal, concurrency: 2 });
    const once = bus.once("chat.said", { signal });
    const iterator = bus.events("chat.said", { signal });
    const unhandle = bus.handle("room.size", async () => 1, { signal });
    const answer = bus.request("room.size", { name: "a" }, { signal });
    expect(count()).toBeGreaterThanOrEqual(6);
    bus.emit("chat.said", "x");
    await Promise.all([once, answer, iterator.return?.()]);
    stop();
    lane();
    unhandle();
    expect(count()).toBe(0);
  });

  it("is left without listeners when it aborts", async () => {
    const { bus } = createBoard();
    const controller = new AbortController();
    const { signal } = controller;
    const count = countAbortListeners(signal);
    bus.on("chat.said", nothing, { signal });
    const once = bus.once("chat.said", { signal });
    const iterator = bus.events("chat.said", { signal });
    bus.handle("room.size", () => new Promise(nothing), { signal });
    const answer = bus.request("room.size", { name: "a" }, { signal }).result();
    controller.abort(new Error("enough"));
    await expect(once).rejects.toThrow("enough");
    await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
    await expect(answer).resolves.toMatchObject({ ok: false, error: { code: "Aborted" } });
    expect(count()).toBe(0);
  });
});

describe("a refused subscription", () => {
  it("tells the reason to who awaits it, and to nobody else", async () => {
    const refused = vi.fn();
    const stop = subscription(nothing, undefined, Promise.reject(new Error("no")), refused);
    await expect(stop.ready).rejects.toThrow("no");
    await settle();
    expect(refused).not.toHaveBeenCalled();
  });

  it("reports the reason when nobody looked at it", async () => {
    const refused = vi.fn();
    subscription(nothing, undefined, Promise.reject(new Error("no")), refused);
    await settle();
    expect(refused).toHaveBeenCalledExactlyOnceWith(new Error("no"));
  });

  it("reports nothing once it has ended", async () => {
    const refused = vi.fn();
    subscription(nothing, undefined, Promise.reject(new Error("no")), refused)();
    await settle();
    expect(refused).not.toHaveBeenCalled();
  });
});
