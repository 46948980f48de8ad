import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it } from "vitest";
import { OfflineEvents } from "./offline-events.js";
import { Outgoing } from "./outgoing.js";

const saying = (text: string) => new Outgoing(undefined, text);

function createOfflineEvents() {
  const runtime = new VirtualClock();
  const reported: string[] = [];
  const offline = new OfflineEvents(runtime, (error) => reported.push(error.message));
  return { runtime, reported, offline };
}

describe("offline events", () => {
  it("are given in their order, once, and leave no timer", () => {
    const { offline, runtime, reported } = createOfflineEvents();
    for (const text of ["1", "2", "3"]) offline.put("a", saying(text));
    expect([1, 2, 3].map(() => offline.take()?.text)).toEqual(["1", "2", "3"]);
    expect(offline.take()).toBeUndefined();
    expect(runtime.timers).toBe(0);
    expect(reported).toEqual([]);
  });

  it("are at most 256, and the oldest that goes is told of", () => {
    const { offline, reported } = createOfflineEvents();
    for (let index = 0; index < 258; index++) offline.put(`e${index}`, saying(`${index}`));
    expect(offline.size).toBe(256);
    expect(reported).toEqual([expect.stringContaining('"e0"'), expect.stringContaining('"e1"')]);
  });

  it("are kept for 10 seconds each, and told of when these are over", async () => {
    const { offline, runtime, reported } = createOfflineEvents();
    offline.put("a", saying("1"));
    await runtime.advance(6_000);
    offline.put("b", saying("2"));
    await runtime.advance(4_000);
    expect(reported).toEqual([expect.stringContaining('"a" was not sent')]);
    await runtime.advance(5_999);
    expect(reported).toHaveLength(1);
    await runtime.advance(1);
    expect(reported).toHaveLength(2);
    expect(offline.size).toBe(0);
    expect(runtime.timers).toBe(0);
  });

  it("are told of when they are given up", () => {
    const { offline, runtime, reported } = createOfflineEvents();
    offline.put("a", saying("1"));
    offline.giveUp();
    expect(reported).toEqual([expect.stringContaining("closed")]);
    expect(runtime.timers).toBe(0);
  });
});
