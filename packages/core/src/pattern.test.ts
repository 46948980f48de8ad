import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBoard } from "../fixtures/board.js";
import { createClient } from "../fixtures/client-board.js";
import { createBus, defineContract, type Pattern, request, unchecked } from "./index.js";
import { isPattern, matches } from "./pattern.js";

const segment = fc.constantFrom("a", "b", "ab", "a-b", "a_b");
const name = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join("."));

describe("matches", () => {
  it("agrees with a comparison segment by segment", () => {
    const pattern = fc.oneof(
      fc.constant("*"),
      name,
      name.map((prefix) => `${prefix}.*`),
    );
    fc.assert(
      fc.property(pattern, name, (pattern, name) => {
        const wanted = pattern.split(".");
        const given = name.split(".");
        const wild = wanted.at(-1) === "*";
        if (wild) wanted.pop();
        const long = wild ? given.length > wanted.length : given.length === wanted.length;
        expect(matches(pattern, name)).toBe(long && wanted.every((word, index) => given[index] === word));
        expect(isPattern(pattern)).toBe(wild);
      }),
    );
  });
});

describe("listening to a pattern", () => {
  it.each<[Pattern<"room.floor.cleaned" | "room.opened">, string[]]>([
    ["*", ["point.added", "room.opened", "room.floor.cleaned", "chat.said"]],
    ["room.*", ["room.opened", "room.floor.cleaned"]],
    ["room.floor.*", ["room.floor.cleaned"]],
  ])("hears by %s the names below it, at any depth, in the order of emits", (pattern, names) => {
    const { bus } = createBoard();
    const heard: string[] = [];
    bus.on(pattern, (message) => heard.push(message.name));
    bus.emit("point.added", { id: 1, x: 1 });
    bus.emit("room.opened", { name: "a" });
    bus.emit("room.floor.cleaned", 3);
    bus.emit("chat.said", "hello");
    expect(heard).toEqual(names);
  });

  it("gives the message as a union by name, with its data", () => {
    const { bus } = createBoard();
    const heard: unknown[] = [];
    bus.on("room.*", (message) => {
      switch (message.name) {
        case "room.opened":
          return heard.push(message.data.name, message.key);
        case "room.floor.cleaned":
          return heard.push(message.data.toFixed(1));
      }
    });
    bus.emit("room.opened", { name: "a" });
    bus.emit("room.floor.cleaned", 3);
    expect(heard).toEqual(["a", "a", "3.0"]);
  });

  it("refuses one that stands for no event", () => {
    const { bus } = createBoard();
    expect(() => bus.on("rooms.*" as "room.*", () => undefined)).toThrow(
      '"rooms.*" is no event of this contract',
    );
    expect(() => bus.on("chat.said.*" as "chat.*", () => undefined)).toThrow("is no event of this contract");
  });

  it("hears nothing by * where a contract has no events, and may try", () => {
    const bus = createBus(
      defineContract({ "room.size": request({ input: unchecked<string>(), output: unchecked<number>() }) }),
    );
    bus.on("*", () => undefined)();
  });

  it("is followed as one on a client's bus, as far as its events are durable", async () => {
    const { bus, followed } = createClient();
    await bus.on("order.*", () => undefined).ready;
    expect(followed).toMatchObject([{ wish: { names: ["order.placed"], key: undefined, since: "now" } }]);
  });
});
