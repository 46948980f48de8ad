import { expect, it } from "vitest";
import { Members } from "./members.js";

const [ann, bob, eve] = [{ name: "ann" }, { name: "bob" }, { name: "eve" }];

it("gives the members of a key in the order in which they were added", () => {
  const members = new Members<string, object>();
  expect([...members.of("a")]).toEqual([]);
  for (const member of [bob, ann, eve]) expect(members.add("a", member)).toBe(true);
  members.add("b", eve);
  expect([...members.of("a")]).toEqual([bob, ann, eve]);
  expect([...members.of("b")]).toEqual([eve]);
});

it("has a member once, however many there are", () => {
  const members = new Members<string, object>();
  expect([members.add("a", ann), members.add("a", ann)]).toEqual([true, false]);
  expect([members.add("a", bob), members.add("a", bob), members.add("a", ann)]).toEqual([true, false, false]);
  expect([members.has("a", ann), members.has("a", eve), members.has("b", ann)]).toEqual([true, false, false]);
});

it("forgets a key with its last member, and nothing where there was none", () => {
  const members = new Members<string, object>();
  for (const member of [ann, bob]) members.add("a", member);
  members.add("b", eve);
  members.remove("a", eve);
  members.remove("b", ann);
  expect(members.size).toBe(2);
  for (const member of [ann, bob]) members.remove("a", member);
  expect([...members.of("a")]).toEqual([]);
  members.remove("b", eve);
  expect(members.size).toBe(0);
});
