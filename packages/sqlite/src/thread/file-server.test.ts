import { shardOf } from "@eventwire/core";
import { expect, it, onTestFinished, vi } from "vitest";
import { createPath, event, openBroker, readAll } from "../../fixtures/broker.js";
import type { Call, FromThread, NewTasks } from "../messages.js";
import { moment } from "../moment.js";
import { RecordWriter } from "../records.js";
import { FileServer } from "./file-server.js";
import { openFile } from "./open-file.js";

async function openServer(path: string) {
  const posted: Extract<FromThread, { readonly type: "answers" }>[] = [];
  const file = await openFile(path, 1_000);
  const data = {
    file: path,
    dedupeWindow: 600_000,
    producerWindow: 1_000_000,
    producersPerOwner: 1_000,
    busyTimeout: 1_000,
    retention: { events: 1 },
  };
  const server = new FileServer(file, data, (message) => {
    if (message.type === "answers") posted.push(message);
  });
  onTestFinished(() => server.close(0));
  const turn = (calls: readonly Call[], add: (writer: RecordWriter) => void = () => undefined) => {
    const writer = new RecordWriter();
    add(writer);
    const { bytes, names } = writer.take();
    const now = Date.now();
    server.receive({
      ...{ type: "turn", now, calls, records: bytes, names, producers: new Map(), asked: moment() },
    });
  };
  return { server, posted, turn };
}

it("tells of what others have appended where a commit of its own was the first to learn of it", async () => {
  const path = createPath();
  const { server, turn, posted } = await openServer(path);
  turn([{ number: 1, type: "head", ask: {} }]);
  const other = await openBroker(path);
  await other.log.append([event()]);
  await other.log.append([event()]);
  await vi.waitUntil(async () => (await readAll(other)).length === 1, { timeout: 10_000 });
  server.receive({ type: "watch", watching: { others: true, states: false } });
  await vi.waitUntil(() => posted.at(-1)?.head === 2, { timeout: 1_000 });
});

it("tells of tasks that were made ready in a transaction of which another part is undone", async () => {
  const { turn, posted } = await openServer(createPath());
  const none: NewTasks = {
    count: 0,
    dueAt: new Map(),
    priority: new Map(),
    after: new Map(),
    keep: new Map(),
  };
  const lost = [{ cursor: "c", token: 7, state: undefined, lease: 0 }];
  turn(
    [
      { number: 1, type: "enqueue", ask: { ...none, count: 1 } },
      { number: 2, type: "write", ask: { id: "w", save: lost, settle: [], append: 0, enqueue: none } },
    ],
    (writer) => writer.add({ ...event({ name: "work" }), shard: shardOf("work", undefined) }),
  );
  await vi.waitUntil(() => posted.length > 0, { timeout: 20_000 });
  expect(posted[0]).toMatchObject({
    ready: ["work"],
    answers: [{ number: 1 }, { number: 2, answer: { type: "refused" } }],
  });
});
