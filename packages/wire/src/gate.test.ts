import { expect, it, vi } from "vitest";
import { type AnyQuestion, type AnyRules, Gate } from "./gate.js";
import type { ConnectedPeer } from "./peer.js";

function openGate(rules?: AnyRules) {
  const errors: unknown[] = [];
  const gate = new Gate(rules, (error) => errors.push(error));
  const peer = { id: "p", user: "u" } as ConnectedPeer<unknown>;
  const allows = (name: string, rest: Partial<AnyQuestion> = {}) => gate.allows({ peer, name, ...rest });
  return { gate, allows, errors };
}

it.each([undefined, {}, { "b.c": true }, { "a.*": undefined }])("denies what no rule allows: %j", (rules) => {
  const { gate, allows } = openGate(rules);
  expect(allows("a.b")).toBe(false);
  expect(gate.mentions("a.b")).toBe(false);
});

it("allows a name, a pattern of any depth, and everything", () => {
  expect(openGate({ "a.b": true }).allows("a.b")).toBe(true);
  expect(openGate({ "a.*": true }).allows("a.b.c")).toBe(true);
  expect(openGate({ "*": true }).allows("a")).toBe(true);
  expect(openGate({ "a.*": true }).allows("ab")).toBe(false);
  expect(openGate({ "a.*": true }).allows("a")).toBe(false);
});

it("lets a denial beat what allows, wherever it stands", () => {
  for (const rules of [
    { "*": true, "a.*": false },
    { "a.*": false, "*": true },
    { "a.b": true, "*": () => false },
  ]) {
    const { allows } = openGate(rules);
    expect(allows("a.b")).toBe(false);
  }
});

it("does not ask further where a rule always denies", () => {
  const { gate } = openGate({ "*": () => true, "a.*": false });
  expect(gate.mentions("a.b")).toBe(false);
  expect(gate.mentions("b")).toBe(true);
});

it("shows a rule who asks for what", () => {
  const rule = vi.fn((_: AnyQuestion) => true);
  const { allows } = openGate({ "*": rule });
  expect(allows("a", { key: "k" })).toBe(true);
  expect(rule).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ peer: expect.objectContaining({ user: "u" }), name: "a", key: "k" }),
  );
});

it("takes a rule that throws for a denial and tells of it", () => {
  const error = new Error("broken");
  const { allows, errors } = openGate({
    "*": () => {
      throw error;
    },
  });
  expect(allows("a")).toBe(false);
  expect(errors).toEqual([error]);
});

it.each([Promise.resolve(true), 1, "yes", {}, null])(
  "denies where a rule returns %s, which is not true",
  (answer) => {
    const { allows } = openGate({ "*": () => answer as boolean });
    expect(allows("a")).toBe(false);
  },
);
