import fc from "fast-check";
import { expect, it } from "vitest";
import { Order } from "./order.js";

interface Item {
  readonly rank: number;
  readonly turn: number;
  waiting: boolean;
  next: Item | undefined;
}

const precedes = (a: Item, b: Item) => (a.rank === b.rank ? a.turn < b.turn : a.rank < b.rank);

it("gives by rank what waits, whatever leaves meanwhile", () => {
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.record({ add: fc.nat(5) }) },
    { weight: 4, arbitrary: fc.record({ add: fc.constant(9) }) },
    { weight: 3, arbitrary: fc.constant("shift" as const) },
    { weight: 3, arbitrary: fc.record({ leave: fc.nat(1_000) }) },
  );
  fc.assert(
    fc.property(fc.array(action, { size: "large", maxLength: 500 }), (actions) => {
      const order = new Order<Item>(precedes);
      const list: Item[] = [];
      let turn = 0;
      const sorted = () => list.toSorted((a, b) => (precedes(a, b) ? -1 : 1));
      for (const act of actions) {
        if (act === "shift") {
          const [first] = sorted();
          expect(order.shift()).toBe(first);
          if (first) list.splice(list.indexOf(first), 1);
        } else if ("add" in act) {
          const item = { rank: act.add, turn: turn++, waiting: true, next: undefined };
          list.push(item);
          order.add(item);
        } else if (list.length > 0) {
          const [item] = list.splice(act.leave % list.length, 1);
          item!.waiting = false;
          order.left();
        }
        expect(order.length).toBe(list.length);
        expect(order.first()).toBe(sorted()[0]);
      }
      expect([...order].map(({ turn }) => turn).sort((a, b) => a - b)).toEqual(list.map((item) => item.turn));
    }),
  );
});

it("sweeps out what left, so that a first that stays does not keep all that came after it", () => {
  const first = { rank: 0, turn: 0, waiting: true, next: undefined };
  let seen = 0;
  const counting = new Order<Item>((a, b) => {
    seen += 1;
    return precedes(a, b);
  });
  counting.add(first);
  for (let turn = 1; turn < 10_000; turn++) {
    const item = { rank: turn % 2, turn, waiting: true, next: undefined };
    counting.add(item);
    item.waiting = false;
    counting.left();
  }
  expect(counting.length).toBe(1);
  expect(counting.first()).toBe(first);
  // Each was compared a few times; a heap of all that left would have taken many more.
  expect(seen).toBeLessThan(60_000);
});
