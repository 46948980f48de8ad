import { MisuseError } from "@eventwire/core";
import { createFolder } from "@eventwire/programs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { connect, createShop } from "../../fixtures/shop.js";
import { inbox } from "./create-inbox.js";

const orders = (count: number) => Array.from({ length: count }, (_, index) => `o${index}`);

const until = (check: () => unknown) => vi.waitFor(check, 20_000);

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

function open(file?: string) {
  const { bus, errors } = createShop(folder.path, file);
  const db = connect(folder.path);
  closings.push(
    () => db.close(),
    () => bus.close(),
  );
  return { bus, errors, db };
}

async function emit(bus: ReturnType<typeof open>["bus"], names: readonly string[]) {
  await Promise.all(names.map((order) => bus.emit("order.placed", { order, total: 1 })));
}

describe("inbox", () => {
  it("begins at the start of the log, and goes on after what had its effect", async () => {
    const first = open();
    await emit(first.bus, ["a", "b"]);
    const stop = inbox(first.bus, first.db, "billing").on("order.placed", ({ order }) =>
      first.db.effect(order),
    );
    await until(() => expect(first.db.effects()).toEqual(["a", "b"]));
    stop();
    await emit(first.bus, ["c"]);
    const second = open();
    inbox(second.bus, second.db, "billing").on("order.placed", ({ order }, { name, key }) =>
      second.db.effect(`${name} ${key} ${order}`),
    );
    await until(() => expect(second.db.effects()).toEqual(["a", "b", "order.placed c c"]));
    expect(second.errors).toEqual([]);
  });

  it("begins where it is told the first time only", async () => {
    const { bus, db } = open();
    await emit(bus, ["a"]);
    const since = await bus.position();
    await inbox(bus, db, "billing").on("order.placed", ({ order }) => db.effect(order), { since }).ready;
    const other = open();
    await emit(other.bus, ["b"]);
    await until(() => expect(db.effects()).toEqual(["b"]));
    const later = await other.bus.position();
    await emit(other.bus, ["c"]);
    inbox(other.bus, other.db, "billing").on("order.placed", ({ order }) => other.db.effect(order), {
      since: later,
    });
    await until(() => expect(db.effects()).toEqual(["b", "c"]));
  });

  it("has one effect of each event, however many do it by the same name", async () => {
    const names = orders(200);
    const all = [open(), open(), open()];
    for (const { bus, db } of all)
      inbox(bus, db, "billing").on("order.placed", ({ order }) => db.effect(order));
    await emit(all[0]!.bus, names);
    await until(() => expect(all[0]!.db.effects()).toHaveLength(names.length));
    // They read the log up to its end before they are looked at.
    await Promise.all(all.map(({ bus }) => bus.close()));
    expect(all[0]!.db.effects()).toEqual(names);
    expect(all.flatMap(({ errors }) => errors)).toEqual([]);
  });

  it("keeps inboxes, and what each listens to, apart", async () => {
    const { bus, db } = open();
    const billing = inbox(bus, db, "billing");
    billing.on("order.placed", ({ order }) => db.effect(`placed ${order}`));
    billing.on("order.*", ({ name, data }) => db.effect(`${name} ${data.order}`));
    inbox(bus, db, "mail").on("order.paid", ({ order }) => db.effect(`mail ${order}`));
    await bus.emit("order.placed", { order: "a", total: 1 });
    await bus.emit("order.paid", { order: "a", total: 1 });
    await until(() =>
      expect(db.effects().sort()).toEqual(["mail a", "order.paid a", "order.placed a", "placed a"]),
    );
  });

  it("takes the events of a pattern in the order of the log", async () => {
    const { bus, db } = open();
    for (const order of orders(50)) {
      void bus.emit("order.placed", { order, total: 1 });
      void bus.emit("order.paid", { order, total: 1 });
    }
    inbox(bus, db, "billing").on("order.*", ({ name, data }) => db.effect(`${name} ${data.order}`));
    const expected = orders(50).flatMap((order) => [`order.placed ${order}`, `order.paid ${order}`]);
    await until(() => expect(db.effects()).toEqual(expected));
  });

  it("undoes what a handler wrote that throws, keeps the event as failed, and goes on", async () => {
    const { bus, db, errors } = open();
    const billing = inbox(bus, db, "billing");
    billing.on("order.placed", ({ order }) => {
      db.effect(order);
      if (order === "b") throw new Error("no such customer");
    });
    await emit(bus, ["a", "b", "c"]);
    await until(() => expect(db.effects()).toEqual(["a", "c"]));
    expect(billing.failed()).toEqual([
      {
        pattern: "order.placed",
        name: "order.placed",
        id: expect.any(String),
        offset: expect.stringMatching(/\.2$/),
        error: "no such customer",
        attempts: 1,
        failedAt: expect.any(Number),
      },
    ]);
    expect(errors).toMatchObject([{ code: "ListenerFailed", cause: { message: "no such customer" } }]);
  });

  it("gives a failed event to its handler again, and once if two do so at once", async () => {
    let broken = true;
    const all = [open(), open()].map(({ bus, db, errors }) => {
      const billing = inbox(bus, db, "billing");
      billing.on("order.placed", ({ order }) => {
        db.effect(order);
        if (broken) throw new Error("broken");
      });
      return { bus, db, errors, billing };
    });
    const [one, two] = all as [(typeof all)[number], (typeof all)[number]];
    await emit(one.bus, ["a", "b"]);
    await until(() => expect(one.billing.failed()).toHaveLength(2));
    expect(await one.billing.redo()).toBe(0);
    expect(one.billing.failed()).toMatchObject([{ attempts: 2 }, { attempts: 2 }]);
    broken = false;
    const [first] = one.billing.failed();
    expect(await one.billing.redo([first!.offset])).toBe(1);
    expect(one.db.effects()).toEqual(["a"]);
    const done = await Promise.all([one.billing.redo(), two.billing.redo()]);
    expect(done[0]! + done[1]!).toBe(1);
    expect(one.db.effects()).toEqual(["a", "b"]);
    expect(one.billing.failed()).toEqual([]);
  });

  it("keeps a failed event that the log keeps no longer, until it is given up", async () => {
    const { bus, db, errors } = open();
    const billing = inbox(bus, db, "billing");
    billing.on("order.placed", () => {
      throw new Error("broken");
    });
    await emit(bus, ["a"]);
    await until(() => expect(billing.failed()).toHaveLength(1));
    const { offset } = billing.failed()[0]!;
    // As in a database of before the log was another one.
    db.exec("UPDATE eventwire_inbox_failed SET epoch = 'another'");
    expect(await billing.redo()).toBe(0);
    expect(errors.at(-1)).toBeInstanceOf(MisuseError);
    billing.forget([offset]);
    expect(billing.failed()).toHaveLength(1);
    billing.forget([billing.failed()[0]!.offset]);
    expect(billing.failed()).toEqual([]);
  });

  it("refuses a promise: its writes are undone, and what it fails with later is reported", async () => {
    const { bus, db, errors } = open();
    const billing = inbox(bus, db, "billing");
    billing.on("order.placed", ({ order }) => {
      db.effect(order);
      return Promise.reject(new Error("later")) as unknown as undefined;
    });
    await emit(bus, ["a"]);
    await until(() => expect(errors).toHaveLength(2));
    expect(db.effects()).toEqual([]);
    expect(billing.failed()[0]!.error).toContain("returned a promise");
    expect(errors.map(({ cause }) => (cause as Error).message)).toEqual(
      expect.arrayContaining(["later", expect.stringContaining("synchronous")]),
    );
  });

  it("undoes nothing, but says so, where a handler ends its transaction", async () => {
    const { bus, db } = open();
    const billing = inbox(bus, db, "billing");
    billing.on("order.placed", ({ order }) => {
      db.effect(order);
      if (order === "a") db.exec("COMMIT");
      if (order === "b") db.exec("ROLLBACK");
    });
    await emit(bus, ["a", "b", "c"]);
    await until(() => expect(db.effects()).toEqual(["a", "c"]));
    expect(billing.failed().map(({ error }) => error)).toEqual([
      expect.stringContaining("ended the transaction"),
      expect.stringContaining("ended the transaction"),
    ]);
  });

  it("refuses what it cannot do", () => {
    const { bus, db } = open();
    const billing = inbox(bus, db, "billing");
    const nothing = () => undefined;
    billing.on("order.placed", nothing);
    expect(() => billing.on("order.placed", nothing)).toThrow("listens to that already");
    expect(() => billing.on("order.paid", async () => undefined)).toThrow("asynchronous");
    expect(() => billing.on("*", nothing)).toThrow('"shop.opened" is not durable');
    // @ts-expect-error it is not durable
    expect(() => billing.on("shop.opened", nothing)).toThrow(MisuseError);
    // @ts-expect-error there is none
    expect(() => billing.on("order.lost", nothing)).toThrow("no such event");
    expect(() => inbox(bus, db, "")).toThrow(MisuseError);
    expect(() => inbox(bus, db, "a", { busyTimeout: -1 })).toThrow(MisuseError);
    db.exec("BEGIN");
    expect(() => inbox(bus, db, "mail")).toThrow("transaction is open");
    db.exec("ROLLBACK");
  });

  it("passes nothing while a transaction of the application's is open, and says so once", async () => {
    const { bus, db, errors } = open();
    inbox(bus, db, "billing").on("order.placed", ({ order }) => db.effect(order));
    await emit(bus, ["a"]);
    await until(() => expect(db.effects()).toEqual(["a"]));
    db.exec("BEGIN");
    await emit(bus, orders(20));
    await until(() => expect(errors).toHaveLength(1));
    expect(errors[0]!.message).toContain("End transactions in the turn that they begin in");
    db.exec("ROLLBACK");
    await until(() => expect(db.effects()).toEqual(["a", ...orders(20)]));
    expect(errors).toHaveLength(1);
  });

  it("passes nothing while another connection holds the database, in order, and says so after a while", async () => {
    const { bus, db, errors } = open();
    const other = connect(folder.path);
    inbox(bus, db, "billing", { busyTimeout: 50 }).on("order.*", ({ data }) => db.effect(data.order));
    other.exec("BEGIN IMMEDIATE");
    await emit(bus, orders(300));
    await until(() => expect(errors).toHaveLength(1));
    expect(errors[0]!.cause).toMatchObject({ code: "StoreLocked" });
    await emit(bus, ["last"]);
    other.exec("COMMIT");
    other.close();
    await until(() => expect(db.effects()).toEqual([...orders(300), "last"]));
    expect(errors).toHaveLength(1);
  });

  it("waits at the start for a database that is locked", async () => {
    const { bus, db, errors } = open();
    const since = await bus.position();
    const billing = inbox(bus, db, "billing");
    const other = connect(folder.path);
    other.exec("BEGIN IMMEDIATE");
    const stop = billing.on("order.placed", ({ order }) => db.effect(order), { since });
    const ended = billing.on("order.paid", () => undefined, { since });
    ended();
    await ended.ready;
    await emit(bus, ["a"]);
    other.exec("COMMIT");
    other.close();
    await stop.ready;
    await until(() => expect(db.effects()).toEqual(["a"]));
    expect(errors).toEqual([]);
  });

  it("passes nothing where the database has no room for what a handler writes", async () => {
    const { bus, db, errors } = open();
    const billing = inbox(bus, db, "billing");
    const [{ page_count: pages } = { page_count: 0 }] = db.all<{ page_count: number }>("PRAGMA page_count");
    db.exec(`PRAGMA max_page_count = ${pages + 3}`);
    billing.on("order.placed", ({ order }) => {
      try {
        db.effect(order.repeat(100_000));
      } catch (cause) {
        throw new Error("as a library wraps it", { cause });
      }
    });
    await emit(bus, ["a", "b"]);
    await until(() => expect(errors).toHaveLength(1));
    db.exec("PRAGMA max_page_count = 10000");
    await until(() => expect(db.effects().map((order) => order[0])).toEqual(["a", "b"]));
    expect(billing.failed()).toEqual([]);
    expect(errors).toMatchObject([{ code: "ListenerFailed" }]);
  });

  it("tells of a log that has become another one, and takes that from its start", async () => {
    const first = open();
    inbox(first.bus, first.db, "billing").on("order.placed", ({ order }) => first.db.effect(order));
    await emit(first.bus, ["a", "b"]);
    await until(() => expect(first.db.effects()).toEqual(["a", "b"]));
    const second = open("restored.db");
    await emit(second.bus, ["c"]);
    const onGap = vi.fn();
    inbox(second.bus, second.db, "billing").on("order.placed", ({ order }) => second.db.effect(order), {
      onGap,
    });
    await until(() => expect(second.db.effects()).toEqual(["a", "b", "c"]));
    expect(onGap).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ reason: "epoch" }));
    // Who still reads the older one does nothing again, and moves nobody back.
    await emit(first.bus, ["d"]);
    await until(() => expect(second.db.effects()).toEqual(["a", "b", "c", "d"]));
    const third = open("restored.db");
    await emit(third.bus, ["e"]);
    const places = inbox(third.bus, third.db, "billing");
    places.on("order.placed", ({ order }) => third.db.effect(order), { onGap });
    await until(() => expect(third.db.effects().at(-1)).toBe("e"));
    expect(third.db.effects()).toEqual(["a", "b", "c", "d", "e"]);
    expect(onGap).toHaveBeenCalledTimes(1);
  });

  it("takes a connection that tells of its transactions as better-sqlite3 does, or not at all", async () => {
    const { bus, db } = open();
    const other = connect(folder.path);
    closings.push(() => other.close());
    const prepare = (sql: string) => other.prepare<unknown>(sql) as never;
    const plain = { exec: (sql: string) => other.exec(sql), prepare };
    const better = {
      ...plain,
      get inTransaction() {
        return other.isTransaction;
      },
    };
    inbox(bus, plain, "plain").on("order.placed", ({ order }) => other.effect(`plain ${order}`));
    inbox(bus, better, "better").on("order.placed", ({ order }) => other.effect(`better ${order}`));
    await emit(bus, ["a"]);
    await until(() => expect(db.effects().sort()).toEqual(["better a", "plain a"]));
    other.exec("BEGIN");
    expect(() => inbox(bus, plain, "third")).toThrow("transaction is open");
    other.exec("ROLLBACK");
  });
});
