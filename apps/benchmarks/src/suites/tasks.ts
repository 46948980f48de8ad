import { beside } from "../harness/beside.js";
import type { Row, Suite } from "../harness/suite.js";
import { startServer } from "../log/private-server.js";
import { redisServer, redisTerms } from "../log/redis-server.js";
import { createFolder, fileSystem, type Store } from "../log/store.js";
import { doubled, endsApart } from "../processes/ends.js";
import type { TaskEnd } from "../tasks/end.js";
import { measureBacklog, measureRate, measureRemoteRate, measureStart } from "../tasks/measure-tasks.js";
import type { TaskEnds } from "../tasks/task-ends.js";

type TaskRow = Row<TaskEnds>;

/** What is compiled late is measured compiled: the paths of ours are longer than those of its peers. */
const counts = { warmUp: 4_000, measured: 8_000 };
/** How soon a task is begun may take, in milliseconds. */
const soon = 5;

function rate(name: string, keyed: boolean): TaskRow {
  return {
    name,
    unit: "tasks/s",
    better: "higher",
    ...(keyed && { peers: [] }),
    measure: (implementation) => measureRate(implementation, keyed, counts),
  };
}

function backlog(name: string, more: number): TaskRow {
  return {
    name,
    unit: "tasks/s",
    better: "higher",
    peers: [],
    measure: (implementation) => measureBacklog(implementation, more, counts),
  };
}

const endToEnd = rate("durable, end to end", false);
const ordered = rate("durable, per-key order", true);
const million = backlog("claim with 1M waiting", 1_000_000);
const none = backlog("claim with none more waiting", 0);
const remote: TaskRow = {
  name: "remote workers",
  unit: "tasks/s",
  better: "higher",
  // Its workers are clients of a server in any case.
  peers: ["bullmq"],
  measure: (implementation) => measureRemoteRate(implementation, counts),
};
const start: TaskRow = {
  name: "start latency p50",
  unit: "ms",
  better: "lower",
  measure: (implementation) => measureStart(implementation, { warmUp: 50, measured: 100 }),
};

async function ends(
  implementation: string,
  installed: string,
  terms: string,
  start: () => Promise<Store>,
): Promise<TaskEnds> {
  const apart = await endsApart<TaskEnd, TaskEnd>({
    server: "tasks/end",
    client: "tasks/end",
    implementation,
    installed,
  });
  return { ...apart, version: `${apart.version} (${terms})`, start };
}

const folder = async () => createFolder();

async function ours(): Promise<TaskEnds> {
  const own = await ends(
    "ours/tasks",
    "@eventwire/sqlite",
    `WAL, synchronous=FULL; all stores on ${fileSystem()}`,
    folder,
  );
  const remote = await endsApart<TaskEnd, TaskEnd>({
    server: "tasks/end",
    client: "tasks/end",
    implementation: "ours/remote-tasks",
    installed: "@eventwire/socket.io",
  });
  return { ...own, remote };
}

function besideOwn(row: string, says: string, factor: number, of: string) {
  return {
    kind: "promise" as const,
    row,
    says,
    bound: (figures: { ours(row: string): number | undefined }) => {
      const figure = figures.ours(of);
      return figure === undefined ? undefined : figure * factor;
    },
  };
}

/** What keeps work until it is done: how fast it goes from one process to another, and how soon it is begun. */
export const tasks: Suite<TaskEnds> = {
  name: "tasks",
  startsProcesses: true,
  ours,
  peers: {
    bullmq: () => ends("peers/tasks/bullmq", "bullmq", redisTerms(), () => startServer(redisServer)),
    plainjob: () => ends("peers/tasks/plainjob", "plainjob", "WAL, synchronous=FULL", folder),
  },
  rows: [endToEnd, ordered, remote, none, million, start],
  claims: [
    beside(endToEnd.name, "at least 10x bullmq", 10, "bullmq"),
    beside(endToEnd.name, "at least 2x plainjob", 2, "plainjob"),
    besideOwn(ordered.name, "at least 0.7x of unkeyed", 0.7, endToEnd.name),
    besideOwn(remote.name, "at least 0.5x of workers at the file", 0.5, endToEnd.name),
    besideOwn(million.name, "at least 0.8x of none more", 0.8, none.name),
    { kind: "promise", row: start.name, says: `under ${soon} ms`, bound: () => soon },
  ],
  handicap: ({ start, remote, ...ends }) => ({
    ...doubled(ends),
    start,
    ...(remote && { remote: doubled(remote) }),
  }),
};
