import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createPath } from "../../fixtures/broker.js";
import { DatabaseSync } from "../../fixtures/driver.js";
import { walDamage } from "./wal.js";

const headerBytes = 32;

it("takes for no damage what two killed processes had written where another one went on", () => {
  const path = createPath();
  const first = new DatabaseSync(path);
  first.exec("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (a)");
  let copies = 0;
  /** What the log is once a transaction of so many pages has followed, in a history of its own. */
  const after = (pages: number): Buffer => {
    const copy = `${path}-${copies++}`;
    for (const end of ["", "-wal"]) copyFileSync(path + end, copy + end);
    const db = new DatabaseSync(copy);
    db.exec("PRAGMA wal_autocheckpoint = 0");
    db.prepare("INSERT INTO t VALUES (zeroblob(?))").run(pages * 4_096);
    const wal = readFileSync(`${copy}-wal`);
    db.close();
    return wal;
  };
  // Each is killed when all of its transaction is written, before it counts, and the next one writes over it.
  const [killed, killedToo, last] = [after(60), after(30), after(10)];
  first.close();
  expect(killed.subarray(0, headerBytes).equals(last.subarray(0, headerBytes)), "one run").toBe(true);
  const wal = Buffer.concat([last, killedToo.subarray(last.length), killed.subarray(killedToo.length)]);
  expect(wal.length).toBe(killed.length);
  writeFileSync(`${path}-found`, wal);
  expect(walDamage(`${path}-found`)).toBeUndefined();
});
