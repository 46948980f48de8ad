import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { expect, it, vi } from "vitest";
import { allowed, type Decision, denying, failing } from "./decision.js";
import { DecisionCache } from "./decision-cache.js";

function openCache() {
  const cache = new DecisionCache(new VirtualClock(), 1_000);
  const ask = vi.fn((): Decision | Promise<Decision> => allowed);
  const decide = (user: string, key: string | number) => cache.decide(user, "a", key, ask);
  return { cache, ask, decide };
}

it("keeps at most 1,000 decisions of a user, whose flood drives out nobody else's", () => {
  const { cache, ask, decide } = openCache();
  decide("quiet", "k");
  for (let key = 0; key < 5_000; key++) decide("loud", key);
  expect(cache.size).toBe(1_001);
  ask.mockClear();
  decide("quiet", "k");
  decide("loud", 4_999);
  expect(ask).not.toHaveBeenCalled();
});

it("keeps at most 10,000 in all, those of the user known for longest go first", () => {
  const { cache, ask, decide } = openCache();
  for (let user = 0; user < 30; user++) for (let key = 0; key < 1_000; key++) decide(`${user}`, key);
  expect(cache.size).toBeLessThanOrEqual(10_000);
  ask.mockClear();
  decide("29", 999);
  expect(ask).not.toHaveBeenCalled();
  decide("0", 0);
  expect(ask).toHaveBeenCalledOnce();
});

it("loses count of nothing, however what is asked is forgotten meanwhile", async () => {
  const { cache, ask } = openCache();
  let settle: (decision: Decision) => void = () => undefined;
  ask.mockReturnValue(
    new Promise<Decision>((resolve) => {
      settle = resolve;
    }),
  );
  const first = cache.decide("u", "a", 1, ask);
  cache.forget("u");
  expect(cache.size).toBe(0);
  settle(denying);
  expect(await first).toBe(denying);
  expect(cache.size).toBe(0);
});

it("keeps what was said since where an answer that was forgotten meanwhile fails", async () => {
  const { cache, ask, decide } = openCache();
  let settle: (decision: Decision) => void = () => undefined;
  ask.mockReturnValueOnce(
    new Promise<Decision>((resolve) => {
      settle = resolve;
    }),
  );
  const first = decide("u", 1);
  cache.forget("u");
  decide("u", 1);
  settle(failing);
  await first;
  ask.mockClear();
  decide("u", 1);
  expect(ask).not.toHaveBeenCalled();
});
