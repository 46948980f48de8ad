import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it, vi } from "vitest";
import { Deadlines, Timed } from "./deadlines.js";

class Wait extends Timed {
  readonly late: () => void;

  constructor(late: () => void) {
    super();
    this.late = late;
  }
}

function createDeadlines() {
  const runtime = new VirtualClock();
  const timer = vi.spyOn(runtime, "timer");
  const failed = vi.fn();
  const deadlines = new Deadlines(runtime, failed);
  const late: [name: string, at: number][] = [];
  const add = (name: string, milliseconds: number, also?: () => void) => {
    const wait = new Wait(() => {
      late.push([name, runtime.monotonic()]);
      also?.();
    });
    deadlines.add(wait, milliseconds);
    return wait;
  };
  return { runtime, timer, deadlines, failed, late, add };
}

describe("deadlines", () => {
  it("are each told at their time, whatever the order in which they came", async () => {
    const { runtime, late, add } = createDeadlines();
    const times = [70, 10, 40, 10, 90, 40, 0, 70];
    for (const [index, milliseconds] of times.entries()) add(`${index}`, milliseconds);
    await runtime.advance(30);
    add("later", 5);
    await runtime.advance(100);
    expect(late).toEqual([
      ["6", 0],
      ["1", 10],
      ["3", 10],
      ["later", 35],
      ["2", 40],
      ["5", 40],
      ["0", 70],
      ["7", 70],
      ["4", 90],
    ]);
    expect(runtime.timers).toBe(0);
  });

  it("have one timer, which is not set anew for what is due after it, and none where nothing waits", async () => {
    const { runtime, timer, deadlines, late, add } = createDeadlines();
    const waits = Array.from({ length: 1_000 }, (_, index) => add(`${index}`, 100));
    expect(runtime.timers).toBe(1);
    await runtime.advance(50);
    for (const wait of waits.slice(0, -1)) deadlines.remove(wait);
    add("next", 100);
    expect(timer).toHaveBeenCalledOnce();
    await runtime.advance(50);
    expect(late).toEqual([["999", 100]]);
    const sooner = add("sooner", 10);
    expect(runtime.timers).toBe(1);
    deadlines.remove(sooner);
    await runtime.advance(50);
    expect(late).toEqual([
      ["999", 100],
      ["next", 150],
    ]);
    expect(runtime.timers).toBe(0);
  });

  it("keep nothing of what was removed, also where each had a time of its own", () => {
    const { runtime, deadlines, add } = createDeadlines();
    const waits = Array.from({ length: 1_000 }, (_, index) => add("", 1 + index));
    for (const wait of waits) {
      deadlines.remove(wait);
      deadlines.remove(wait);
    }
    expect(runtime.timers).toBe(0);
    expect(waits.every(({ line, before, after }) => !line && !before && !after)).toBe(true);
  });

  it("share the times that are nearly alike where there are many, so that looking at them stays cheap", async () => {
    const { runtime, timer, late, add } = createDeadlines();
    const times = Array.from({ length: 20_000 }, (_, index) => 1 + index * 5);
    for (const milliseconds of times) add(`${milliseconds}`, milliseconds);
    await runtime.advance(110_000);
    expect(late).toHaveLength(times.length);
    for (const [name, at] of late) {
      expect(at).toBeGreaterThanOrEqual(Number(name));
      expect(at).toBeLessThanOrEqual(Number(name) * (1 + 1 / 32));
    }
    expect(timer.mock.calls.length).toBeLessThan(700);
    expect(runtime.timers).toBe(0);
  });

  it("that share a time are told also where the one before them has left it", async () => {
    const { runtime, deadlines, late, add } = createDeadlines();
    for (let index = 0; index < 100; index++) add("far", 1_000_000 + 50_000 * index);
    deadlines.remove(add("gone", 9_999));
    add("kept", 9_998);
    await runtime.advance(10_400);
    expect(late.map(([name]) => name)).toEqual(["kept"]);
  });

  it("are told together after a jump of the clock, the first first", async () => {
    const { runtime, late, add } = createDeadlines();
    add("b", 20);
    add("a", 10);
    add("c", 30);
    let jumped = 0;
    const monotonic = runtime.monotonic.bind(runtime);
    vi.spyOn(runtime, "monotonic").mockImplementation(() => monotonic() + jumped);
    jumped = 3_600_000;
    await runtime.advance(10);
    expect(late.map(([name]) => name)).toEqual(["a", "b", "c"]);
  });

  it("are not told of what ended with one before it", async () => {
    const { runtime, deadlines, late, add } = createDeadlines();
    add("a", 10, () => deadlines.remove(b));
    const b = add("b", 10);
    await runtime.advance(10);
    expect(late).toEqual([["a", 10]]);
  });

  it("are all told, also where one before them throws", async () => {
    const { runtime, failed, late, add } = createDeadlines();
    const error = new Error("broken");
    add("a", 10, () => {
      throw error;
    });
    add("b", 10);
    await runtime.advance(10);
    expect(late.map(([name]) => name)).toEqual(["a", "b"]);
    expect(failed).toHaveBeenCalledExactlyOnceWith(error);
  });

  it("give timers, which can be cancelled", async () => {
    const { runtime, deadlines } = createDeadlines();
    const [called, other] = [vi.fn(), vi.fn()];
    deadlines.timer(called, 10);
    deadlines.timer(other, 10)();
    await runtime.advance(10);
    expect(called).toHaveBeenCalledOnce();
    expect(other).not.toHaveBeenCalled();
  });

  it("may be further away than a platform's timers reach, or never come", async () => {
    const longest = 2 ** 31 - 1;
    const runtime = new VirtualClock();
    const { timer } = runtime;
    const set = vi.spyOn(runtime, "timer").mockImplementation((callback, milliseconds) =>
      // As that of the system does: it calls back when no timer goes further.
      timer.call(runtime, callback, Math.min(milliseconds, longest)),
    );
    const deadlines = new Deadlines(runtime, vi.fn());
    const late = vi.fn();
    const far = longest + 1_000;
    deadlines.add(new Wait(late), far);
    await runtime.advance(far - 1);
    expect(late).not.toHaveBeenCalled();
    await runtime.advance(1);
    expect(late).toHaveBeenCalledOnce();
    set.mockClear();
    deadlines.add(new Wait(late), Number.POSITIVE_INFINITY);
    expect(set).not.toHaveBeenCalled();
  });
});
