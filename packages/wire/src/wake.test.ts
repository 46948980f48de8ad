import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { expect, it, vi } from "vitest";
import { watchWake } from "./wake.js";

it("tells when a page is seen again or back on the network, and not when it is hidden", () => {
  const page = Object.assign(new EventTarget(), { document: { visibilityState: "visible" } });
  const woke = vi.fn();
  const stop = watchWake(woke, page, new VirtualClock());
  for (const type of ["online", "pageshow", "visibilitychange"]) page.dispatchEvent(new Event(type));
  expect(woke).toHaveBeenCalledTimes(3);
  page.document.visibilityState = "hidden";
  page.dispatchEvent(new Event("visibilitychange"));
  expect(woke).toHaveBeenCalledTimes(3);
  page.document.visibilityState = "visible";
  stop();
  page.dispatchEvent(new Event("visibilitychange"));
  expect(woke).toHaveBeenCalledTimes(3);
});

it("tells within five seconds that all clocks have gone on without it, once", async () => {
  const clock = new VirtualClock();
  const woke = vi.fn();
  watchWake(woke, {}, clock);
  await clock.advance(60_000);
  expect(woke).not.toHaveBeenCalled();
  clock.spend(3_600_000);
  await clock.advance(5_000);
  expect(woke).toHaveBeenCalledOnce();
  await clock.advance(60_000);
  expect(woke).toHaveBeenCalledOnce();
});

it("tells so as well where only the time of day has gone on", async () => {
  const clock = new VirtualClock();
  let slept = 0;
  const runtime = Object.assign(Object.create(clock) as VirtualClock, {
    now: () => clock.now() + slept,
    monotonic: () => clock.monotonic(),
    timer: clock.timer.bind(clock),
  });
  const woke = vi.fn();
  watchWake(woke, {}, runtime);
  await clock.advance(12_000);
  slept = 600_000;
  await clock.advance(4_000);
  expect(woke).toHaveBeenCalledOnce();
  // A clock that is set back is no sleep.
  slept = 0;
  await clock.advance(60_000);
  expect(woke).toHaveBeenCalledOnce();
});

it("takes no busy event loop for a sleep, nor the slow timers of a hidden page", async () => {
  const clock = new VirtualClock();
  const page = { document: { visibilityState: "visible" } };
  const woke = vi.fn();
  watchWake(woke, page, clock);
  await clock.advance(5_000);
  clock.spend(9_000);
  await clock.advance(5_000);
  expect(woke).not.toHaveBeenCalled();
  page.document.visibilityState = "hidden";
  clock.spend(60_000);
  await clock.advance(5_000);
  expect(woke).not.toHaveBeenCalled();
});

it("leaves no timer behind", async () => {
  const clock = new VirtualClock();
  const stop = watchWake(() => undefined, {}, clock);
  await clock.advance(12_000);
  expect(clock.timers).toBe(1);
  stop();
  expect(clock.timers).toBe(0);
});
