import { ClosedError, InvalidError, MisuseError, systemRuntime } from "@eventwire/core";
import { attach } from "@eventwire/core/attach";
import { createFolder } from "@eventwire/programs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connect, createShop } from "../../fixtures/shop.js";
import type { Connection } from "../connection.js";
import { inbox } from "../inbox/create-inbox.js";
import { type OutboxOptions, outbox } from "./create-outbox.js";
import { OutboxTable } from "./outbox-table.js";

const until = (check: () => unknown) => vi.waitFor(check, 20_000);
const order = (name: string) => ({ order: name, total: 1 });
const orders = (count: number) => Array.from({ length: count }, (_, index) => `o${index}`);

let folder: ReturnType<typeof createFolder>;
let closings: (() => unknown)[];

beforeEach(() => {
  folder = createFolder();
  closings = [];
});

afterEach(async () => {
  for (const close of closings.reverse()) await close();
  folder.remove();
});

function open(options?: OutboxOptions, file?: string) {
  const { bus, errors } = createShop(folder.path, file);
  const db = connect(folder.path);
  db.exec("PRAGMA busy_timeout = 5000");
  closings.push(
    () => db.close(),
    () => bus.close({ drain: 0 }),
  );
  const { keeper } = attach(bus);
  return { bus, errors, db, keeper, outgoing: outbox(bus, db, options) };
}

/** A way to the log that stands for a crash: what is appended is done, or not, and never answered. */
function cut({ keeper }: ReturnType<typeof open>, afterAppend: boolean) {
  const append = keeper.append.bind(keeper);
  const appended: Promise<unknown>[] = [];
  keeper.append = (next) => {
    if (afterAppend) appended.push(append(next));
    return new Promise(() => undefined);
  };
  return appended;
}

/** The orders in the log, as it has them. */
async function log({ bus }: Pick<ReturnType<typeof open>, "bus">): Promise<readonly string[]> {
  const found: string[] = [];
  const end = await bus.position();
  if (end.endsWith(".0")) return found;
  await new Promise<void>((resolve) => {
    const stop = bus.on(
      "order.*",
      ({ data, offset }) => {
        found.push(data.order);
        if (offset === end) {
          resolve();
          queueMicrotask(() => stop());
        }
      },
      { since: "start" },
    );
  });
  return found;
}

describe("outbox", () => {
  it("publishes what a transaction emitted, in order, once it is committed", async () => {
    const { bus, db, outgoing, errors } = open();
    const heard: unknown[] = [];
    bus.on("order.*", ({ name, key, id, data }) => heard.push([name, key, id, data]));
    db.exec("BEGIN");
    db.effect("a");
    const ids = [outgoing.emit("order.placed", order("a")), outgoing.emit("order.paid", order("a"))];
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(heard).toEqual([]);
    db.exec("COMMIT");
    await outgoing.idle();
    await until(() =>
      expect(heard).toEqual([
        ["order.placed", "a", ids[0], order("a")],
        ["order.paid", "a", ids[1], order("a")],
      ]),
    );
    expect(db.all("SELECT * FROM eventwire_outbox")).toEqual([]);
    expect(errors).toEqual([]);
  });

  it("publishes in the turn of the commit, without waiting to look for it", async () => {
    const { bus, db, outgoing } = open({ pollEvery: 60_000 });
    await outgoing.idle();
    const heard = new Promise((resolve) => bus.on("order.placed", resolve));
    await bus.position();
    db.exec("BEGIN");
    outgoing.emit("order.placed", order("a"));
    db.exec("COMMIT");
    await heard;
  });

  it("reminds the log of itself once a day, so that it is not forgotten while it has nothing to publish", async () => {
    const { keeper, outgoing, errors } = open({ pollEvery: 1 });
    await outgoing.idle();
    const appended = vi.spyOn(keeper, "append");
    let passed = 0;
    const monotonic = systemRuntime.monotonic.bind(systemRuntime);
    const time = vi.spyOn(systemRuntime, "monotonic").mockImplementation(() => monotonic() + passed);
    closings.push(() => time.mockRestore());
    for (const days of [1, 2, 3]) {
      passed = days * 86_400_000;
      await until(() => expect(appended).toHaveBeenCalledTimes(days));
    }
    const answers = await Promise.all(appended.mock.results.map(({ value }) => value as Promise<unknown>));
    for (const answer of answers) expect(answer).toEqual({ type: "conflict", expected: 1 });
    expect(errors).toEqual([]);
  });

  it("never publishes what was rolled back", async () => {
    const shop = open();
    const { db, outgoing } = shop;
    for (const name of orders(10)) {
      db.exec("BEGIN");
      outgoing.emit("order.placed", order(name));
      db.exec("SAVEPOINT inner");
      outgoing.emit("order.paid", order(`not ${name}`));
      db.exec("ROLLBACK TO inner");
      db.exec(name === "o3" ? "ROLLBACK" : "COMMIT");
    }
    await outgoing.idle();
    expect(await log(shop)).toEqual(orders(10).filter((name) => name !== "o3"));
  });

  it("is a transaction of its own where none is open", async () => {
    const shop = open();
    shop.outgoing.emit("order.placed", order("a"));
    await shop.outgoing.idle();
    expect(await log(shop)).toEqual(["a"]);
  });

  it("checks at once what it is given", async () => {
    const { bus, db, outgoing } = open();
    expect(() => outgoing.emit("order.placed", { order: "a", total: "1" as never })).toThrow(InvalidError);
    expect(() => outgoing.emit("order.placed", order("x".repeat(300)))).toThrow("its key takes 300 bytes");
    // @ts-expect-error it is not durable
    expect(() => outgoing.emit("shop.opened", "now")).toThrow(MisuseError);
    // @ts-expect-error there is none
    expect(() => outgoing.emit("order.lost", {})).toThrow(MisuseError);
    // @ts-expect-error it is another event's data
    expect(() => outgoing.emit("order.placed", { at: new Date() })).toThrow(InvalidError);
    expect(() => outbox(bus, db, { table: "a b" })).toThrow(MisuseError);
    expect(() => outbox(bus, db, { pollEvery: 0 })).toThrow(MisuseError);
    db.exec("BEGIN");
    expect(() => outbox(bus, db)).toThrow("transaction is open");
    db.exec("ROLLBACK");
    expect(db.all("SELECT * FROM eventwire_outbox")).toEqual([]);
  });

  it("keeps data as it is, and text of any kind in keys", async () => {
    const { bus, outgoing } = open();
    const key = "a\0b \u{1f600}";
    const heard = vi.fn();
    bus.on("order.placed", (data, { key }) => heard(data, key));
    bus.on("stock.counted", heard);
    await bus.position();
    outgoing.emit("order.placed", { order: key, total: 0.5 });
    outgoing.emit("stock.counted", { at: new Date(5) });
    await until(() => expect(heard).toHaveBeenCalledTimes(2));
    expect(heard).toHaveBeenCalledWith({ order: key, total: 0.5 }, key);
    expect(heard).toHaveBeenCalledWith({ at: new Date(5) }, expect.anything());
  });

  it("publishes many in batches, in order, beside what the bus itself emits", async () => {
    const shop = open();
    const { bus, db, outgoing } = shop;
    const names = orders(2_000);
    db.exec("BEGIN");
    for (const name of names) outgoing.emit("order.placed", order(name));
    db.exec("COMMIT");
    for (const name of orders(50)) void bus.emit("order.paid", order(`paid ${name}`));
    await outgoing.idle();
    expect((await log(shop)).filter((name) => !name.startsWith("paid"))).toEqual(names);
  });

  it("has the effect of one event and emits the next in one transaction", async () => {
    const { bus, db, outgoing } = open();
    const billing = inbox(bus, db, "billing");
    billing.on("order.placed", ({ order: name }) => {
      outgoing.emit("order.paid", order(name));
      if (name === "b") throw new Error("no");
    });
    const paid: unknown[] = [];
    bus.on("order.paid", (data, { cause }) => paid.push([data.order, cause[0]?.name]));
    for (const name of ["a", "b", "c"]) await bus.emit("order.placed", order(name));
    await until(() =>
      expect(paid).toEqual([
        ["a", "order.placed"],
        ["c", "order.placed"],
      ]),
    );
    expect(billing.failed()).toHaveLength(1);
  });

  it.each([
    ["before they were appended", false],
    ["after they were appended, and before they were deleted", true],
  ])("publishes once what a process had under way that was lost %s", async (_, afterAppend) => {
    const lost = open();
    await lost.outgoing.idle();
    const appended = cut(lost, afterAppend);
    for (const name of orders(20)) lost.outgoing.emit("order.placed", order(name));
    await until(() => expect(lost.db.all("SELECT * FROM eventwire_outbox")).toHaveLength(20));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await Promise.all(appended);
    const next = open();
    next.outgoing.emit("order.placed", order("next"));
    await next.outgoing.idle();
    expect(await log(next)).toEqual([...orders(20), "next"]);
    expect(next.errors).toEqual([]);
  });

  it("publishes once what is as old as a log knows no ids any more", async () => {
    const lost = open();
    lost.outgoing.emit("order.placed", order("first"));
    await lost.outgoing.idle();
    const appended = cut(lost, true);
    lost.outgoing.emit("order.placed", order("a"));
    await until(() => expect(appended).toHaveLength(1));
    await Promise.all(appended);
    const next = open();
    const { append } = next.keeper;
    // As after the dedupe window: what the sequence calls a duplicate is no longer known by its id.
    next.keeper.append = async (one) => {
      const outcome = await append.call(next.keeper, one);
      return outcome.type === "appended" && outcome.duplicate ? { ...outcome, offset: undefined } : outcome;
    };
    await next.outgoing.idle();
    expect(await log(next)).toEqual(["first", "a"]);
    expect(next.errors).toEqual([]);
  });

  it("publishes what came after a backup that the database was restored from, and says so", async () => {
    const shop = open();
    for (const name of orders(5)) shop.outgoing.emit("order.placed", order(name));
    await shop.outgoing.idle();
    shop.db.exec("CREATE TABLE kept AS SELECT * FROM eventwire_outbox_publisher");
    for (const name of ["x", "y", "z"]) shop.outgoing.emit("order.placed", order(name));
    await shop.outgoing.close();
    shop.db.exec(
      `UPDATE eventwire_outbox_publisher SET epoch = (SELECT epoch FROM kept);
       UPDATE sqlite_sequence SET seq = 5 WHERE name = 'eventwire_outbox'`,
    );
    const restored = open();
    for (const name of ["new 1", "new 2", "new 3", "new 4"])
      restored.outgoing.emit("order.placed", order(name));
    await restored.outgoing.idle();
    const expected = [...orders(5), "x", "y", "z", "new 1", "new 2", "new 3", "new 4"];
    expect(await log(restored)).toEqual(expected);
    expect(restored.errors).toMatchObject([{ code: "OutboxRestarted" }]);
  });

  it("goes on with a log that is a new one, and says so", async () => {
    const shop = open();
    shop.outgoing.emit("order.placed", order("a"));
    await shop.outgoing.idle();
    await shop.outgoing.close();
    const next = open({}, "new.db");
    for (const name of orders(20)) next.outgoing.emit("order.placed", order(name));
    await next.outgoing.idle();
    expect(await log(next)).toEqual(orders(20));
    expect(next.errors).toMatchObject([{ code: "OutboxRestarted" }]);
  });

  it("is published by one process at a time, each event once, whoever committed it", async () => {
    const all = [open(), open(), open()];
    for (const [index, name] of orders(300).entries()) {
      all[index % 3]!.outgoing.emit("order.placed", order(name));
      if (index % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(all.map(({ outgoing }) => outgoing.idle()));
    expect(await log(all[0]!)).toEqual(orders(300));
    expect(all.flatMap(({ errors }) => errors)).toEqual([]);
  });

  it("takes over from a process that stands still, and fences it", async () => {
    const first = open();
    const stuck = open();
    await stuck.outgoing.idle();
    const { append } = stuck.keeper;
    const late: (() => Promise<unknown>)[] = [];
    stuck.keeper.append = (next) =>
      new Promise((resolve) => late.push(async () => resolve(await append.call(stuck.keeper, next))));
    first.outgoing.emit("order.placed", order("a"));
    first.outgoing.emit("order.placed", order("b"));
    await first.outgoing.idle();
    await Promise.all(late.map((go) => go()));
    stuck.keeper.append = append;
    stuck.outgoing.emit("order.placed", order("c"));
    await stuck.outgoing.idle();
    expect(await log(first)).toEqual(["a", "b", "c"]);
    expect([...first.errors, ...stuck.errors]).toEqual([]);
  });

  it("never publishes as the process that took over while this one found the log to be of another history", async () => {
    const { bus } = createShop(folder.path);
    const db = connect(folder.path);
    const other = new OutboxTable(connect(folder.path), "eventwire_outbox", "other");
    const { keeper } = attach(bus);
    const append = keeper.append.bind(keeper);
    const producers: unknown[] = [];
    let overtake = () => undefined as unknown;
    keeper.append = async (next) => {
      producers.push(next.producer);
      if (producers.length > 1) return append(next);
      overtake = () => other.take("another");
      return { type: "conflict", expected: 7 };
    };
    const watched: Connection = {
      exec: (sql) => {
        if (sql === "BEGIN IMMEDIATE") overtake();
        return db.exec(sql);
      },
      prepare: (sql) => db.prepare(sql),
      get isTransaction() {
        return db.isTransaction;
      },
    };
    const outgoing = outbox(bus, watched);
    outgoing.emit("order.placed", order("a"));
    await until(() => expect(other.publisher().owner).toBe("another"));
    overtake = () => undefined;
    await outgoing.close({ drain: 100 });
    await bus.close();
    // Not as the other one, which nothing would fence.
    expect(producers).toEqual([{ id: other.publisher().producer, epoch: 1, sequence: 1 }]);
    expect(other.publisher()).toMatchObject({ owner: "another", epoch: 2 });
  });

  it("ends with its bus where the application has closed the connection before", async () => {
    const shop = open();
    shop.outgoing.emit("order.placed", order("a"));
    await shop.outgoing.idle();
    shop.db.close();
    await shop.bus.close({ drain: 100 });
    expect(shop.errors.map(({ message }) => message)).toContain("database is not open");
    closings = [];
    // The log has ended as well, and lets go of its file.
    const next = open();
    expect(await log(next)).toEqual(["a"]);
  });

  it("waits for a log that fails, and for a database that is locked", async () => {
    const shop = open();
    const { keeper, outgoing, errors } = shop;
    await outgoing.idle();
    const { append } = keeper;
    keeper.append = () => Promise.reject(new Error("no disk"));
    outgoing.emit("order.placed", order("a"));
    await until(() => expect(errors).toMatchObject([{ message: "no disk" }]));
    keeper.append = append;
    const other = connect(folder.path);
    shop.db.exec("PRAGMA busy_timeout = 0");
    other.exec("BEGIN IMMEDIATE");
    await new Promise((resolve) => setTimeout(resolve, 200));
    other.exec("COMMIT");
    other.close();
    await outgoing.idle();
    expect(await log(shop)).toEqual(["a"]);
  });

  it("publishes what waits when it is closed, and nothing afterwards", async () => {
    const shop = open();
    shop.outgoing.emit("order.placed", order("a"));
    await shop.outgoing.close();
    await shop.outgoing.close();
    expect(await log(shop)).toEqual(["a"]);
    expect(() => shop.outgoing.emit("order.placed", order("b"))).toThrow(ClosedError);
    await expect(shop.outgoing.idle()).rejects.toThrow(ClosedError);
    await expect(shop.outgoing.close({ drain: -1 })).rejects.toThrow(MisuseError);
    expect(shop.db.all("SELECT owner FROM eventwire_outbox_publisher")).toEqual([{ owner: null }]);
  });

  it("ends with its bus, which publishes what waits", async () => {
    const shop = open();
    shop.outgoing.emit("order.placed", order("a"));
    await shop.bus.close();
    expect(shop.db.all("SELECT * FROM eventwire_outbox")).toEqual([]);
    const next = open();
    expect(await log(next)).toEqual(["a"]);
    await next.bus.close();
    expect(() => outbox(next.bus, next.db)).toThrow(ClosedError);
  });
});
