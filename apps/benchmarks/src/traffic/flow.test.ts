import { afterEach, expect, it, vi } from "vitest";
import { Flow } from "./flow.js";

afterEach(() => void vi.useRealTimers());

it("is full when as many are on their way as may be", () => {
  const flow = new Flow(4_000);
  for (let sent = 0; sent < 4_000; sent++) {
    expect(flow.full).toBe(false);
    flow.sending();
  }
  expect(flow.full).toBe(true);
  flow.told(1);
  expect(flow.full).toBe(false);
});

it("has drained when the receiver has taken what was not refused here", async () => {
  const flow = new Flow(4_000);
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
  const flow = new Flow(4_000);
  for (let sent = 0; sent < 3; sent++) flow.sending();
  const draining = flow.drained();
  const lost = expect(draining).rejects.toThrow("Of 3 deliveries 1 were lost.");
  vi.advanceTimersByTime(3_000);
  flow.told(2);
  vi.advanceTimersByTime(10_000);
  await lost;
});

it("counts each for every receiver", () => {
  const flow = new Flow(1_000, 500);
  flow.sending();
  expect(flow.full).toBe(false);
  flow.sending();
  expect(flow.full).toBe(true);
  flow.told(1);
  expect(flow.full).toBe(false);
});
