import { copyFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { createBus, defineContract, event, type Gap, type Offset, unchecked } from "@eventwire/core";
import { expect, it, onTestFinished, vi } from "vitest";
import { createPath } from "../fixtures/broker.js";
import { DatabaseSync } from "../fixtures/driver.js";
import { inbox } from "./inbox.js";
import { sqlite } from "./sqlite.js";

const contract = defineContract({
  "note.kept": event(unchecked<number>(), { delivery: "durable" }),
});

const patience = { timeout: 10_000 };

/** All who listen on a file, each of whom remembers its place, and what they hear. */
async function run(path: string, since: Offset | undefined) {
  const database = new DatabaseSync(join(dirname(path), "app.db"));
  const bus = createBus(contract, { broker: sqlite(path) });
  const heard: string[] = [];
  const gaps: string[] = [];
  const onGap = (who: string) => (gap: Gap) => gaps.push(`${who} ${gap.reason}`);
  const listening = bus.on("note.kept", (note) => heard.push(`listener ${note}`), {
    since,
    onGap: onGap("listener"),
  });
  const group = bus.on("note.kept", (note) => heard.push(`group ${note}`), {
    group: "g",
    onGap: onGap("group"),
  });
  const effects = inbox(bus, database, "effects");
  effects.on("note.kept", (note) => heard.push(`inbox ${note}`), { onGap: onGap("inbox") });
  await Promise.all([listening.ready, group.ready, bus.position()]);
  let ending: Promise<void> | undefined;
  const close = () => {
    ending ??= bus.close().then(() => database.close());
    return ending;
  };
  onTestFinished(close);
  return { bus, heard, gaps, close };
}

const everybody = (note: number) => [`group ${note}`, `inbox ${note}`, `listener ${note}`];

it("a log that has lost its last events tells all who had read them, and gives them what comes next", async () => {
  const path = createPath();
  const first = await run(path, undefined);
  await first.bus.emit("note.kept", 1);
  await vi.waitUntil(() => first.heard.length === 3, patience);
  await first.close();
  copyFileSync(path, `${path}.before`);

  const second = await run(path, undefined);
  for (const note of [2, 3, 4]) await second.bus.emit("note.kept", note);
  await vi.waitUntil(() => second.heard.length === 9, patience);
  const place = await second.bus.position();
  await second.close();
  // Cursors are in the log's file, so the group's place goes back with it.
  copyFileSync(`${path}.before`, path);

  const third = await run(path, place);
  await third.bus.emit("note.kept", 5);
  await third.bus.emit("note.kept", 6);
  await vi.waitUntil(() => third.heard.length >= 6, patience);
  expect(third.heard.sort()).toEqual([...everybody(5), ...everybody(6)].sort());
  expect(third.gaps.sort()).toEqual(["inbox truncated", "listener truncated"]);
});

it("a log whose write-ahead log was taken away is another history", async () => {
  const path = createPath();
  const broker = sqlite(path);
  await broker.open();
  const epoch = await broker.log.epoch();
  // As a crash leaves the files.
  const copy = join(dirname(path), "copy.db");
  for (const end of ["", "-wal", "-shm"]) copyFileSync(path + end, copy + end);
  await broker.close({ drain: 0 });

  const epochOf = async () => {
    const opened = sqlite(copy);
    await opened.open();
    const found = await opened.log.epoch();
    await opened.close({ drain: 0 });
    return found;
  };
  const kept = `${copy}-wal`;
  copyFileSync(kept, `${kept}.away`);
  expect(await epochOf(), "with all that a crash leaves").toBe(epoch);
  for (const end of ["", "-shm"]) copyFileSync(path, copy + end);
  rmSync(kept, { force: true });
  const after = await epochOf();
  expect(after).not.toBe(epoch);
  expect(await epochOf(), "from then on").toBe(after);
});
