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

  it("is nothing where it was there only in a history that had ended when it was refused", () => {
    const oracle = threeEvents();
    for (const id of ["4", "5"]) oracle.attempted({ id, name: "a", key: "k", by: "emitter" });
    const listener = oracle.listener("l", everything, false);
    const group = oracle.group("g", everything);
    listener.got("4", "e.4");
    oracle.restored("f", 3);
    for (const id of ["4", "5"]) oracle.refused(id);
    group.began("4", "e.4", 7);
    expect(oracle.verdict().unexpected).toEqual([]);
    listener.got("4", "f.4");
    listener.got("5", "f.5");
    group.began("5", "f.5", 7);
    expect(oracle.verdict().unexpected).toEqual(["4 at l", "5 at l", "5 at g"]);
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

  it("is not that something is lost of which a word came only after its history had ended", () => {
    const oracle = threeEvents();
    oracle.attempted({ id: "4", name: "a", key: "k", by: "emitter" });
    oracle.restored("f", 3);
    const listener = oracle.listener("l", everything, true);
    for (const number of [1, 2, 3]) listener.got(String(number), `f.${number}`);
    oracle.acknowledged("4", "e.4");
    expect(oracle.verdict().lost).toEqual([]);
    oracle.attempted({ id: "5", name: "a", key: "k", by: "emitter" });
    oracle.acknowledged("5", "f.4");
    expect(oracle.verdict().lost).toEqual(["5 at l"]);
  });

  it("is that something is lost which was there again after the restore that it was lost by", () => {
    const oracle = threeEvents();
    oracle.restored("f", 2);
    const listener = oracle.listener("l", everything, true);
    for (const number of [1, 2]) listener.got(String(number), `f.${number}`);
    oracle.acknowledged("3", "e.3");
    expect(oracle.verdict().lost).toEqual([]);
    oracle.acknowledged("3", "f.3");
    expect(oracle.verdict()).toMatchObject({ acknowledged: 3, lost: ["3 at l"] });
  });

  it("goes by the history that others saw, where its emitter was told no place", () => {
    const oracle = new Oracle();
    oracle.attempted({ id: "1", name: "a", key: "k", by: "emitter" });
    const listener = oracle.listener("l", everything, true);
    oracle.listener("other", everything, true);
    listener.got("1", "e.1");
    oracle.acknowledged("1");
    expect(oracle.verdict().lost).toEqual(["1 at other"]);
  });

  it("is that a repetition is lost which was not trimmed, as others know by its place", () => {
    const oracle = new Oracle();
    const listener = oracle.listener("l", everything, true);
    const other = oracle.listener("other", everything, true);
    for (const id of ["1", "2"]) {
      oracle.attempted({ id, name: "a", key: "k", by: "emitter" });
      oracle.acknowledged(id, id === "1" ? "e.1" : undefined);
      other.got(id, `e.${id}`);
    }
    oracle.trimmed({ before: 2 });
    listener.gap("trimmed");
    expect(oracle.verdict().lost).toEqual(["2 at l"]);
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

  it("takes nothing amiss of who stood still after it had looked whether the event is its own", () => {
    const oracle = threeEvents();
    const group = oracle.group("g", everything);
    group.began("1", "e.1", 7, 20);
    group.did("1", "e.1");
    group.saved(7, { epoch: "e", position: 1, done: [] }, 30);
    group.began("1", "e.1", 7, 10);
    expect(oracle.verdict()).toMatchObject({ repeated: 1, duplicated: [], inverted: [] });
    group.began("1", "e.1", 7, 31);
    expect(oracle.verdict().duplicated).toHaveLength(1);
  });

  it("goes by when it was first saved to be done, and not by what is saved later of others", () => {
    const oracle = threeEvents();
    const group = oracle.group("g", everything);
    for (const number of [1, 2, 3]) {
      group.began(String(number), `e.${number}`, 7, number);
      group.did(String(number), `e.${number}`);
    }
    group.saved(7, { epoch: "e", position: 1, done: [3] }, 10);
    group.saved(7, { epoch: "e", position: 3, done: [] }, 30);
    group.began("2", "e.2", 7, 20);
    expect(oracle.verdict().duplicated).toEqual([]);
    for (const number of [1, 3]) group.began(String(number), `e.${number}`, 7, 20);
    expect(oracle.verdict().duplicated).toHaveLength(2);
  });

  it("knows what it has not done of what somebody saw, whether that was acknowledged or not", () => {
    const oracle = threeEvents();
    const group = oracle.group("g", everything);
    oracle.attempted({ id: "4", name: "a", key: "k", by: "emitter" });
    oracle.listener("l", everything, true).got("4", "e.4");
    for (const number of [1, 2]) {
      group.began(String(number), `e.${number}`, 7);
      group.did(String(number), `e.${number}`);
    }
    expect(oracle.undone(group)).toEqual([3, 4]);
  });

  it("takes nothing amiss of who was given it before others went on without it", () => {
    const oracle = threeEvents();
    const group = oracle.group("g", everything);
    group.began("2", "e.2", 7, undefined, 20);
    group.did("2", "e.2");
    group.began("1", "e.1", 7, 10, 30);
    group.did("1", "e.1");
    expect(oracle.verdict()).toMatchObject({ repeated: 1, inverted: [], unexpected: [] });
    group.began("3", "e.3", 7, undefined, 40);
    group.did("3", "e.3");
    const other = oracle.group("h", everything);
    other.began("2", "e.2", 7, undefined, 20);
    other.did("2", "e.2");
    other.began("1", "e.1", 7, 25, 30);
    expect(oracle.verdict().inverted).toEqual(["1 at h: it began when 2 had"]);
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
