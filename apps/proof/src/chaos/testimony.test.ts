import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { Oracle } from "../oracle.js";
import { Testimony } from "./testimony.js";

function create() {
  const folder = mkdtempSync(join(tmpdir(), "eventwire-testimony-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "effects");
  const oracle = new Oracle();
  const listener = oracle.listener("listener", () => true, true);
  const testimony = new Testimony(path, listener, (id) => oracle.event(id) !== undefined);
  const attempt = (id: string) => oracle.attempted({ id, name: "n", key: "k", by: "me" });
  return { path, oracle, testimony, attempt };
}

it("tells each effect once, as the file grows, and a line when it is whole", () => {
  const { path, oracle, testimony, attempt } = create();
  for (const id of ["a", "b"]) attempt(id);
  expect(testimony.tell()).toEqual([]);
  appendFileSync(path, "e.1 a\ne.2");
  expect(testimony.tell()).toEqual([{ id: "a", offset: "e.1" }]);
  expect(testimony.last).toBe(1);
  appendFileSync(path, " b\n");
  expect(testimony.tell()).toEqual([{ id: "b", offset: "e.2" }]);
  expect(oracle.verdict()).toMatchObject({ delivered: 2, duplicated: [], unexpected: [] });
});

it("waits with what nobody was heard to attempt, and all behind it, until all is heard", () => {
  const { path, oracle, testimony, attempt } = create();
  attempt("b");
  appendFileSync(path, "e.1 a\ne.2 b\n");
  expect(testimony.tell()).toEqual([]);
  attempt("a");
  expect(testimony.tell()).toHaveLength(2);
  appendFileSync(path, "e.3 c\n");
  expect(testimony.tell()).toEqual([]);
  expect(testimony.tell(true)).toHaveLength(1);
  expect(oracle.verdict().unexpected).toEqual(["c at listener"]);
});
