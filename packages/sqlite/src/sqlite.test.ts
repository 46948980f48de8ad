import { existsSync } from "node:fs";
import { VirtualClock } from "@eventwire/testing";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createPath, event, openBroker, readAll } from "../fixtures/broker.js";
import { DatabaseSync } from "../fixtures/driver.js";
import { sqlite } from "./sqlite.js";

describe("retention", () => {
  it("lets the oldest rows go beyond a number of events, and tells who has not read them", async () => {
    const broker = await openBroker(createPath(), { retention: { events: 5 } });
    for (let count = 0; count < 20; count++) await broker.log.append([event()]);
    await vi.waitUntil(async () => (await readAll(broker)).length === 5, { timeout: 10_000 });
    expect(await broker.log.read({ after: 0, limit: 1, bytes: 1 })).toMatchObject({ trimmed: 15 });
    expect(await broker.log.head()).toBe(20);
  });

  it("lets go what is older than an age, and what takes more than so many bytes", async () => {
    const clock = new VirtualClock();
    const broker = await openBroker(createPath(), {
      retention: { age: 60_000, bytes: 1_000 },
      runtime: clock,
    });
    await broker.log.append([event({ body: new Uint8Array(900) })]);
    const kept = event({ body: new Uint8Array(900) });
    await broker.log.append([kept]);
    const more = event({ body: new Uint8Array(900) });
    await broker.log.append([more]);
    const left = async () => (await readAll(broker)).map(({ id }) => id);
    await vi.waitUntil(async () => (await left()).length === 2, { timeout: 10_000 });
    expect(await left()).toEqual([kept.id, more.id]);
    await clock.advance(61_000);
    await vi.waitUntil(async () => (await left()).length === 0, { timeout: 10_000 });
  });
});

describe("retention that fails", () => {
  it("is reported once, and goes on when it can", async () => {
    const path = createPath();
    const clock = new VirtualClock();
    const broker = await openBroker(path, { retention: { events: 1 }, busyTimeout: 10, runtime: clock });
    const holder = new DatabaseSync(path);
    onTestFinished(() => holder.close());
    await broker.log.append([event()]);
    await broker.log.append([event()]);
    holder.exec("BEGIN IMMEDIATE");
    await vi.waitUntil(() => clock.loggedErrors.length > 0, { timeout: 10_000 });
    expect(clock.loggedErrors).toMatchObject([
      { code: "StoreLocked", message: expect.stringContaining("retention") },
    ]);
    holder.exec("ROLLBACK");
    await vi.waitUntil(async () => (await readAll(broker)).length === 1, { timeout: 10_000 });
    expect(clock.loggedErrors).toHaveLength(1);
  });
});

describe("a clock that is put back", () => {
  it("makes a lease no longer than it is", async () => {
    const path = createPath();
    const ahead = new VirtualClock({ start: Date.UTC(2002, 0, 1) });
    const now = new VirtualClock({ start: Date.UTC(2001, 0, 1) });
    const before = await openBroker(path, { runtime: ahead });
    const broker = await openBroker(path, { runtime: now });
    await before.log.acquire("c", "one", 1_000);
    await before.tasks.enqueue([{ ...event(), dueAt: undefined }]);
    await before.tasks.claim({ names: ["a"], owner: "one", lease: 1_000, limit: 1 });
    expect(await broker.log.acquire("c", "two", 1_000)).toBeUndefined();
    expect(await broker.tasks.claim({ names: ["a"], owner: "two", lease: 1_000, limit: 1 })).toEqual([]);
    await now.advance(1_001);
    expect(await broker.log.acquire("c", "two", 1_000)).toBeDefined();
    expect(await broker.tasks.claim({ names: ["a"], owner: "two", lease: 1_000, limit: 1 })).toHaveLength(1);
  });

  it("makes no lease longer for who has looked before it was put forward, and not since", async () => {
    const path = createPath();
    const ahead = await openBroker(path, { runtime: new VirtualClock({ start: Date.UTC(2002, 0, 1) }) });
    const now = new VirtualClock({ start: Date.UTC(2001, 0, 1) });
    const { tasks } = await openBroker(path, { runtime: now });
    const query = { names: ["a"], owner: "two", lease: 1_000, limit: 1 };
    expect(await tasks.claim(query)).toEqual([]);
    await ahead.tasks.enqueue([event()]);
    await ahead.tasks.claim({ ...query, owner: "one" });
    await now.advance(1);
    expect(await tasks.claim(query)).toEqual([]);
    await now.advance(1_000);
    expect(await tasks.claim(query)).toMatchObject([{ attempt: 2 }]);
  });

  it("keeps the times of the log in order", async () => {
    const path = createPath();
    const ahead = new VirtualClock({ start: 2_000 });
    const first = await openBroker(path, { runtime: ahead });
    await first.log.append([event()]);
    const broker = await openBroker(path, { runtime: new VirtualClock({ start: 1_000 }) });
    await broker.log.append([event()]);
    expect([await broker.log.at(1_500), await broker.log.at(2_001)]).toEqual([0, 2]);
  });
});

describe("closing", () => {
  it("leaves one file, with all in it", async () => {
    const path = createPath();
    const broker = sqlite(path);
    await broker.open();
    await broker.log.append([event()]);
    await broker.close({ drain: 1_000 });
    expect([path, `${path}-wal`, `${path}-shm`].map((file) => existsSync(file))).toEqual([
      true,
      false,
      false,
    ]);
  });
});
