import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { expect, it } from "vitest";
import { turn } from "../fixtures/settle.js";
import { Flushes } from "./flushes.js";

function start() {
  let now = 0;
  const clock = new VirtualClock();
  clock.monotonic = () => now;
  const flushes = new Flushes(clock);
  const flushed: string[] = [];
  const channel = (name: string) => ({ flush: () => flushed.push(name) });
  return { flushes, flushed, channel, pass: (milliseconds: number) => (now += milliseconds) };
}

it("flushes all at the end of the turn, in the order in which they asked", async () => {
  const { flushes, flushed, channel } = start();
  for (const name of ["a", "b"]) flushes.soon(channel(name));
  expect(flushed).toEqual([]);
  await undefined;
  expect(flushed).toEqual(["a", "b"]);
});

it("flushes what gathers when a turn brings nothing more", async () => {
  const { flushes, flushed, channel } = start();
  flushes.gather(channel("a"));
  await turn();
  flushes.gather(channel("b"));
  await turn();
  expect(flushed).toEqual([]);
  await turn();
  expect(flushed).toEqual(["a", "b"]);
});

it("flushes what gathers after a quarter of a millisecond, however much comes", async () => {
  const { flushes, flushed, channel, pass } = start();
  flushes.gather(channel("a"));
  for (let count = 0; count < 4; count++) {
    await turn();
    expect(flushed).toEqual([]);
    pass(0.0625);
    flushes.touch();
  }
  await turn();
  expect(flushed).toEqual(["a"]);
});

it("flushes what gathers on a clock that stands still too, though each turn brings more", async () => {
  const { flushes, flushed, channel } = start();
  flushes.gather(channel("a"));
  for (let count = 0; count < 300; count++) {
    flushes.touch();
    await turn();
  }
  expect(flushed).toEqual(["a"]);
});

it("measures text in bytes, also where another frame comes between", () => {
  const { flushes } = start();
  for (const frame of ["[1]", '["é"]', "[1]", '["é"]', '["é"]']) {
    expect(flushes.sizeOf(frame)).toBe(frame === "[1]" ? 3 : 6);
  }
  expect(flushes.sizeOf(new Uint8Array(7))).toBe(7);
});
