import { Subject } from "rxjs";
import { expect, test } from "vitest";
import { type DelayWindow, delayWindows, WINDOW } from "./delay-windows.js";

/** The newest state of each window after departures at these times, in windows, and delays in minutes. */
function windowsAfter(...departures: [time: number, delay: number][]): Map<number, DelayWindow> {
  const source = new Subject<{ departedAt: number; delay: number }>();
  const windows = new Map<number, DelayWindow>();
  delayWindows(source).subscribe((window) => windows.set(window.start / WINDOW, window));
  for (const [time, delay] of departures) source.next({ departedAt: time * WINDOW, delay });
  return windows;
}

test("departures are summed by the quarter-hour in which they left", () => {
  const windows = windowsAfter([4.1, 10], [4.9, 50], [5, 0]);
  expect([...windows.keys()]).toEqual([4, 5]);
  expect(windows.get(4)).toEqual({ start: 4 * WINDOW, departures: 2, meanDelay: 30, shareLate: 0.5 });
});

test("an early departure counts as one without delay", () => {
  expect(windowsAfter([0, -30], [0.5, 20]).get(0)).toMatchObject({ meanDelay: 10, shareLate: 0.5 });
});

test("a straggler still finds its window once the next has begun", () => {
  expect(windowsAfter([1, 10], [2, 0], [1.9, 30]).get(1)).toMatchObject({ departures: 2, meanDelay: 20 });
});
