import { DeniedError } from "@eventwire/core";
import { expect, it, vi } from "vitest";
import { Wishes } from "./wishes.js";

function createWishes() {
  let ref = 0;
  const added = vi.fn();
  const removed = vi.fn();
  return { wishes: new Wishes({ nextRef: () => ++ref, added, removed }), added, removed };
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
