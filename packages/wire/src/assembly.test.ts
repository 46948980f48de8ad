import { type EventwireError, OverflowError } from "@eventwire/core";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { expect, it } from "vitest";
import { Assembly } from "./assembly.js";
import type { InParts, WireMessage } from "./messages.js";
import type { Subject } from "./subject.js";

const most = 100_000;

function openAssembly(announced: (subject: Subject) => EventwireError | undefined = () => undefined) {
  const clock = new VirtualClock();
  const messages: WireMessage[] = [];
  const refused: unknown[] = [];
  let foreign = 0;
  const assembly = new Assembly(
    clock,
    most,
    { reader: undefined },
    {
      announced,
      message: (message) => messages.push(message),
      refused: (subject, { code, message }) => refused.push([...subject, code, message]),
      foreign: () => {
        foreign += 1;
      },
    },
  );
  const take = (...all: readonly InParts[]) => {
    for (const message of all) assembly.take(message);
  };
  return { assembly, clock, messages, refused, take, foreign: () => foreign };
}

const text = JSON.stringify(["event", "a", "x".repeat(2_000), "id"]);
const follow = (bytes = text.length): InParts => ["parts", bytes, "event", "id", "a"];
const part = (from: number, to = text.length): InParts => ["part", text.slice(from, to)];
const whole = [follow(), part(0, 1_000), part(1_000)];

it("gives the message when its last part has come, and takes the next", () => {
  const { take, messages, refused, clock } = openAssembly();
  take(follow(), part(0, 1_000));
  expect(messages).toEqual([]);
  take(part(1_000), ...whole);
  expect(messages).toEqual([JSON.parse(text), JSON.parse(text)]);
  expect(refused).toEqual([]);
  expect(clock.timers).toBe(0);
});

it("refuses at once what is larger than is taken, and passes over its parts", () => {
  const { take, messages, refused, foreign } = openAssembly();
  take(follow(most + 1), part(0, 1_000), part(1_000));
  expect(refused).toEqual([["event", "id", "a", "Overflow", expect.stringContaining(`over the ${most}`)]]);
  take(...whole);
  expect(messages).toHaveLength(1);
  expect(refused).toHaveLength(1);
  expect(foreign()).toBe(0);
});

it("refuses what its receiver refuses when it is announced", () => {
  const { take, messages, refused } = openAssembly(() => new OverflowError("Too many."));
  take(...whole);
  expect(refused).toEqual([["event", "id", "a", "Overflow", "Too many."]]);
  expect(messages).toEqual([]);
});

it.each<[string, readonly InParts[], RegExp, number]>([
  ["parts that are larger than was announced", [follow(500), part(0, 400), part(400)], /larger together/, 0],
  ["a part that comes twice", [follow(), part(0, 1_500), part(0, 1_500), part(1_500)], /larger together/, 1],
  ["parts without anything in them", [follow(), part(0, 10), ["part", ""]], /too small/, 0],
  [
    "more parts than it can have",
    [follow(5_000), ...Array.from({ length: 12 }, () => part(0, 1))],
    /too many/,
    0,
  ],
  ["parts of two kinds", [follow(), part(0, 1_000), ["part", new Uint8Array(10)]], /partly text/, 0],
  ["bytes where nobody reads them", [follow(4), ["part", Uint8Array.of(1, 2, 3, 4)]], /frame/, 0],
  ["what is no message", [follow(4), ["part", "[1]]"]], /frame/, 0],
  [
    "a message of a type that has no parts",
    [follow(12), ["part", '["cancel",1]']],
    /may not come in parts/,
    0,
  ],
  ["one that another begins before", [follow(), part(0, 1_000), follow()], /another message begins/, 0],
])("refuses %s, once, and takes what comes after it", (_, messages, why, foreigners) => {
  const { take, refused, messages: got, foreign, clock } = openAssembly();
  take(...messages);
  expect(refused).toEqual([["event", "id", "a", "Invalid", expect.any(String)]]);
  expect((refused[0] as string[])[4]).toMatch(why);
  expect(foreign()).toBe(foreigners);
  take(...whole);
  expect(got).toEqual([JSON.parse(text)]);
  expect(clock.timers).toBe(0);
});

it("tells of each part that is of no message", () => {
  const { take, foreign } = openAssembly();
  take(part(0), part(0), ["abort"], ...whole, part(0));
  expect(foreign()).toBe(3);
});

it("forgets what is aborted, without a word", () => {
  const { take, messages, refused, clock } = openAssembly();
  take(follow(), part(0, 1_000), ["abort"]);
  expect(clock.timers).toBe(0);
  take(...whole);
  expect(messages).toHaveLength(1);
  expect(refused).toEqual([]);
});

it("gives up what does not come to its end: each part has half a minute", async () => {
  const { take, messages, refused, clock } = openAssembly();
  take(follow(), part(0, 1_000));
  await clock.advance(29_999);
  take(part(1_000, 1_500));
  await clock.advance(29_999);
  expect(refused).toEqual([]);
  await clock.advance(1);
  expect(refused).toEqual([["event", "id", "a", "Timeout", expect.stringContaining("30000 ms")]]);
  take(part(1_500), ...whole);
  expect(messages).toHaveLength(1);
  expect(refused).toHaveLength(1);
});

it("gives up what was announced and never comes", async () => {
  const { take, refused, clock } = openAssembly();
  take(follow());
  await clock.advance(30_000);
  expect(refused).toEqual([["event", "id", "a", "Timeout", expect.any(String)]]);
  expect(clock.timers).toBe(0);
});

it("keeps nothing when it has ended", () => {
  const { assembly, take, clock } = openAssembly();
  take(follow(), part(0, 1_000));
  assembly.end();
  expect(clock.timers).toBe(0);
});
