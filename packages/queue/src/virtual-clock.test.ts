import { describe, expect, it } from "vitest";
import { systemRuntime } from "./runtime.js";
import { VirtualClock } from "./virtual-clock.js";

describe("a virtual clock", () => {
  it("stands still until it is advanced, then shows the time that passed on both clocks", async () => {
    const clock = new VirtualClock({ start: 5_000 });
    expect([clock.now(), clock.monotonic()]).toEqual([5_000, 0]);
    await clock.advance(250);
    expect([clock.now(), clock.monotonic()]).toEqual([5_250, 250]);
  });

  it("fires timers in the order of their times, each at its own time, those of one time as they were set", async () => {
    const clock = new VirtualClock();
    const fired: [string, number][] = [];
    for (const [name, due] of [
      ["late", 30],
      ["early", 10],
      ["also early", 10],
      ["too late", 31],
    ] as const) {
      clock.timer(() => fired.push([name, clock.monotonic()]), due);
    }
    await clock.advance(30);
    expect(fired).toEqual([
      ["early", 10],
      ["also early", 10],
      ["late", 30],
    ]);
    expect(clock.timers).toBe(1);
  });

  it("fires timers that timers and what they wake set meanwhile", async () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    const again = () =>
      void Promise.resolve().then(() => {
        fired.push(clock.monotonic());
        clock.timer(again, 10);
      });
    clock.timer(again, 10);
    await clock.advance(35);
    expect(fired).toEqual([10, 20, 30]);
  });

  it("lets everything run that waits for no time before time passes", async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.timer(() => seen.push("timer"), 0);
    clock.macrotask(() => clock.macrotask(() => clock.microtask(() => seen.push("tasks"))));
    await clock.advance(0);
    expect(seen).toEqual(["tasks", "timer"]);
  });

  it("does not fire a cancelled timer, nor one twice", async () => {
    const clock = new VirtualClock();
    let count = 0;
    const cancel = clock.timer(() => count++, 10);
    const other = clock.timer(() => count++, 10);
    other();
    other();
    clock.timer(() => count++, 20);
    await clock.advance(10);
    cancel();
    expect([count, clock.timers]).toEqual([1, 1]);
    await clock.advance(10);
    expect(count).toBe(2);
  });

  it("runs a day of hourly retries at once", async () => {
    const clock = new VirtualClock();
    let tries = 0;
    const retry = () => {
      tries += 1;
      if (tries < 24) clock.timer(retry, 3_600_000);
    };
    retry();
    await clock.run();
    expect([tries, clock.monotonic()]).toEqual([24, 23 * 3_600_000]);
  });

  it("rejects with what a timer throws, and goes on after", async () => {
    const clock = new VirtualClock();
    let fired = false;
    clock.timer(() => {
      throw new Error("from a timer");
    }, 5);
    clock.timer(() => {
      fired = true;
    }, 10);
    await expect(clock.advance(10)).rejects.toThrow("from a timer");
    expect([clock.monotonic(), fired]).toEqual([5, false]);
    await clock.advance(5);
    expect(fired).toBe(true);
  });

  it("passes within a turn when work takes time, and fires late what came due meanwhile", async () => {
    const clock = new VirtualClock();
    const fired: [string, number][] = [];
    clock.timer(() => fired.push(["first", clock.monotonic()]), 10);
    clock.timer(() => clock.spend(100), 20);
    clock.timer(() => fired.push(["second", clock.monotonic()]), 30);
    clock.spend(15);
    expect([fired, clock.monotonic()]).toEqual([[], 15]);
    await clock.advance(20);
    expect(fired).toEqual([
      ["first", 15],
      ["second", 120],
    ]);
    expect(clock.monotonic()).toBe(120);
  });

  it("turns its event loop once, and says how many callbacks wait for that", async () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    clock.macrotask(() => {
      ran.push("first");
      clock.macrotask(() => ran.push("third"));
    });
    clock.macrotask(() => ran.push("second"));
    expect(clock.macrotasks).toBe(2);
    await clock.turn();
    expect([ran, clock.macrotasks]).toEqual([["first", "second"], 1]);
    await clock.turn();
    expect([ran, clock.macrotasks]).toEqual([["first", "second", "third"], 0]);
  });

  it.each([Number.NaN, -1])("takes a delay of %s as none, without holding up others", async (delay) => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.timer(() => fired.push("later"), 1);
    clock.timer(() => fired.push("now"), delay);
    await clock.advance(0);
    expect(fired).toEqual(["now"]);
    await clock.advance(1);
    expect(fired).toEqual(["now", "later"]);
  });

  it("never fires a timer of no end, and does not wait for it", async () => {
    const clock = new VirtualClock();
    let fired = 0;
    clock.timer(() => fired++, Number.POSITIVE_INFINITY);
    clock.timer(() => fired++, 5);
    await clock.run();
    await clock.advance(1e15);
    expect([fired, clock.timers]).toEqual([1, 1]);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("does not advance by %s", async (milliseconds) => {
    await expect(new VirtualClock().advance(milliseconds)).rejects.toThrow(RangeError);
  });

  it("gives up on timers of no delay that set each other, where it was only to advance", async () => {
    const clock = new VirtualClock({ maxTimers: 100 });
    const again = () => void clock.timer(again, 0);
    again();
    await expect(clock.advance(10)).rejects.toThrow("100 timers have fired at one time, and more are set.");
    expect(clock.monotonic()).toBe(0);
  });

  it("advances past more timers than that, as long as time passes", async () => {
    const clock = new VirtualClock({ maxTimers: 10 });
    let ticks = 0;
    const tick = () => {
      ticks += 1;
      clock.timer(tick, 1);
    };
    tick();
    await clock.advance(50);
    expect(ticks).toBe(51);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("does not spend %s", (milliseconds) => {
    const clock = new VirtualClock();
    expect(() => clock.spend(milliseconds)).toThrow(RangeError);
    expect(clock.monotonic()).toBe(0);
  });

  it("cancels each of many timers of one time by itself", async () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    const cancels = Array.from({ length: 1_000 }, (_, index) => clock.timer(() => fired.push(index), 10));
    for (const [index, cancel] of cancels.entries()) if (index % 3 > 0) cancel();
    await clock.advance(10);
    expect(fired).toEqual(Array.from({ length: 334 }, (_, index) => index * 3));
  });

  it("passes until a promise settles, and gives what it gives", async () => {
    const clock = new VirtualClock();
    clock.timer(() => undefined, 100);
    const value = new Promise((resolve) => clock.timer(() => resolve("value"), 50));
    expect([await clock.until(value), clock.monotonic()]).toEqual(["value", 50]);
    expect(await clock.until(Promise.resolve("at once"))).toBe("at once");
    const failure = new Promise((_, reject) => clock.timer(() => reject(new Error("late")), 20));
    await expect(clock.until(failure)).rejects.toThrow("late");
    expect([clock.monotonic(), clock.timers]).toEqual([70, 1]);
  });

  it("passes until a condition holds", async () => {
    const clock = new VirtualClock();
    let count = 0;
    const tick = () => {
      count += 1;
      clock.timer(tick, 10);
    };
    tick();
    await clock.until(() => count === 4);
    expect(clock.monotonic()).toBe(30);
    await clock.until(() => true);
    expect(clock.monotonic()).toBe(30);
  });

  it("waits for what it knows nothing of, once nothing else is left to do", async () => {
    const clock = new VirtualClock();
    const loads = (milliseconds: number) =>
      new Promise<void>((resolve) => void systemRuntime.timer(resolve, milliseconds));
    const value = loads(5).then(async () => {
      await new Promise<void>((resolve) => clock.timer(resolve, 100));
      await loads(5);
      return "loaded";
    });
    expect([await clock.until(value), clock.monotonic()]).toEqual(["loaded", 100]);
  });

  it("says so when what is waited for does not come", async () => {
    const clock = new VirtualClock({ patience: 5 });
    clock.timer(() => undefined, 5);
    await expect(clock.until(new Promise(() => undefined))).rejects.toThrow(
      "No timer is set, so letting time pass does not help until the promise settles.",
    );
    await expect(clock.until(() => false)).rejects.toThrow("until the condition holds");
  });

  it("passes by itself from start to stop, for all who started it", async () => {
    const clock = new VirtualClock();
    let count = 0;
    const tick = () => {
      count += 1;
      clock.timer(tick, 1_000);
    };
    const stop = clock.start();
    const stopToo = clock.start();
    tick();
    while (count < 10) await clock.turn();
    stop();
    stop();
    while (count < 20) await clock.turn();
    stopToo();
    await clock.turn();
    const reached = count;
    for (let turn = 0; turn < 20; turn++) await clock.turn();
    expect(count).toBe(reached);
    expect(clock.monotonic()).toBe((count - 1) * 1_000);
  });

  it("passes by itself for timers that are set when none was", async () => {
    const clock = new VirtualClock();
    const stop = clock.start();
    await clock.settle();
    await new Promise<void>((resolve) => clock.timer(resolve, 86_400_000));
    expect(clock.monotonic()).toBe(86_400_000);
    stop();
  });

  it("gives up waiting for what sets one timer after the other", async () => {
    const clock = new VirtualClock({ maxTimers: 100 });
    const tick = () => void clock.timer(tick, 1);
    tick();
    await expect(clock.run()).rejects.toThrow(
      "100 timers have fired, and more are set, before all have fired.",
    );
    await expect(clock.until(() => false)).rejects.toThrow(RangeError);
    expect(clock.monotonic()).toBe(200);
  });

  it("gives the same chance for the same seed, another for another", () => {
    const draw = (seed: number) => {
      const clock = new VirtualClock({ seed });
      return [clock.random(), clock.random(), clock.randomId()];
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    const clock = new VirtualClock();
    const numbers = Array.from({ length: 1_000 }, () => clock.random());
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(numbers.reduce((sum, number) => sum + number) / 1_000).toBeCloseTo(0.5, 1);
    expect(new Set(Array.from({ length: 1_000 }, () => clock.randomId())).size).toBe(1_000);
  });

  it("keeps what nobody handled and what was logged", () => {
    const clock = new VirtualClock();
    clock.uncaught("a");
    clock.log("b");
    expect([clock.uncaughtErrors, clock.loggedErrors]).toEqual([["a"], ["b"]]);
  });
});
