import { describe, expect, it, onTestFinished } from "vitest";
import { createPath, event } from "../../fixtures/broker.js";
import { DatabaseSync } from "../../fixtures/driver.js";
import { type Moment, moment } from "../moment.js";
import { Records, RecordWriter } from "../records.js";
import type { Part } from "./appender.js";
import { GroupCommit } from "./group-commit.js";
import { openFile } from "./open-file.js";

function partOf(size: number, { id = event().id, asked = moment() } = {}): Part {
  const writer = new RecordWriter();
  writer.add(event({ id, body: new Uint8Array(size) }));
  const { bytes, names } = writer.take();
  return {
    incoming: { records: new Records(bytes), names, producers: new Map(), asked },
    at: 0,
    index: 0,
    count: 1,
    bytes: bytes.length,
  };
}

const dedupeWindow = 600_000;

async function openCommits({ path = createPath(), clock = moment } = {}) {
  const file = await openFile(path, 1_000);
  onTestFinished(() => {
    file.reader.close();
    file.writer.close();
  });
  const committed: number[] = [];
  const commits = new GroupCommit(
    file.writer,
    file.path,
    { dedupeWindow, producerWindow: 1_000_000, producersPerOwner: 1_000, busyTimeout: 1_000 },
    { committed: ({ head }) => committed.push(head), undone: () => undefined },
    clock,
  );
  const append = (size: number, now = 1_000, of: { readonly id?: string; readonly asked?: Moment } = {}) =>
    new Promise<unknown>((resolve) => commits.append(partOf(size, of), now, resolve));
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
      commits.do((transaction) => void transaction.append([partOf(1)], 1_000), resolve, { bytes }),
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

describe("a repetition that was asked for in time", () => {
  const asked = { wall: 1_000 + dedupeWindow - 1, monotonic: 0 };
  const after = (milliseconds: number): Moment => ({
    wall: asked.wall + milliseconds,
    monotonic: milliseconds,
  });

  /** A log that has an event, which another process made forget all that it may, so long after the repetition was asked for. */
  async function openForgotten(stood: number, now = after(stood)) {
    const path = createPath();
    const { append } = await openCommits({ path, clock: () => now });
    const { append: appendElsewhere } = await openCommits({ path, clock: () => now });
    await append(10, 1_000, { id: "bus.1", asked: now });
    await appendElsewhere(10, asked.wall + stood, { asked: now });
    const read = () => append(10, asked.wall, { id: "bus.1", asked });
    return read();
  }

  it("is known, although the process stood still before it was committed", async () => {
    const appended = [{ type: "appended", offset: 1, duplicate: true }];
    expect(await openForgotten(29_000)).toEqual({ result: appended });
  });

  it("is refused where the process stood still for so long that it may not be known", async () => {
    const refused = { error: { message: expect.stringContaining("nothing was written") } };
    expect(await openForgotten(61_000)).toMatchObject(refused);
  });

  it("is refused where the machine slept, while its monotonic clock stood", async () => {
    const refused = { error: { message: expect.stringContaining("nothing was written") } };
    expect(await openForgotten(61_000, { wall: after(61_000).wall, monotonic: 0 })).toMatchObject(refused);
  });

  it("is refused alone", async () => {
    const { append } = await openCommits({ clock: () => after(61_000) });
    const outcomes = [append(10), append(10, 1_000, { asked }), append(10)];
    expect(await Promise.all(outcomes)).toMatchObject([{ result: 1 }, { error: {} }, { result: 2 }]);
  });
});
