import { describe, expect, test } from "vitest";
import { PeerLimits } from "./peer-limits.js";

function limitsAt(burst: number, interval: number) {
  let now = 0;
  const limits = new PeerLimits({ burst, interval, now: () => now });
  return { limits, pass: (milliseconds: number) => (now += milliseconds) };
}

const take = (limits: PeerLimits, peer: string, times: number) =>
  Array.from({ length: times }, () => limits.of(peer).take()).filter(Boolean).length;

describe("the limits of peers", () => {
  test("a burst goes through, then one an interval", () => {
    const { limits, pass } = limitsAt(5, 2_000);
    expect(take(limits, "a", 10)).toBe(5);
    pass(1_999);
    expect(take(limits, "a", 1)).toBe(0);
    pass(1);
    expect(take(limits, "a", 2)).toBe(1);
  });

  test("one peer's burst takes nothing from another", () => {
    const { limits } = limitsAt(5, 2_000);
    take(limits, "a", 10);
    expect(take(limits, "b", 10)).toBe(5);
  });

  test("a long silence earns no more than a burst", () => {
    const { limits, pass } = limitsAt(5, 2_000);
    take(limits, "a", 5);
    pass(1_000_000);
    expect(take(limits, "a", 10)).toBe(5);
  });

  test("says how long to wait", () => {
    const { limits, pass } = limitsAt(2, 1_000);
    expect(limits.of("a").retryAfter).toBe(0);
    take(limits, "a", 2);
    pass(300);
    expect(limits.of("a").retryAfter).toBe(700);
  });

  test("forgets quiet peers, so that a crowd passing through takes no memory", () => {
    const { limits, pass } = limitsAt(5, 2_000);
    for (let peer = 0; peer < 10_000; peer += 1) {
      take(limits, `${peer}`, 1);
      pass(10);
    }
    expect(limits.size).toBeLessThanOrEqual(1_000);
  });
});
