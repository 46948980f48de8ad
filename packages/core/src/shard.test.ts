import { describe, expect, it } from "vitest";
import { shardCount, shardOf } from "./shard.js";

describe("a shard", () => {
  it("is always the same, since logs keep it", () => {
    expect([
      shardOf("a", "k"),
      shardOf("b", "k"),
      shardOf("a", 7),
      shardOf("a", "7"),
      shardOf("a", undefined),
    ]).toMatchInlineSnapshot(`
      [
        33,
        33,
        28,
        42,
        51,
      ]
    `);
  });

  it("is shared by about as many keys as any other", () => {
    const counts = new Array<number>(shardCount).fill(0);
    for (let key = 0; key < 6_400; key++) counts[shardOf("a", key)]! += 1;
    expect(Math.min(...counts)).toBeGreaterThan(50);
    expect(Math.max(...counts)).toBeLessThan(150);
  });
});
