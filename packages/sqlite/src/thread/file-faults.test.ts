import { randomInt } from "node:crypto";
import { join } from "node:path";
import { createFolder } from "@eventwire/programs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Extent,
  frameBytes,
  frameHeaderBytes,
  type LiveCopy,
  look,
  pageBytes,
  transactionsIn,
  WrittenLog,
  walHeaderBytes,
} from "../../fixtures/written-log.js";

const folder = createFolder();
afterAll(() => folder.remove());

/** How the log has come about: what a transaction appends, or that all that is there goes into the file. */
const lives: readonly { readonly life: string; readonly steps: readonly (number | "checkpoint")[] }[] = [
  { life: "that was never checkpointed", steps: [1, 5, 1, 40, 1, 1, 3, 1] },
  { life: "whose write-ahead log was begun anew", steps: [300, 1, 1, 1, 200, "checkpoint", 1, 30, 1, 2] },
  { life: "whose last transactions are large", steps: [3, "checkpoint", 2, 700, 800] },
];

describe.each(lives)("A log $life", ({ life, steps }) => {
  let whole: LiveCopy;
  /** How many events there were before each transaction, of those that are in the write-ahead log. */
  const before: number[] = [];
  let transactions: readonly Extent[];

  beforeAll(async () => {
    const log = await WrittenLog.open(join(folder.path, `${life}.db`));
    for (const step of steps) {
      if (step === "checkpoint") {
        log.file.writer.exec("PRAGMA wal_checkpoint");
        before.length = 0;
      } else {
        before.push(log.acknowledged);
        await log.append(step);
      }
    }
    whole = log.copy();
    log.close();
    // What made the file comes before the first append where it was not checkpointed since.
    transactions = transactionsIn(whole.wal).slice(-before.length);
  });

  const lookWithWal = (wal: Buffer | undefined) => look(folder.path, { ...whole, wal });

  function garbled(at: number, content: Buffer = whole.wal): Buffer {
    const bytes = Buffer.from(content);
    bytes[at] = bytes[at]! ^ (1 + randomInt(255));
    return bytes;
  }

  it("is there as a whole after a crash", async () => {
    expect(await lookWithWal(whole.wal)).toBe(whole.acknowledged);
  });

  it("is there up to its last transaction, wherever that was torn", async () => {
    for (const at of places(transactions.at(-1)!)) {
      expect(await lookWithWal(whole.wal.subarray(0, at)), `cut at ${at}`).toBe(before.at(-1));
    }
  });

  it("is there up to its last transaction, wherever that is garbled, or is refused", async () => {
    for (const at of places(transactions.at(-1)!)) {
      const outcome = await lookWithWal(garbled(at));
      expect([before.at(-1), "StoreDamaged"], `garbled at ${at}`).toContain(outcome);
    }
  });

  it("is refused where another transaction is garbled, wherever", async () => {
    for (const at of places(transactions.at(-2)!)) {
      expect(await lookWithWal(garbled(at)), `garbled at ${at}`).toBe("StoreDamaged");
    }
    for (let times = 0; times < 100; times++) {
      const at = randomInt(transactions[0]!.from, transactions.at(-2)!.to);
      expect(await lookWithWal(garbled(at)), `garbled at ${at}`).toBe("StoreDamaged");
    }
  });

  it("is refused where the header of its write-ahead log is garbled", async () => {
    for (let at = 0; at < walHeaderBytes; at++) {
      expect(await lookWithWal(garbled(at)), `garbled at ${at}`).toBe("StoreDamaged");
    }
  });

  it("is there as a whole, whatever lies behind what its write-ahead log holds", async () => {
    const { to } = transactions.at(-1)!;
    for (let times = 0; times < 50 && to < whole.wal.length; times++) {
      expect(await lookWithWal(garbled(randomInt(to, whole.wal.length)))).toBe(whole.acknowledged);
    }
  });

  it("is there up to a transaction where the end of its write-ahead log was cut off", async () => {
    for (let times = 0; times < 50; times++) {
      const at = randomInt(walHeaderBytes, transactions.at(-1)!.to);
      const last = transactions.findIndex(({ to }) => at < to);
      expect(await lookWithWal(whole.wal.subarray(0, at)), `cut at ${at}`).toBe(before[last]);
    }
  });

  it("is there as it was checkpointed, where its write-ahead log was removed", async () => {
    expect(await lookWithWal(undefined)).toBe(before[0]);
    expect(await lookWithWal(Buffer.alloc(0))).toBe(before[0]);
  });

  it("is there as a whole, whatever its index in shared memory holds", async () => {
    const garbage = Buffer.from(Array.from({ length: 32_768 }, () => randomInt(256)));
    for (const shm of [Buffer.alloc(0), Buffer.alloc(32_768), garbage, garbage.subarray(0, 100)]) {
      expect(await look(folder.path, { ...whole, shm })).toBe(whole.acknowledged);
    }
  });

  it("is there as a whole, or refused, whichever page of its file is zeroed", async () => {
    for (let at = 0; at < whole.db.length; at += pageBytes) {
      const db = Buffer.from(whole.db).fill(0, at, at + pageBytes);
      const outcome = await look(folder.path, { ...whole, db, wal: undefined });
      expect([before[0], "StoreDamaged", "StoreForeign"], `page at ${at}`).toContain(outcome);
    }
  });

  it("is refused where an event in its file is garbled, wherever", async () => {
    const bodies = [...whole.db.toString("latin1").matchAll(/(\d+ )\1{8,}/g)];
    for (let times = 0; times < 40 && bodies.length > 0; times++) {
      const { index, 0: body } = bodies[randomInt(bodies.length)]!;
      const db = garbled(index + randomInt(body.length), whole.db);
      expect(await look(folder.path, { ...whole, db, wal: undefined })).toBe("StoreDamaged");
    }
  });
});

/** Places in a part of the write-ahead log: the headers of its first and last frame, and others between that none is far from. */
function places({ from, to }: Extent): readonly number[] {
  const found = new Set<number>([to - 1]);
  const step = Math.floor((to - from) / 24);
  for (let at = from; at < to; at += step) found.add(at);
  for (const frame of [from, to - frameBytes]) {
    for (let at = 0; at < frameHeaderBytes; at++) found.add(frame + at);
  }
  return [...found].sort((a, b) => a - b);
}
