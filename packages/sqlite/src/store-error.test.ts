import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { EventwireError, MisuseError } from "@eventwire/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { createPath, event, openBroker, readAll } from "../fixtures/broker.js";
import { DatabaseSync } from "../fixtures/driver.js";
import { sqlite } from "./sqlite.js";

function change(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

async function fill(path: string, count = 100): Promise<void> {
  const broker = sqlite(path);
  await broker.open();
  await broker.log.append(
    Array.from({ length: count }, () => event({ body: new Uint8Array(500).fill(0xaa) })),
  );
  await broker.close({ drain: 1_000 });
}

describe("a path or a limit that is none", () => {
  it("is refused at once, and a broker in memory is pointed to", () => {
    for (const path of ["", ":memory:", "a\0b", undefined as unknown as string]) {
      expect(() => sqlite(path)).toThrow(MisuseError);
      expect(() => sqlite(path)).toThrow(/memory\(\)/);
    }
    const limits = [
      { dedupeWindow: -1 },
      { busyTimeout: Number.NaN },
      { retention: { events: 0 } },
      { retention: { age: -1 } },
    ];
    for (const options of limits) expect(() => sqlite("a.db", options)).toThrow(MisuseError);
  });
});

describe("a file that is not the broker's", () => {
  it("is refused where it is no database, and left as it is", async () => {
    const path = createPath();
    writeFileSync(path, "a letter to the editor, and nothing else\n".repeat(100));
    const before = readFileSync(path);
    await expect(sqlite(path).open()).rejects.toMatchObject({ code: "StoreForeign" });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("is refused where it is another program's database, and left as it is", async () => {
    const path = createPath();
    change(path, "CREATE TABLE people (name TEXT); INSERT INTO people VALUES ('ann')");
    const before = readFileSync(path);
    await expect(sqlite(path).open()).rejects.toMatchObject({ code: "StoreForeign" });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("is refused where a newer version has written it", async () => {
    const path = createPath();
    await fill(path);
    change(path, "PRAGMA user_version = 1000");
    await expect(sqlite(path).open()).rejects.toMatchObject({
      code: "StoreNewer",
      message: expect.stringContaining("update @eventwire/sqlite"),
    });
  });

  it("is refused where it is a folder, or in a folder that is not there", async () => {
    const path = createPath();
    mkdirSync(path);
    await expect(sqlite(path).open()).rejects.toMatchObject({ code: "StoreUnavailable" });
    await expect(sqlite(join(path, "none", "a.db")).open()).rejects.toMatchObject({
      code: "StoreUnavailable",
    });
  });

  it.skipIf(process.getuid?.() === 0)("is refused where it cannot be written", async () => {
    const path = createPath();
    await fill(path);
    chmodSync(path, 0o400);
    await expect(sqlite(path).open()).rejects.toMatchObject({ code: "StoreReadOnly" });
  });

  it("is refused where another program holds it, and opened once that has let go", async () => {
    const path = createPath();
    await fill(path);
    const holder = new DatabaseSync(path);
    holder.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    const broker = sqlite(path, { busyTimeout: 50 });
    const refused = await broker.open().catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "StoreLocked", retryable: true });
    expect(EventwireError.is(refused)).toBe(true);
    holder.close();
    await broker.open();
    expect(await readAll(broker)).toHaveLength(100);
    await broker.close({ drain: 0 });
  });
});

describe("a file that is held while it is in use", () => {
  it("refuses what is appended, and takes it again later", async () => {
    const path = createPath();
    const broker = await openBroker(path, { busyTimeout: 50 });
    const holder = new DatabaseSync(path);
    onTestFinished(() => holder.close());
    holder.exec("BEGIN IMMEDIATE");
    const one = event();
    await expect(broker.log.append([one])).rejects.toMatchObject({ code: "StoreLocked" });
    expect(await broker.log.head(), "read meanwhile").toBe(0);
    holder.exec("ROLLBACK");
    expect(await broker.log.append([one])).toMatchObject([{ duplicate: false }]);
  });

  it("does not keep a broker from closing: what has not begun is refused", async () => {
    const path = createPath();
    const broker = await openBroker(path, { busyTimeout: 60_000 });
    const holder = new DatabaseSync(path);
    onTestFinished(() => holder.close());
    holder.exec("BEGIN IMMEDIATE");
    const appending = broker.log.append([event()]).catch((error: unknown) => error);
    await broker.close({ drain: 20 });
    expect(await appending).toMatchObject({ code: "Closed" });
  });
});

describe("a file that is damaged", () => {
  it("gives no event of a row that is not what was written, and says so", async () => {
    const path = createPath();
    await fill(path);
    const bytes = readFileSync(path);
    const at = bytes.indexOf(Buffer.alloc(400, 0xaa));
    bytes[at + 200] = 0xab;
    writeFileSync(path, bytes);
    const broker = await openBroker(path);
    const reading = broker.log.read({ after: 0, limit: 10, bytes: 10_000 });
    await expect(reading).rejects.toMatchObject({ code: "StoreDamaged" });
    expect(await broker.log.append([event()]), "appended all the same").toMatchObject([{ duplicate: false }]);
  });

  it("lets the damaged row be trimmed, and tells of the gap", async () => {
    const path = createPath();
    await fill(path);
    change(path, "UPDATE batches SET checksum = checksum + 1");
    const broker = await openBroker(path);
    const last = event();
    await broker.log.append([last]);
    await broker.log.trim({ before: 101 });
    expect((await readAll(broker)).map(({ id }) => id)).toEqual([last.id]);
    expect(await broker.log.read({ after: 0, names: ["any"], limit: 1, bytes: 1 })).toMatchObject({
      trimmed: 100,
    });
  });

  it("is refused where its pages are", async () => {
    const path = createPath();
    await fill(path);
    const bytes = readFileSync(path);
    bytes.fill(0xff, 4_096, bytes.length);
    writeFileSync(path, bytes);
    await expect(sqlite(path).open()).rejects.toMatchObject({ code: "StoreDamaged" });
  });
});

describe("a backup", () => {
  it("has what was there, though appends go on, and a history of its own", async () => {
    const path = createPath();
    const broker = await openBroker(path);
    const kept = Array.from({ length: 500 }, () => event());
    await broker.log.append(kept);
    const to = join(dirname(path), "copy.db");
    const backingUp = broker.backup(to);
    await Promise.all(Array.from({ length: 50 }, () => broker.log.append([event()])));
    await backingUp;
    const copy = await openBroker(to);
    const ids = (await readAll(copy)).map(({ id }) => id);
    expect(ids.slice(0, 500)).toEqual(kept.map(({ id }) => id));
    expect(await copy.log.epoch()).not.toBe(await broker.log.epoch());
    expect(await copy.log.append([kept[0]!]), "an id that was known").toMatchObject([{ duplicate: true }]);
    expect(await readAll(broker)).toHaveLength(550);
  });

  it("overwrites nothing, and leaves nothing where it fails", async () => {
    const path = createPath();
    const broker = await openBroker(path);
    const to = join(dirname(path), "copy.db");
    writeFileSync(to, "precious");
    await expect(broker.backup(to)).rejects.toMatchObject({ code: "StoreExists" });
    expect(readFileSync(to, "utf8")).toBe("precious");
    await expect(broker.backup(join(dirname(path), "none", "copy.db"))).rejects.toMatchObject({
      code: "StoreUnavailable",
    });
  });
});

describe("a backup of a file that is damaged", () => {
  it.each([
    [
      "has lost a row",
      "DELETE FROM batches WHERE last = 100",
      "there are 100 events, and there should be 200",
    ],
    ["holds other events than were written", "UPDATE batches SET checksum = checksum + 1", "events 1 to 100"],
    ["has lost a name", "DELETE FROM names", "a name is lost"],
    ["finds its events no more by their names", "UPDATE batches SET names = 0", "not found by their names"],
  ])("is refused where it %s, and leaves nothing", async (_, sql, because) => {
    const path = createPath();
    await fill(path);
    await fill(path);
    change(path, sql);
    const broker = await openBroker(path);
    await expect(broker.backup(join(dirname(path), "copy.db"))).rejects.toMatchObject({
      code: "StoreDamaged",
      message: expect.stringContaining(because),
    });
    expect(readdirSync(dirname(path)).filter((name) => name.startsWith("copy"))).toEqual([]);
  });
});

describe("a backup that fails on its way", () => {
  it("leaves nothing of itself", async () => {
    const path = createPath();
    await fill(path);
    const db = new DatabaseSync(path);
    const { rootpage } = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'batches'").get() as {
      rootpage: number;
    };
    db.close();
    const bytes = readFileSync(path);
    bytes.fill(0xff, (rootpage - 1) * 4_096, rootpage * 4_096);
    writeFileSync(path, bytes);
    const broker = await openBroker(path);
    await expect(broker.backup(join(dirname(path), "copy.db"))).rejects.toMatchObject({
      code: "StoreDamaged",
    });
    expect(readdirSync(dirname(path)).filter((name) => name.startsWith("copy"))).toEqual([]);
  });

  it("does not spoil another one to the same path", async () => {
    const path = createPath();
    await fill(path);
    const broker = await openBroker(path);
    await Promise.all(
      Array.from({ length: 20 }, () => broker.log.append([event({ body: new Uint8Array(2 ** 20) })])),
    );
    const to = join(dirname(path), "copy.db");
    const outcomes = await Promise.allSettled([broker.backup(to), broker.backup(to), broker.backup(to)]);
    expect(outcomes.filter(({ status }) => status === "fulfilled").length).toBeGreaterThan(0);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ code: "StoreExists" });
    }
    expect(await readAll(await openBroker(to))).toHaveLength(120);
  });
});

describe("the write-ahead log that a crash leaves", () => {
  /** A copy of a file in use, as a crash leaves it: with what was not written back yet. */
  async function crashed(): Promise<string> {
    const path = createPath();
    const broker = await openBroker(path);
    for (let count = 0; count < 5; count++) await broker.log.append([event({ body: new Uint8Array(500) })]);
    const copy = join(dirname(path), "crashed.db");
    for (const end of ["", "-wal"]) copyFileSync(path + end, copy + end);
    return copy;
  }

  const frameBytes = 4_096 + 24;

  it("is taken with all that it holds", async () => {
    const broker = await openBroker(await crashed());
    expect(await readAll(broker)).toHaveLength(5);
  });

  it("may be torn within its last transaction, which nobody was told of", async () => {
    const path = await crashed();
    const wal = readFileSync(`${path}-wal`);
    writeFileSync(`${path}-wal`, wal.subarray(0, wal.length - 100));
    expect(await readAll(await openBroker(path))).toHaveLength(4);
  });

  it("is refused where a damage would drop acknowledged events", async () => {
    const path = await crashed();
    const wal = readFileSync(`${path}-wal`);
    const frames = (wal.length - 32) / frameBytes;
    const at = 32 + Math.floor(frames / 2) * frameBytes + 2_000;
    wal[at] = wal[at]! ^ 1;
    writeFileSync(`${path}-wal`, wal);
    const refused = sqlite(path).open();
    await expect(refused).rejects.toMatchObject({
      code: "StoreDamaged",
      message: expect.stringContaining("-wal"),
    });
    expect(readFileSync(`${path}-wal`).equals(wal), "the file, as it was").toBe(true);
  });
});
