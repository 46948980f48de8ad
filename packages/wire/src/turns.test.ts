import fc from "fast-check";
import { expect, it } from "vitest";
import { settle } from "../fixtures/settle.js";
import { Turns } from "./turns.js";

/** Items that begin with "wait" wait until they are let go. */
function openTurns(most = 10, mostBytes = 100) {
  const begun: string[] = [];
  const going: (() => void)[] = [];
  const turns = new Turns<string>(most, mostBytes, {
    begin(item) {
      begun.push(item);
      if (!item.startsWith("wait")) return undefined;
      return new Promise((resolve) => {
        going.push(resolve);
      });
    },
  });
  const letGo = async () => {
    going.shift()?.();
    await settle();
  };
  return { turns, begun, letGo };
}

it("begins at once with what need not wait", () => {
  const { turns, begun } = openTurns();
  for (const item of ["a", "b"]) expect(turns.take(item, 1)).toBe(true);
  expect(begun).toEqual(["a", "b"]);
});

it("refuses what is over the number or the bytes that may wait, and takes again when there is room", async () => {
  const { turns, begun, letGo } = openTurns(3, 10);
  turns.take("wait", 50);
  expect([turns.take("a", 4), turns.take("b", 6), turns.take("c", 1)]).toEqual([true, true, false]);
  await letGo();
  turns.take("wait", 50);
  expect(["a", "b", "c", "d"].map((item) => turns.take(item, 1))).toEqual([true, true, true, false]);
  expect(begun).toEqual(["wait", "a", "b", "wait"]);
});

it("counts a run as what is in it, and takes one that is more than may wait where nothing else does", async () => {
  const { turns, letGo } = openTurns(3);
  turns.take("wait", 1);
  expect([turns.take("two", 1, 2), turns.take("two more", 1, 2), turns.take("one", 1)]).toEqual([
    true,
    false,
    true,
  ]);
  await letGo();
  turns.take("wait", 1);
  expect([turns.take("nine", 1, 9), turns.take("one", 1)]).toEqual([true, false]);
});

it("gives up what waits when it ends", async () => {
  const { turns, begun, letGo } = openTurns();
  turns.take("wait", 1);
  turns.take("a", 1);
  turns.end();
  await letGo();
  expect(begun).toEqual(["wait"]);
});

it("keeps the order, whatever waits and for how long", async () => {
  const items = fc.array(fc.tuple(fc.boolean(), fc.boolean()), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(items, async (all) => {
      const { turns, begun, letGo } = openTurns(100, 1_000);
      const sent: string[] = [];
      for (const [index, [waits, lets]] of all.entries()) {
        sent.push(`${waits ? "wait" : "go"} ${index}`);
        turns.take(sent.at(-1)!, 1);
        if (lets) await letGo();
      }
      for (let round = 0; round < all.length; round++) await letGo();
      expect(begun).toEqual(sent);
    }),
    { numRuns: 50 },
  );
});
