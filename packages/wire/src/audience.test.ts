import type { Key } from "@eventwire/core";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { Audience } from "./audience.js";

interface Step {
  readonly join: boolean;
  readonly member: number;
  readonly key: Key | undefined;
}

const key = fc.constantFrom<Key | undefined>(undefined, "a", "b", 1, "1");
const step = fc.record({ join: fc.boolean(), member: fc.nat(3), key });

it("visits each member once that a plain list of joins would, whatever came and went", () => {
  fc.assert(
    fc.property(fc.array(step), key, (steps: Step[], asked) => {
      const audience = new Audience<number>();
      let model: Step[] = [];
      for (const { join, member, key: at } of steps) {
        model = model.filter((other) => other.member !== member || other.key !== at);
        if (join) {
          model.push({ join, member, key: at });
          audience.add(member, at);
        } else audience.remove(member, at);
      }
      const visited: number[] = [];
      audience.visit(asked, (member) => visited.push(member));
      const listening = (member: number) =>
        model.some((other) => other.member === member && (other.key === undefined || other.key === asked));
      expect(visited.sort()).toEqual([0, 1, 2, 3].filter(listening));
      for (const member of [0, 1, 2, 3]) expect(audience.has(member, asked)).toBe(listening(member));
      expect(audience.size === 0).toBe(model.length === 0);
    }),
    { numRuns: 1_000 },
  );
});

it("lets members leave while it is visited", () => {
  const audience = new Audience<number>();
  for (const member of [1, 2, 3]) audience.add(member, "a");
  const visited: number[] = [];
  audience.visit("a", (member) => {
    visited.push(member);
    for (const other of [1, 2, 3]) audience.remove(other, "a");
  });
  expect(visited).toEqual([1]);
  expect(audience.size).toBe(0);
});
