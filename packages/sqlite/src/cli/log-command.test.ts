import { createHash } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { createBus, defineContract, event, unchecked } from "@eventwire/core";
import { createFolder } from "@eventwire/programs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { buildProgram, ended, type Program } from "../../fixtures/program.js";
import { sqlite } from "../sqlite.js";
import type { StoredBatch } from "../thread/batches.js";
import { loadDriver } from "../thread/database.js";
import { entriesOf } from "./log-entries.js";
import { openLogFile } from "./log-file.js";

type Order = { readonly order: string; readonly at?: Date; readonly text?: string };

const contract = defineContract({
  "order.placed": event(unchecked<Order>(), { delivery: "durable", key: ({ order }) => order }),
  "order.paid": event(unchecked<Order>(), { delivery: "durable", key: ({ order }) => order }),
  "stock.counted": event(unchecked<number>(), { delivery: "durable", key: (count) => count }),
});

let program: Program;
beforeAll(async () => {
  program = await buildProgram("src/bin.ts");
});
afterAll(() => program.remove());

let folder: ReturnType<typeof createFolder>;
let path: string;
beforeEach(() => {
  folder = createFolder();
  path = join(folder.path, "events.db");
});
afterEach(() => folder.remove());

function open() {
  return createBus(contract, { broker: sqlite(path) });
}

/** A log of three orders that are placed and paid, and a count. */
async function fill(): Promise<void> {
  const bus = open();
  for (const order of ["a", "b", "c"]) {
    await bus.emit("order.placed", { order });
    await bus.emit("order.paid", { order });
  }
  await bus.emit("stock.counted", 7);
  await bus.close();
}

async function log(...args: readonly string[]) {
  const { stdout, stderr, code } = await program.run("log", path, ...args);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return stdout;
}

/** As somebody may who has the file. */
async function change(file: string, sql: string, ...values: readonly (string | Uint8Array)[]): Promise<void> {
  const DatabaseSync = await loadDriver();
  const db = new DatabaseSync(file);
  db.prepare(sql).run(...values);
  db.close();
}

/** What is in a folder, to the last byte. */
function contents(of = folder.path): Record<string, string> {
  const names = readdirSync(of).filter((name) => existsSync(join(of, name)));
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(of, name)))
        .digest("hex"),
    ]),
  );
}

const offsets = (ndjson: string) =>
  ndjson
    .split("\n")
    .filter(Boolean)
    .map((line) => Number(JSON.parse(line).offset.split(".")[1]));

describe("eventwire log", () => {
  it("shows events as lines that are aligned", async () => {
    await fill();
    const lines = (await log()).trimEnd().split("\n");
    expect(lines).toHaveLength(7);
    expect(lines[0]).toMatch(/^1 {2}\d{4}-\d\d-\d\dT[\d:.]+Z {2}order\.placed {3}a {2}\{"order":"a"\}$/);
    expect(lines[1]).toMatch(/^2 {2}\S+Z {2}order\.paid {5}a {2}\{"order":"a"\}$/);
    expect(lines[6]).toMatch(/^7 {2}\S+Z {2}stock\.counted {2}7 {2}7$/);
  });

  it("shows events as JSON, with all that the log has of each", async () => {
    const bus = open();
    bus.on("order.placed", ({ order }, context) => bus.causedBy(context).emit("order.paid", { order }));
    const paying = bus.once("order.paid");
    await bus.position();
    const { id, offset } = await bus.emit("order.placed", { order: "a", at: new Date(5) });
    await paying;
    await bus.close();
    const [placed, paid] = (await log("--json"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(placed).toEqual({
      offset,
      time: expect.stringMatching(/Z$/),
      name: "order.placed",
      key: "a",
      id,
      data: { order: "a", at: { $: ["date", 5] } },
    });
    expect(paid.cause).toMatchObject([{ id, name: "order.placed" }]);
  });

  it("selects by name, pattern, key, offset, time and number", async () => {
    await fill();
    const json = async (...args: readonly string[]) => offsets(await log("--json", ...args));
    expect(await json("--names", "order.paid,stock.*")).toEqual([2, 4, 6, 7]);
    expect(await json("--names", "no.such")).toEqual([]);
    expect(await json("--key", "b")).toEqual([3, 4]);
    expect(await json("--key", "7")).toEqual([7]);
    expect(await json("--since", "5")).toEqual([6, 7]);
    expect(await json("--since", "2", "--until", "4")).toEqual([3, 4]);
    expect(await json("--since", "10m")).toHaveLength(7);
    expect(await json("--until", "1h")).toEqual([]);
    expect(await json("--since", "2020-01-01", "--until", "2100-01-01T00:00:00Z")).toHaveLength(7);
    expect(await json("--since", new Date(Date.now() + 60_000).toISOString())).toEqual([]);
    expect(await json("--limit", "2")).toEqual([1, 2]);
    expect(await json("--limit", "0")).toEqual([]);
    const { offset } = JSON.parse((await log("--json", "--limit", "5")).trimEnd().split("\n")[4]!);
    expect(await json("--since", offset)).toEqual([6, 7]);
  });

  it("writes what a terminal would obey as what it is", async () => {
    const bus = open();
    const text = "\u001b[31mred\u0007\u009b2J\u202etxt\u2028\u{e0001}";
    await bus.emit("order.placed", { order: "a\u001b[2Jb", text });
    await bus.close();
    for (const output of [await log(), await log("--json")]) {
      expect(output).not.toMatch(/[^\P{Cc}\n]|[\p{Cf}\u2028]/u);
      expect(output).toContain(String.raw`\u001b[31mred`);
    }
    expect(JSON.parse(await log("--json")).data.text).toBe(text);
  });

  it("writes what a file says in an error as what it is", async () => {
    await fill();
    await change(path, "UPDATE log SET epoch = ?", "e\u001b[2J");
    const { stderr, code } = await program.run("log", path, "--since", "other.1");
    expect(stderr).toContain('the log\'s is "e\\u001b[2J"');
    expect(code).toBe(2);
    const missing = await program.run("log", join(folder.path, "\u001b[2J"));
    expect(missing.stderr).toContain("\\u001b[2J");
    expect(missing.stderr).not.toContain("\u001b");
  });

  it("counts by name, and how far groups are behind", async () => {
    await fill();
    const bus = open();
    const done: string[] = [];
    bus.on("order.paid", ({ order }) => done.push(order), { group: "billing", since: "start" });
    await vi.waitFor(() => expect(done).toHaveLength(3), 20_000);
    await bus.close();
    const later = open();
    await later.emit("order.paid", { order: "a" });
    await later.close();
    const statistics = JSON.parse(await log("--stats", "--json"));
    expect(statistics).toMatchObject({
      head: 8,
      names: [
        { name: "order.paid", events: 4 },
        { name: "order.placed", events: 3 },
        { name: "stock.counted", events: 1, bytes: 3 },
      ],
      groups: [{ group: "billing", pattern: "order.paid", shards: 64, lag: 1 }],
      cursors: [],
    });
    const text = await log("--stats");
    expect(text).toContain("8 events");
    expect(text).toMatch(/^billing {2}order\.paid +64 +1$/m);
    expect(text).toMatch(/^name +events +bytes +first +last$/m);
  });

  it("names a cursor that it cannot read", async () => {
    await fill();
    const insert = "INSERT INTO cursors VALUES (?, NULL, 1, 0, 0, ?)";
    for (const [name, state] of [
      ["group/a/order.paid/3", "\u001b[2J"],
      ["group/b/order.paid/all", "null"],
      ["group/c/order.paid/4", '{"epoch":"x"}'],
    ] as const)
      await change(path, insert, Buffer.from(name), Buffer.from(state));
    const { groups, cursors } = JSON.parse(await log("--stats", "--json"));
    expect(groups).toEqual([]);
    expect(cursors).toEqual(["group/a/order.paid/3", "group/b/order.paid/all", "group/c/order.paid/4"]);
  });

  it("writes nothing: neither to the file nor beside it", async () => {
    await fill();
    const before = contents();
    await log();
    await log("--stats");
    expect(contents()).toEqual(before);
  });

  it("shows what is in use by others, and what they append", async () => {
    const bus = open();
    await bus.emit("order.placed", { order: "a" });
    expect(offsets(await log("--json"))).toEqual([1]);
    const tail = program.start("log", path, "--json", "--tail", "--since", "0");
    const printed: number[] = [];
    tail.stdout?.setEncoding("utf8").on("data", (text: string) => printed.push(...offsets(text)));
    await vi.waitFor(() => expect(printed).toEqual([1]), 20_000);
    await bus.emit("order.placed", { order: "b" });
    // Of a name that there was none of before.
    await bus.emit("order.paid", { order: "b" });
    await vi.waitFor(() => expect(printed).toEqual([1, 2, 3]), 20_000);
    await bus.close();
    const another = open();
    await another.emit("order.paid", { order: "c" });
    await vi.waitFor(() => expect(printed).toEqual([1, 2, 3, 4]), 20_000);
    await another.close();
    const end = once(tail, "close");
    tail.kill("SIGTERM");
    expect(await end).toEqual([0, null]);
  });

  it("follows a file that nobody has open yet, from its end", async () => {
    await fill();
    const tail = program.start("log", path, "--json", "--tail", "--limit", "2");
    const end = ended(tail);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const bus = open();
    await bus.emit("order.placed", { order: "x" });
    await bus.emit("order.placed", { order: "y" });
    const { stdout, code } = await end;
    expect(offsets(stdout)).toEqual([8, 9]);
    expect(code).toBe(0);
    await bus.close();
  });

  it("shows what a crash has left, and a copy of it, and changes neither", async () => {
    const bus = open();
    await bus.emit("order.placed", { order: "a" });
    const copy = join(folder.path, "copy");
    mkdirSync(copy);
    for (const suffix of ["", "-wal"]) copyFileSync(`${path}${suffix}`, join(copy, `events.db${suffix}`));
    const crashed = join(folder.path, "crashed");
    mkdirSync(crashed);
    for (const suffix of ["", "-wal", "-shm"])
      copyFileSync(`${path}${suffix}`, join(crashed, `events.db${suffix}`));
    await bus.close();
    const before = contents(copy);
    const main = contents(crashed);
    for (const its of [copy, crashed]) {
      const { stdout, code, stderr } = await program.run("log", join(its, "events.db"), "--json");
      expect(stderr).toBe("");
      expect(code).toBe(0);
      expect(offsets(stdout)).toEqual([1]);
    }
    expect(contents(copy)).toEqual(before);
    // What is shared between processes is SQLite's own.
    const { "events.db-shm": _, ...kept } = contents(crashed);
    const { "events.db-shm": __, ...were } = main;
    expect(kept).toEqual(were);
  });

  it("writes events into a new file, and overwrites none", async () => {
    await fill();
    const target = join(folder.path, "out.ndjson");
    const first = await program.run("log", path, "--names", "order.*", "--export", target);
    expect(first).toEqual({ stdout: "", stderr: `6 events were written to "${target}".\n`, code: 0 });
    expect(offsets(readFileSync(target, "utf8"))).toEqual([1, 2, 3, 4, 5, 6]);
    const second = await program.run("log", path, "--export", target);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain("EEXIST");
  });

  it("keeps what it has written into a file of a log that it followed", async () => {
    await fill();
    const target = join(folder.path, "out.ndjson");
    const tail = program.start("log", path, "--tail", "--since", "0", "--export", target);
    const end = ended(tail);
    await vi.waitFor(() => expect(offsets(readFileSync(target, "utf8"))).toHaveLength(7), 20_000);
    tail.kill("SIGINT");
    expect(await end).toMatchObject({ code: 0 });
    expect(offsets(readFileSync(target, "utf8"))).toHaveLength(7);
  });

  it("reads on from the place where others began to use the file", async () => {
    const bus = open();
    for (let index = 0; index < 3; index++) {
      await Promise.all(Array.from({ length: 1_000 }, () => bus.emit("order.placed", { order: "o" })));
    }
    await bus.close();
    const file = await openLogFile(path);
    const everything = { names: undefined, key: undefined, after: 0, until: Number.MAX_SAFE_INTEGER };
    const entries = entriesOf(file, everything);
    expect(entries.next().value).toMatchObject({ offset: 1 });
    await fill();
    const read = () => [...entries].length;
    expect(read).toThrow("has changed while it was read");
    file.close();
  });

  it("ends quietly when nobody reads on", { timeout: 60_000 }, async () => {
    const bus = open();
    const text = "x".repeat(500);
    await Promise.all(
      Array.from({ length: 5_000 }, (_, index) => bus.emit("order.placed", { order: `o${index}`, text })),
    );
    await bus.close();
    const child = program.start("log", path);
    const end = ended(child);
    child.stdout?.once("data", () => child.stdout?.destroy());
    const { stderr, code } = await end;
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect((await log()).split("\n")).toHaveLength(5_001);
  });

  it("says what is wrong with a file", async () => {
    const fails = async (file: string) => {
      const before = contents();
      const { stdout, stderr, code } = await program.run("log", file);
      expect(code).toBe(1);
      expect(stdout).toBe("");
      expect(contents()).toEqual(before);
      return stderr;
    };
    expect(await fails(join(folder.path, "none.db"))).toContain("is no file");
    expect(await fails(folder.path)).toContain("is no file");
    const text = join(folder.path, "text.db");
    writeFileSync(text, "no database at all, however long it may be".repeat(100));
    expect(await fails(text)).toContain("it is no database");
    writeFileSync(join(folder.path, "empty.db"), "");
    expect(await fails(join(folder.path, "empty.db"))).toContain("no log of Eventwire's");
    const DatabaseSync = await loadDriver();
    const foreign = new DatabaseSync(join(folder.path, "foreign.db"));
    foreign.exec("CREATE TABLE users (name TEXT)");
    foreign.close();
    expect(await fails(join(folder.path, "foreign.db"))).toContain("no log of Eventwire's");
    await fill();
    const newer = new DatabaseSync(path);
    newer.exec("PRAGMA user_version = 99");
    newer.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    newer.close();
    expect(await fails(path)).toContain("is of version 99");
  });

  it("shows what comes before a damage, and says where that is", async () => {
    await fill();
    const DatabaseSync = await loadDriver();
    const db = new DatabaseSync(path);
    db.exec("UPDATE batches SET checksum = checksum + 1 WHERE last = 3");
    db.close();
    const { stdout, stderr, code } = await program.run("log", path, "--json");
    expect(code).toBe(1);
    expect(offsets(stdout)).toEqual([1, 2]);
    expect(stderr).toContain("the events 3 to 3 are not what was written");
  });

  it.each([
    ["of no length", (events: Buffer) => events.writeUInt32LE(0, 0)],
    ["longer than its row", (events: Buffer) => events.writeUInt32LE(1_000_000, 0)],
    ["shorter than its texts", (events: Buffer) => events.writeUInt32LE(40, 0)],
    ["of an offset that its row does not have", (events: Buffer) => events.writeUInt32LE(9, 4)],
  ])("says that a file is damaged where an event is %s, whatever its checksum says", async (_, damage) => {
    await fill();
    const DatabaseSync = await loadDriver();
    const db = new DatabaseSync(path);
    const [row] = db.prepare<StoredBatch>("SELECT * FROM batches WHERE last = 3").all();
    const { first, last, count, events } = row!;
    damage(Buffer.from(events.buffer, events.byteOffset, events.length));
    const checksum = crc32(events, crc32(`${first} ${last} ${count}`));
    db.prepare("UPDATE batches SET events = ?, checksum = ? WHERE last = 3").run(events, checksum);
    db.close();
    const { stdout, stderr, code } = await program.run("log", path, "--json");
    expect(code).toBe(1);
    expect(offsets(stdout)).toEqual([1, 2]);
    expect(stderr).toContain("the events 3 to 3 are not what was written");
  });

  it("verifies all there is, changes nothing, and says so", async () => {
    await fill();
    const before = contents();
    expect(await log("--verify")).toMatch(/7 events in \d rows; nothing is damaged\n$/);
    expect(JSON.parse(await log("--verify", "--json"))).toMatchObject({ events: 7, flaws: [] });
    expect(contents()).toEqual(before);
    const bus = open();
    await bus.emit("order.placed", { order: "d" });
    expect(await log("--verify"), "of a file in use").toContain("8 events");
    await bus.close();
  });

  it("says what is damaged when it verifies, and ends with 1", async () => {
    await fill();
    const DatabaseSync = await loadDriver();
    const db = new DatabaseSync(path);
    db.exec("UPDATE batches SET checksum = checksum + 1 WHERE last = 3; DELETE FROM batches WHERE last = 5");
    db.close();
    const { stdout, code } = await program.run("log", path, "--verify");
    expect(code).toBe(1);
    expect(stdout).toContain("damaged: the events 3 to 3 are not what was written");
    expect(stdout).toContain("damaged: there are 6 events, and there should be 7");
    expect(stdout).toContain("restore a backup");
  });

  it("misses rows that a page has lost without a trace, when it verifies", async () => {
    await fill();
    const DatabaseSync = await loadDriver();
    const db = new DatabaseSync(path);
    const [page] = db
      .prepare<{ readonly rootpage: number }>("SELECT rootpage FROM sqlite_schema WHERE name = 'batches'")
      .all();
    db.close();
    const bytes = readFileSync(path);
    // How many rows the page holds: the last of them is not among them any more.
    const at = (page!.rootpage - 1) * 4_096 + 3;
    bytes.writeUInt16BE(bytes.readUInt16BE(at) - 1, at);
    writeFileSync(path, bytes);
    const { stdout, code } = await program.run("log", path, "--verify");
    expect(code).toBe(1);
    expect(stdout).toContain("there are 6 events, and there should be 7");
  });

  it("says how it is called", async () => {
    const { stdout, code } = await program.run("--help");
    expect(stdout).toContain("Usage: eventwire log FILE");
    expect(code).toBe(0);
    expect((await program.run()).stdout).toBe(stdout);
    await fill();
    for (const [args, because] of [
      [["show", path], "no command"],
      [["log"], "must be told a file"],
      [["log", path, path], "one file"],
      [["log", path, "--since", "soon"], "neither an offset"],
      [["log", path, "--since", "2026-13-45"], "neither an offset"],
      [["log", path, "--since", "another.5"], "of history"],
      [["log", path, "--names", ","], "--names must name something"],
      [["log", path, "--limit", "-1"], "limit"],
      [["log", path, "--limit", "many"], "--limit must be a whole number"],
      [["log", path, "--tail", "--stats"], "--tail does not end"],
      [["log", path, "--stats", "--limit", "1"], "--stats goes with neither"],
      [["log", path, "--verify", "--limit", "1"], "--verify looks at all"],
      [["log", path, "--nonsense"], "--nonsense"],
    ] as const) {
      const { stderr, stdout, code } = await program.run(...args);
      expect(stderr).toContain(because);
      expect(stderr).toContain("Try eventwire --help");
      expect(stdout).toBe("");
      expect(code).toBe(2);
    }
  });
});
