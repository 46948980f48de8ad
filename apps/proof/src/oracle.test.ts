import { describe, expect, it } from "vitest";
import { Oracle } from "./oracle.js";

const everything = () => true;

/** Three events of one emitter and key, acknowledged one after the other. */
function threeEvents() {
  const oracle = new Oracle();
  for (const [index, id] of ["1", "2", "3"].entries()) {
    oracle.attempted({ id, name: "a", key: "k", by: "emitter" });
    oracle.acknowledged(id, `e.${index + 1}`);
  }
  return oracle;
}

describe("what an oracle says of a listener", () => {
  it("is nothing where each event took effect once, in order", () => {
    const oracle = threeEvents();
    const listener = oracle.listener("l", everything, true);
    for (const number of [1, 2, 3]) listener.got(String(number), `e.${number}`);
    expect(oracle.verdict()).toMatchObject({
      acknowledged: 3,
      delivered: 3,
      lost: [],
      unexpected: [],
      duplicated: [],
      inverted: [],
    });
  });

  it("is that something acknowledged is lost, but not to who came later for what is new", () => {
    const oracle = threeEvents();
    oracle.listener("l", everything, true).got("1", "e.1");
    oracle.listener("new", everything, false);
    oracle.attempted({ id: "4", name: "a", key: "k", by: "emitter" });
    expect(oracle.verdict().lost).toEqual(["2 at l", "3 at l"]);
  });

  it("is that it was given what nobody attempted, was refused, or is not for it", () => {
    const oracle = threeEvents();
    oracle.attempted({ id: "4", name: "a", key: "k", by: "emitter" });
    oracle.refused("4");
    const listener = oracle.listener("l", ({ id }) => id !== "1", true);
    for (const id of ["1", "4", "unknown"]) listener.got(id, "e.9");
    expect(oracle.verdict().unexpected).toEqual(["1 at l", "4 at l", "unknown at l"]);
  });

  it("is that something took effect twice, or out of order", () => {
    const oracle = threeEvents();
    const twice = oracle.listener("twice", everything, true);
    for (const number of [1, 2, 2, 3]) twice.got(String(number), `e.${number}`);
    const turned = oracle.listener("turned", everything, true);
    for (const number of [1, 3, 2]) turned.got(String(number), `e.${number}`);
    const { duplicated, inverted } = oracle.verdict();
    expect(duplicated).toEqual(["2 at twice"]);
    expect(inverted).toEqual(["2 at twice: after 2", "2 at turned: after 3"]);
  });

  it("is that an event was there which its emitter was told is not there, whichever comes first", () => {
    const oracle = threeEvents();
    const listener = oracle.listener("l", everything, true);
    for (const number of [1, 2, 3]) listener.got(String(number), `e.${number}`);
    oracle.attempted({ id: "4", name: "a", key: "k", by: "emitter" });
    listener.got("4", "e.4");
    oracle.refused("4");
    oracle.refused("3");
    expect(oracle.verdict().unexpected).toEqual(["4 at l", "3 at l"]);
  });

  it("is that two events have one place, or one event two, whoever has seen them", () => {
    const oracle = threeEvents();
    for (const id of ["4", "5"]) oracle.attempted({ id, name: "a", key: id, by: id });
    const one = oracle.listener("one", everything, false);
    const other = oracle.listener("other", everything, false);
    one.got("4", "e.4");
    other.got("5", "e.4");
    one.got("5", "e.5");
    oracle.acknowledged("1", "e.9");
    expect(oracle.verdict().inverted).toEqual([
      "5 at other: at e.4, where 4 is",
      "1 at its emitter: at e.9, and at e.1",
    ]);
  });

  it("is that a gap was told where nothing was let go of what it listens to", () => {
    const oracle = threeEvents();
    const paid = oracle.listener("paid", ({ name }) => name === "paid", true);
    const all = oracle.listener("all", everything, true);
    all.gap("trimmed");
    oracle.trimmed({ before: 2 });
    for (const listener of [all, paid]) listener.gap("trimmed");
    all.gap("epoch");
    expect(oracle.verdict().unexpected).toEqual([
      "a gap at all: trimmed",
      "a gap at paid: trimmed",
      "a gap at all: epoch",
    ]);
  });

  it("is that something is lost which was trimmed, unless that was told since", () => {
    const oracle = threeEvents();
    const listener = oracle.listener("l", everything, true);
    oracle.trimmed({ before: 2 });
    listener.gap("trimmed");
    oracle.trimmed({ before: 3 });
    listener.got("3", "e.3");
    expect(oracle.verdict().lost).toEqual(["2 at l"]);
    listener.gap("epoch");
    expect(oracle.verdict().lost).toHaveLength(1);
    listener.gap("trimmed");
    expect(oracle.verdict().lost).toEqual([]);
  });

  it("is that what a restore has kept is owed again, and what it has not only where it was not told", () => {
    const oracle = threeEvents();
    const listener = oracle.listener("l", everything, true);
    for (const number of [1, 2, 3]) listener.got(String(number), `e.${number}`);
    oracle.restored("f", 2);
    expect(oracle.verdict().lost).toHaveLength(3);
    listener.gap("epoch");
    expect(oracle.verdict().lost).toEqual(["1 at l", "2 at l"]);
    for (const number of [1, 2]) listener.got(String(number), `f.${number}`);
    expect(oracle.verdict()).toMatchObject({ lost: [], duplicated: [] });
  });
});

describe("what an oracle says of a group", () => {
  it("counts what is done again, and takes it amiss only once the log had it that it was done", () => {
    const oracle = threeEvents();
    const group = oracle.group("g", ({ id }) => id === "1");
    group.began("1", "e.1", 7);
    group.began("1", "e.1", 7);
    group.did("1", "e.1");
    group.did("1", "e.2");
    expect(oracle.verdict()).toMatchObject({
      repeated: 1,
      duplicated: [],
      lost: [],
      unexpected: ["1 at g: done, and never begun"],
    });
    group.saved(7, { epoch: "e", position: 1, done: [] });
    group.saved(7, { epoch: "e", position: 0, done: [] });
    group.began("1", "e.1", 7);
    expect(oracle.verdict().duplicated).toHaveLength(1);
  });

  it("wants everything done or dead, and one after the other", () => {
    const oracle = threeEvents();
    const group = oracle.group("g", everything);
    oracle.called("alias", "1");
    group.began("1", "e.1", 7);
    group.dies("alias");
    group.died("alias");
    group.began("2", "e.2", 7);
    group.began("3", "e.3", 7);
    group.did("3", "e.3");
    expect(oracle.verdict()).toMatchObject({ lost: ["2 at g"], inverted: ["3 at g: 2 was not done"] });
    group.redriven();
    expect(oracle.verdict().lost).toEqual(["1 at g", "2 at g"]);
  });
});
