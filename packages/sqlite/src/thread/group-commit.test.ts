import { expect, it, onTestFinished } from "vitest";
import { createPath, event } from "../../fixtures/broker.js";
import { DatabaseSync } from "../../fixtures/driver.js";
import { Records, RecordWriter } from "../records.js";
import type { Part } from "./appender.js";
import { GroupCommit } from "./group-commit.js";
import { openFile } from "./open-file.js";

function partOf(size: number): Part {
  const writer = new RecordWriter();
  writer.add(event({ body: new Uint8Array(size) }));
  const { bytes, names } = writer.take();
  return {
    incoming: { records: new Records(bytes), names, producers: new Map() },
    at: 0,
    index: 0,
    count: 1,
    bytes: bytes.length,
  };
}

async function openCommits() {
  const file = await openFile(createPath(), 1_000);
  onTestFinished(() => {
    file.reader.close();
    file.writer.close();
  });
  const committed: number[] = [];
  const commits = new GroupCommit(
    file.writer,
    file.path,
    { dedupeWindow: 1_000, producerWindow: 1_000_000, producersPerOwner: 1_000, busyTimeout: 1_000 },
    { committed: ({ head }) => committed.push(head), undone: () => undefined },
  );
  const append = (size: number) =>
    new Promise<unknown>((resolve) => commits.append(partOf(size), 1_000, resolve));
  return { file, commits, committed, append };
}

it("commits what comes in one turn together", async () => {
  const { committed, append } = await openCommits();
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => append(10)));
  expect(outcomes).toEqual(Array.from({ length: 100 }, (_, index) => ({ result: index + 1 })));
  expect(committed).toEqual([100]);
});

it("takes no more than 16 MiB at once, but at least one", async () => {
  const { commits, committed, append } = await openCommits();
  const megabytes = (count: number) => count * 2 ** 20;
  const work = (bytes: number) =>
    new Promise<unknown>((resolve) =>
      commits.do((transaction) => void transaction.append([partOf(1)], 1_000), resolve, bytes),
    );
  await Promise.all([
    append(megabytes(9)),
    work(megabytes(6)),
    append(10),
    work(megabytes(9)),
    work(megabytes(17)),
    append(10),
  ]);
  expect(committed).toEqual([3, 4, 5, 6]);
});

it("lets what fails in a group fail alone", async () => {
  const { commits, committed, append } = await openCommits();
  const failing = new Promise<unknown>((resolve) =>
    commits.do(() => {
      throw new RangeError("not this one");
    }, resolve),
  );
  const appending = Promise.all([append(10), append(10)]);
  expect(await failing).toMatchObject({ error: { message: "not this one" } });
  expect(await appending).toEqual([{ result: 1 }, { result: 2 }]);
  expect(committed).toEqual([2]);
});

it("undoes what was done of what fails", async () => {
  const { commits, file, append } = await openCommits();
  await append(10);
  await new Promise<unknown>((resolve) =>
    commits.do((transaction) => {
      transaction.append([partOf(10)], 1_000);
      throw new RangeError("after all");
    }, resolve),
  );
  expect(await append(10)).toEqual({ result: 2 });
  expect(file.reader.prepare("SELECT head, events FROM log").get()).toMatchObject({ head: 2, events: 2 });
});

it("refuses what a full disk has no room for, keeps nothing of it, and goes on once there is room", async () => {
  const { file, append } = await openCommits();
  await append(10);
  const pages = file.writer.prepare<{ page_count: number }>("PRAGMA page_count").get()!.page_count;
  file.writer.exec(`PRAGMA max_page_count = ${pages}`);
  expect(await append(1_000_000)).toMatchObject({ error: { code: "StoreFull", retryable: true } });
  file.writer.exec("PRAGMA max_page_count = 1000000");
  expect(await append(1_000_000)).toEqual({ result: 2 });
});

it("refuses what has not begun when the time to end is over, however much waits", async () => {
  const { commits } = await openCommits();
  let begun = 0;
  const outcomes = Array.from(
    { length: 10_000 },
    () => new Promise<unknown>((resolve) => commits.do(() => ++begun, resolve)),
  );
  await commits.end(0);
  expect(begun).toBeLessThan(10_000);
  expect(await outcomes[0]).toEqual({ result: 1 });
  expect(await outcomes.at(-1)).toMatchObject({ error: { code: "Closed" } });
});

it("waits for a file that another connection writes to", async () => {
  const { file, append } = await openCommits();
  const other = new DatabaseSync(file.path);
  onTestFinished(() => other.close());
  other.exec("BEGIN IMMEDIATE");
  const appending = append(10);
  setTimeout(() => other.exec("COMMIT"), 20);
  expect(await appending).toEqual({ result: 1 });
});
