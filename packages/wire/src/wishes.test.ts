import { DeniedError, type EventwireError, UnavailableError } from "@eventwire/core";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it, vi } from "vitest";
import { Wishes } from "./wishes.js";

function createWishes() {
  let ref = 0;
  const added = vi.fn();
  const removed = vi.fn();
  const runtime = new VirtualClock();
  const errors: EventwireError[] = [];
  const report = (error: unknown) => void errors.push(error as EventwireError);
  const wishes = new Wishes(
    { runtime, report, attempt: (work) => work() },
    { nextRef: () => ++ref, added, removed },
  );
  return { wishes, added, removed, runtime, errors };
}

const denied = () => new DeniedError("No.");

it("asks once for a target, however many want it, and gives it up with the last", () => {
  const { wishes, added, removed } = createWishes();
  const [one, other] = [wishes.add("a", "k"), wishes.add("a", "k")];
  expect(added.mock.calls).toEqual([[["listen", 1, "a", "k"]]]);
  one.stop();
  one.stop();
  expect(removed).not.toHaveBeenCalled();
  other.stop();
  expect(removed.mock.calls).toEqual([[1]]);
  expect(wishes.all()).toEqual([]);
});

it("tells keys apart by value and by type, and from none", () => {
  const { wishes } = createWishes();
  for (const key of [undefined, "1", 1, "undefined", ""]) wishes.add("a", key);
  expect(wishes.all()).toEqual([
    ["listen", 1, "a"],
    ["listen", 2, "a", "1"],
    ["listen", 3, "a", 1],
    ["listen", 4, "a", "undefined"],
    ["listen", 5, "a", ""],
  ]);
});

it("is ready for all who want it when it is granted", async () => {
  const { wishes } = createWishes();
  const [one, other] = [wishes.add("a", undefined), wishes.add("a", undefined)];
  wishes.grant(1);
  await Promise.all([one.ready, other.ready]);
});

it("leaves nobody waiting who stops before the answer, and ignores the answer", async () => {
  const { wishes } = createWishes();
  const wish = wishes.add("a", undefined);
  wish.stop();
  await wish.ready;
  wishes.grant(1);
  expect(wishes.refuse(1, denied)).toBeUndefined();
});

it("rejects for all who wait when it is refused", async () => {
  const { wishes } = createWishes();
  const [one, other] = [wishes.add("a", undefined), wishes.add("a", undefined)];
  expect(wishes.refuse(1, denied)).toBeUndefined();
  await expect(one.ready).rejects.toThrow("No.");
  await expect(other.ready).rejects.toThrow("No.");
});

it("asks again for one who comes after a refusal", async () => {
  const { wishes, added } = createWishes();
  const refused = wishes.add("a", undefined);
  wishes.refuse(1, denied);
  await expect(refused.ready).rejects.toThrow("No.");
  const later = wishes.add("a", undefined);
  expect(added).toHaveBeenCalledTimes(2);
  wishes.grant(1);
  await later.ready;
  await wishes.add("a", undefined).ready;
  expect(added).toHaveBeenCalledTimes(2);
});

it("is ready for one who comes after a refusal that a new link took back", async () => {
  const { wishes, added } = createWishes();
  const refused = wishes.add("a", undefined);
  wishes.refuse(1, denied);
  await expect(refused.ready).rejects.toThrow("No.");
  expect(wishes.all()).toEqual([["listen", 1, "a"]]);
  wishes.grant(1);
  await wishes.add("a", undefined).ready;
  expect(added).toHaveBeenCalledTimes(1);
});

it("says which one is refused that had been granted on an earlier link", () => {
  const { wishes } = createWishes();
  wishes.add("a", undefined);
  wishes.grant(1);
  wishes.all();
  expect(wishes.refuse(1, denied)).toEqual({ name: "a", key: undefined });
});

it("is in force no longer when its link is lost, until it is granted again", async () => {
  const { wishes } = createWishes();
  const first = wishes.add("a", undefined);
  const ref = wishes.all()[0]![1];
  expect(wishes.grant(ref)).toBeUndefined();
  await first.ready;
  wishes.lost();
  let ready = false;
  void wishes.add("a", undefined).ready.then(() => {
    ready = true;
  });
  await Promise.resolve();
  expect(ready).toBe(false);
  expect(wishes.grant(ref)).toEqual({ name: "a", key: undefined });
  expect(wishes.grant(ref)).toBeUndefined();
  await vi.waitFor(() => expect(ready).toBe(true));
});

it("tells who still waits when there will be no answer", async () => {
  const { wishes } = createWishes();
  const granted = wishes.add("a", undefined);
  wishes.grant(1);
  const waiting = wishes.add("b", undefined);
  wishes.refuseAll(denied());
  await granted.ready;
  await expect(waiting.ready).rejects.toThrow("No.");
});

describe("what cannot be decided now", () => {
  const undecided = () => new UnavailableError("Not now.");

  it("is asked for again, and ready once it is granted", async () => {
    const { wishes, added, runtime, errors } = createWishes();
    const wish = wishes.add("a", "k");
    expect(wishes.refuse(1, undecided)).toBeUndefined();
    await runtime.advance(1_000);
    expect(added.mock.calls).toEqual([[["listen", 1, "a", "k"]], [["listen", 1, "a", "k"]]]);
    expect(wishes.grant(1)).toBeUndefined();
    await wish.ready;
    expect(errors).toMatchObject([{ code: "Unavailable" }]);
    expect(runtime.timers).toBe(0);
  });

  it("is asked for no more often than the waits say, which grow, and reported once until it is answered", async () => {
    const { wishes, added, runtime, errors } = createWishes();
    wishes.add("a", undefined);
    const times: number[] = [];
    added.mockImplementation(() => {
      times.push(runtime.monotonic());
      wishes.refuse(1, undecided);
    });
    wishes.refuse(1, undecided);
    const since = runtime.monotonic();
    await runtime.advance(600_000);
    const waits = times.map((time, index) => time - (times[index - 1] ?? since));
    for (const [index, wait] of waits.entries()) {
      const longest = Math.min(30_000, 1_000 * 2 ** index);
      expect(wait).toBeGreaterThanOrEqual(longest / 2);
      expect(wait).toBeLessThanOrEqual(longest);
    }
    expect(times.length).toBeGreaterThan(20);
    expect(errors).toHaveLength(1);
    added.mockReset();
    wishes.grant(1);
    wishes.refuse(1, undecided);
    await runtime.advance(1_000);
    expect(added).toHaveBeenCalledOnce();
    expect(errors).toHaveLength(2);
  });

  it("is not asked for all at once, where a thousand were refused at once", async () => {
    const { wishes, added, runtime } = createWishes();
    for (let key = 0; key < 1_000; key++) wishes.add("a", key);
    const times: number[] = [];
    added.mockImplementation(() => times.push(runtime.monotonic()));
    for (let ref = 1; ref <= 1_000; ref++) wishes.refuse(ref, undecided);
    await runtime.advance(1_000);
    expect(times).toHaveLength(1_000);
    const middle = times.filter((time) => time > 625 && time < 875);
    expect(middle.length).toBeGreaterThan(400);
    expect(middle.length).toBeLessThan(600);
  });

  it("is asked for once, however often it is said and whoever comes meanwhile", async () => {
    const { wishes, added, runtime } = createWishes();
    wishes.add("a", undefined);
    for (let count = 0; count < 100; count++) wishes.refuse(1, undecided);
    for (let count = 0; count < 100; count++) wishes.add("a", undefined).stop();
    await runtime.advance(15_000);
    expect(added).toHaveBeenCalledOnce();
    await runtime.advance(15_000);
    expect(added).toHaveBeenCalledTimes(2);
  });

  it("is in force no longer where it was, and says so once it is granted again", async () => {
    const { wishes, runtime } = createWishes();
    wishes.add("a", "k");
    wishes.grant(1);
    expect(wishes.refuse(1, undecided)).toBeUndefined();
    await runtime.advance(1_000);
    expect(wishes.grant(1)).toEqual({ name: "a", key: "k" });
  });

  it("is asked for no more once nobody wants it, it is denied, or the connection is closed", async () => {
    const { wishes, added, runtime } = createWishes();
    const stopped = wishes.add("a", undefined);
    const denies = wishes.add("b", undefined);
    const waiting = wishes.add("c", undefined);
    for (const ref of [1, 2, 3]) wishes.refuse(ref, undecided);
    stopped.stop();
    await stopped.ready;
    wishes.refuse(2, denied);
    await expect(denies.ready).rejects.toThrow("No.");
    wishes.refuseAll(denied());
    await expect(waiting.ready).rejects.toThrow("No.");
    await runtime.advance(60_000);
    expect(added).toHaveBeenCalledTimes(3);
    expect(runtime.timers).toBe(0);
  });

  it("is asked for once over a new link, and not again by what was waited for before", async () => {
    const { wishes, added, runtime } = createWishes();
    wishes.add("a", undefined);
    wishes.refuse(1, undecided);
    expect(wishes.all()).toEqual([["listen", 1, "a"]]);
    await runtime.advance(60_000);
    expect(added).toHaveBeenCalledOnce();
  });
});
