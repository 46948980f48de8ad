import { afterEach, expect, it, vi } from "vitest";
import { Flow, mostInFlight } from "./flow.js";

afterEach(() => void vi.useRealTimers());

it("is full when as many are on their way as may be", () => {
  const flow = new Flow();
  for (let sent = 0; sent < mostInFlight; sent++) {
    expect(flow.full).toBe(false);
    flow.sending();
  }
  expect(flow.full).toBe(true);
  flow.told(1);
  expect(flow.full).toBe(false);
});

it("has drained when the receiver has taken what was not refused here", async () => {
  const flow = new Flow();
  for (let sent = 0; sent < 3; sent++) flow.sending();
  let drained = false;
  const draining = flow.drained().then(() => {
    drained = true;
  });
  flow.told(2);
  await Promise.resolve();
  expect(drained).toBe(false);
  flow.refused();
  await draining;
});

it("takes for lost what has not come when nothing more comes", async () => {
  vi.useFakeTimers();
  const flow = new Flow();
  for (let sent = 0; sent < 3; sent++) flow.sending();
  const draining = flow.drained();
  const lost = expect(draining).rejects.toThrow("Of 3 positions 1 were lost.");
  vi.advanceTimersByTime(3_000);
  flow.told(2);
  vi.advanceTimersByTime(10_000);
  await lost;
});
