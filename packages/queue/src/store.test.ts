import { describe, expect, it } from "vitest";
import { Moment } from "./moment.js";
import { Store } from "./store.js";

const ignored = () => undefined;
const settlements = { done: ignored, retry: ignored, fail: ignored, release: ignored, signalled: ignored };

describe("a store", () => {
  it("forgets a key when it is idle", () => {
    const moment = new Moment(0);
    const store = new Store<number>(settlements, () => 0);
    for (let key = 0; key < 10_000; key++)
      for (const data of [1, 2]) store.add(data, key, 0, undefined, moment);
    expect(store.keys).toBe(10_000);
    for (let entry = store.take(); entry; entry = store.take()) store.free(entry);
    expect([store.size, store.keys]).toEqual([0, 0]);
  });
});
