import { expect, it } from "vitest";
import { GroupStates, hasGroup } from "./group-state.js";

const encode = (state: unknown) => new TextEncoder().encode(JSON.stringify(state));
const whole = (position: number) => encode({ common: { epoch: "e", position, done: [] }, others: [] });
const shard = (position: number, ...done: number[]) => encode({ epoch: "e", position, done });
const divided = encode({ divided: true });

it("counts what is written of single shards only once the cursor of all says that it was divided", () => {
  const states = new GroupStates();
  expect(states.saved("group/billing/order.*/all", whole(5))).toHaveLength(64);
  expect(states.saved("group/billing/order.*/3", shard(7, 2, 1))).toEqual([]);
  expect(states.saved("group/packing/order.*/all", divided)).toEqual([]);
  expect(states.saved("group/billing/order.*/all", divided)).toEqual([
    { group: "billing", shard: 3, settled: { epoch: "e", position: 7, done: [9, 10] } },
  ]);
  expect(states.saved("group/billing/order.*/4", shard(8))).toMatchObject([{ shard: 4 }]);
});

it("has a group whose members have met, and none that was only about to be", () => {
  const cursor = "group/billing/order.*";
  expect(hasGroup([{ cursor }, { cursor: "group/packing/order.*", state: whole(5) }], "billing")).toBe(false);
  expect(hasGroup([{ cursor }, { cursor, state: encode({ members: [] }) }], "billing")).toBe(true);
});

it("knows nothing of cursors that are no group's", () => {
  expect(new GroupStates().saved("projection/board", encode({ place: 5 }))).toEqual([]);
});
