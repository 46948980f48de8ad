import fc from "fast-check";
import { expect, it } from "vitest";
import { Order } from "./order.js";

interface Item {
  readonly rank: number;
  readonly id: number;
  waiting: boolean;
  next: Item | undefined;
}

const precedes = (a: Item, b: Item) => (a.rank === b.rank ? a.id < b.id : a.rank < b.rank);

it("gives by rank what waits, whatever leaves meanwhile", () => {
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.record({ add: fc.nat(5) }) },
    { weight: 4, arbitrary: fc.record({ add: fc.constant(9) }) },
    { weight: 3, arbitrary: fc.constant("shift" as const) },
    { weight: 3, arbitrary: fc.record({ leave: fc.nat(1_000) }) },
  );
  fc.assert(
    fc.property(fc.array(action, { size: "large", maxLength: 500 }), (actions) => {
      const order = new Order<Item>(({ rank }) => rank);
      const list: Item[] = [];
      let turn = 0;
      const sorted = () => list.toSorted((a, b) => (precedes(a, b) ? -1 : 1));
      for (const act of actions) {
        if (act === "shift") {
          const [first] = sorted();
          expect(order.shift()).toBe(first);
          if (first) list.splice(list.indexOf(first), 1);
        } else if ("add" in act) {
          const item = { rank: act.add, id: turn++, waiting: true, next: undefined };
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
      expect([...order].map(({ id }) => id).sort((a, b) => a - b)).toEqual(list.map((item) => item.id));
    }),
  );
});

it("sweeps out what left, so that a first that stays does not keep all that came after it", () => {
  let looks = 0;
  const create = (rank: number, id: number) => {
    let waits = true;
    return {
      ...{ rank, id, next: undefined },
      get waiting() {
        looks += 1;
        return waits;
      },
      set waiting(value) {
        waits = value;
      },
    };
  };
  const order = new Order<Item>(({ rank }) => rank);
  const first = create(0, 0);
  order.add(first);
  for (let id = 1; id < 10_000; id++) {
    const item = create(id % 3, id);
    order.add(item);
    item.waiting = false;
    order.left();
  }
  expect(order.length).toBe(1);
  expect(order.first()).toBe(first);
  looks = 0;
  expect([...order]).toEqual([first]);
  // It looks at each that it still has.
  expect(looks).toBeLessThan(50);
});
