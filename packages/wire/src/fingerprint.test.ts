import { type Contract, defineContract, event, request, task } from "@eventwire/core";
import { expect, it } from "vitest";
import { z } from "zod";
import { fingerprint } from "./fingerprint.js";

const base = {
  "a.b": event(z.string()),
  "a.c": task(z.string()),
  d: request({ input: z.string(), output: z.string() }),
};

it("is the same for the same names, kinds, senders, deliveries and keyedness, in any order and of any schema", () => {
  const other = {
    d: request({ input: z.number(), output: z.number() }),
    "a.c": base["a.c"],
    "a.b": event(z.number()),
  };
  expect(fingerprint(defineContract(base))).toBe(fingerprint(defineContract(other)));
  expect(fingerprint(defineContract(base))).toMatch(/^[0-9a-f]{8}$/);
});

it.each<[string, Contract]>([
  ["name", defineContract({ ...base, "a.e": base["a.b"] })],
  ["kind", defineContract({ ...base, "a.b": task(z.string()) })],
  ["delivery", defineContract({ ...base, "a.b": event(z.string(), { delivery: "volatile" }) })],
  ["key", defineContract({ ...base, "a.b": event(z.string(), { key: (text) => text }) })],
  ["sender", defineContract({ ...base, "a.b": event(z.string(), { from: "both" }) })],
])("changes with a %s", (_, contract) => {
  expect(fingerprint(contract)).not.toBe(fingerprint(defineContract(base)));
});
