import { describe, expect, it, vi } from "vitest";
import { createBoard } from "../fixtures/board.js";
import { attach } from "./attach.js";
import { createBus, defineContract, event, InvalidError, MisuseError, unchecked } from "./index.js";
import type { Key } from "./key.js";

const keyed = defineContract({
  "thing.seen": event(unchecked<{ readonly key: Key }>(), { key: (thing) => thing.key }),
  "thing.lost": event(unchecked<{ readonly key: Key }>(), { key: (thing) => thing.key }),
});

describe("listening by key", () => {
  it("hears the events of that key only", () => {
    const { bus } = createBoard();
    const listener = vi.fn();
    bus.on("room.opened", listener, { key: "a" });
    for (const name of ["a", "b", "a"]) bus.emit("room.opened", { name });
    expect(listener.mock.calls.map(([room]) => room.name)).toEqual(["a", "a"]);
  });

  it("keeps a number apart from the same text", () => {
    const bus = createBus(keyed);
    const heard: string[] = [];
    bus.on("thing.seen", () => heard.push("number"), { key: 1 });
    bus.on("thing.seen", () => heard.push("text"), { key: "1" });
    bus.emit("thing.seen", { key: "1" });
    bus.emit("thing.seen", { key: 1 });
    expect(heard).toEqual(["text", "number"]);
  });

  it.each([[""], [0], [-0], ["__proto__"], ["constructor"]])("takes %o as a key like any other", (key) => {
    const bus = createBus(keyed);
    const listener = vi.fn();
    bus.on("thing.seen", listener, { key });
    bus.emit("thing.seen", { key });
    bus.emit("thing.seen", { key: "other" });
    expect(listener).toHaveBeenCalledOnce();
  });

  it("hears every key when the option is undefined", () => {
    const { bus } = createBoard();
    const listener = vi.fn();
    bus.on("room.opened", listener, { key: undefined });
    bus.emit("room.opened", { name: "a" });
    expect(listener).toHaveBeenCalledOnce();
  });

  it("applies to each name of a pattern", () => {
    const bus = createBus(keyed);
    const heard: string[] = [];
    bus.on("thing.*", (message) => heard.push(`${message.name} ${message.key}`), { key: 7 });
    bus.emit("thing.seen", { key: 7 });
    bus.emit("thing.lost", { key: 8 });
    bus.emit("thing.lost", { key: "7" });
    bus.emit("thing.lost", { key: 7 });
    expect(heard).toEqual(["thing.seen 7", "thing.lost 7"]);
  });

  it("is refused where an event has no key, and listens to nothing", async () => {
    const { bus } = createBoard();
    const listener = vi.fn();
    const options = { key: "a" } as object;
    const onClose = vi.spyOn(attach(bus), "onClose");
    for (const listen of [
      () => bus.on("room.*", listener, options),
      () => bus.on("room.*", listener, { ...options, concurrency: 1 }),
      () => bus.on("chat.said", listener, options),
      () => bus.events("chat.said", options),
    ]) {
      expect(listen).toThrow(MisuseError);
      expect(listen).toThrow(/cannot be listened to by key: "(room.floor.cleaned|chat.said)" has none/);
    }
    await expect(bus.once("chat.said", options)).rejects.toBeInstanceOf(MisuseError);
    bus.emit("room.opened", { name: "a" });
    expect(listener).not.toHaveBeenCalled();
    expect(onClose).not.toHaveBeenCalled();
  });

  it("leaves nothing behind when its listeners have left", () => {
    const { bus } = createBoard();
    const topic = attach(bus).topics.get("point.moved")!;
    const stops = [1, 1, 2].map((key) => bus.on("point.moved", () => undefined, { key }));
    stops[0]!();
    expect(topic.withKey(1)).toMatchObject({ size: 1 });
    for (const stop of stops) stop();
    expect([topic.withKey(1), topic.withKey(2)]).toEqual([undefined, undefined]);
  });
});

describe("an event whose key function fails", () => {
  it.each([
    ["undefined", undefined],
    ["null", null],
    ["NaN", Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY],
    ["an object", {}],
    ["a bigint", 1n],
  ])("is refused, to the emitter, for %s", (_, key) => {
    const bus = createBus(keyed);
    const listener = vi.fn();
    bus.on("thing.seen", listener);
    const emit = () => bus.emit("thing.seen", { key: key as Key });
    expect(emit).toThrow(InvalidError);
    expect(emit).toThrow('"thing.seen" is invalid: its key must be a string or a finite number');
    expect(listener).not.toHaveBeenCalled();
    bus.emit("thing.seen", { key: "good" });
    expect(listener).toHaveBeenCalledOnce();
  });

  it("lets what it throws reach the emitter, and the bus goes on", () => {
    const bus = createBus(keyed);
    const listener = vi.fn();
    bus.on("thing.seen", listener);
    expect(() => bus.emit("thing.seen", undefined as never)).toThrow(TypeError);
    bus.emit("thing.seen", { key: "good" });
    expect(listener).toHaveBeenCalledOnce();
  });
});
