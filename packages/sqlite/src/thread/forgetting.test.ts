import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseSync } from "@photostructure/sqlite";
import { expect, it, onTestFinished } from "vitest";
import { createPath, event, openBroker } from "../../fixtures/broker.js";

/** How often a mark lies in the files. */
function traces(path: string, mark: string): number {
  return ["", "-wal"].reduce(
    (count, end) => count + readFileSync(path + end, "latin1").split(mark).length - 1,
    0,
  );
}

const secret = "a secret that is to be forgotten";
const bodyOf = (text: string) => Buffer.from(text.repeat(400));

it("overwrites what was erased, also where its row had been written anew before", async () => {
  const path = createPath();
  const { log } = await openBroker(path);
  const other = () => event({ name: "b", body: bodyOf("another text that takes some room") });
  await log.append([other(), other(), event({ key: "person", body: bodyOf(secret) }), other(), other()]);
  await log.trim({ before: 6, name: "b" });
  expect(await log.erase({ key: "person" })).toBe(1);
  expect(traces(path, secret)).toBe(0);
});

it("waits for who reads, to empty the write-ahead log of what was erased", async () => {
  const path = createPath();
  const { log } = await openBroker(path);
  await log.append([event({ key: "person", body: bodyOf(secret) })]);
  const other = new DatabaseSync(path);
  onTestFinished(() => other.close());
  other.exec("BEGIN");
  other.prepare("SELECT head FROM log").get();
  const erasing = log.erase({ key: "person" });
  await sleep(100);
  other.exec("COMMIT");
  expect(await erasing).toBe(1);
  expect(traces(path, secret)).toBe(0);
});

it("is told where what was erased may be left in the write-ahead log", async () => {
  const path = createPath();
  const { log } = await openBroker(path, { busyTimeout: 50 });
  await log.append([event({ key: "person", body: bodyOf(secret) })]);
  const other = new DatabaseSync(path);
  onTestFinished(() => other.close());
  other.exec("BEGIN");
  other.prepare("SELECT head FROM log").get();
  await expect(log.erase({ key: "person" })).rejects.toMatchObject({ code: "StoreLocked" });
  other.exec("COMMIT");
  expect(await log.erase({ key: "person" })).toBe(0);
  expect(traces(path, secret)).toBe(0);
});
