import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { ParcelState } from "../contract.js";
import { Ledger } from "./ledger.js";
import { ledgerFile } from "./ledger-file.js";

const parcel = (id: string) => ({ parcel: id, from: "SEA", to: "BOS" });
const state = (status: ParcelState["status"], deliveries = 0): ParcelState => ({
  ...{ from: "SEA", to: "BOS", acceptedAt: 1, at: 2 },
  status,
  deliveries,
});

test("a book counts each parcel once, by what the hub says of it", () => {
  const ledger = new Ledger({ lines: [], write: () => undefined });
  for (const id of ["waiting", "going", "done", "dead", "gone", "double"]) ledger.add(parcel(`a-${id}`));
  for (const id of ["going", "done", "dead", "gone", "double"]) ledger.confirm(`a-${id}`);
  const states = new Map([
    ["a-going", state("inTransit")],
    ["a-done", state("delivered", 1)],
    ["a-dead", state("failed")],
    ["a-double", state("delivered", 2)],
  ]);
  expect(ledger.count("a", states)).toEqual({
    ...{ vendor: "a", handedIn: 6, waiting: 1, underWay: 1, delivered: 2, failed: 1, lost: 1, twice: 1 },
  });
});

test("a book in a file is read again, without a line that a crash cut short", () => {
  const folder = mkdtempSync(join(tmpdir(), "parcels-ledger-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "a.jsonl");
  const first = new Ledger(ledgerFile(path));
  first.add(parcel("a-1"));
  first.add(parcel("a-2"));
  first.confirm("a-1");
  writeFileSync(path, '{"parcel":"a-3","fro', { flag: "a" });

  const second = new Ledger(ledgerFile(path));
  expect(second.waiting).toEqual([parcel("a-2")]);
  second.add(parcel("a-4"));
  expect(new Ledger(ledgerFile(path)).waiting).toEqual([parcel("a-2"), parcel("a-4")]);
  expect(readFileSync(path, "utf8")).toContain('\n{"parcel":"a-4"');
});
