import { beside } from "../harness/beside.js";
import { percentile } from "../harness/percentile.js";
import type { Figure, Row, Suite } from "../harness/suite.js";
import type { LogEnd } from "../log/end.js";
import type { LogEnds } from "../log/log-ends.js";
import { measureAppends, measureEndToEnd, measureReads } from "../log/measure-log.js";
import { measureOpening } from "../log/measure-opening.js";
import { natsServer, natsTerms } from "../log/nats-server.js";
import { startServer } from "../log/private-server.js";
import { redisServer, redisTerms } from "../log/redis-server.js";
import { createFolder, fileSystem, type Store } from "../log/store.js";
import { doubled, endsApart } from "../processes/ends.js";

type LogRow = Row<LogEnds>;

/** What is compiled late is measured compiled: the paths of ours are longer than those of its peers. */
const times = { warmUp: 600, measured: 400 };
/** How many are read. */
const toRead = 20_000;
/** How long the event loop may be held, in milliseconds. */
const longestDelay = 10;

const delay: Figure = {
  name: "loop delay p99",
  unit: "ms",
  better: "lower",
  peers: ["sqlite-naive"],
};

function append(name: string, callers: number, also: readonly Figure[] = []): LogRow {
  return {
    name,
    unit: "events/s",
    better: "higher",
    also,
    async measure(implementation) {
      const { count, milliseconds, delay: held } = await measureAppends(implementation, callers, times);
      return { [name]: (count * 1_000) / milliseconds, [delay.name]: held };
    },
  };
}

function endToEnd(apart: boolean): LogRow {
  const name = (percent: number) => `end to end p${percent}${apart ? "" : ", one process"}`;
  return {
    name: name(50),
    unit: "ms",
    better: "lower",
    full: !apart,
    also: [{ name: name(99), unit: "ms", better: "lower" }],
    async measure(implementation) {
      const taken = await measureEndToEnd(implementation, apart, times);
      return { [name(50)]: percentile(taken, 50), [name(99)]: percentile(taken, 99) };
    },
  };
}

const concurrent = append("append, 256 concurrent", 256, [delay]);

function opening(size: string, count: number, full: boolean): LogRow {
  return {
    name: `open ${size}`,
    unit: "ms",
    better: "lower",
    full,
    peers: [],
    measure: (implementation) => measureOpening(implementation, count),
  };
}

const rows: readonly LogRow[] = [
  append("append, 1 emitter", 1),
  concurrent,
  endToEnd(true),
  endToEnd(false),
  {
    name: "read",
    unit: "events/s",
    better: "higher",
    peers: ["redis-streams", "jetstream", "sqlite-naive"],
    measure: async (implementation) => (toRead * 1_000) / (await measureReads(implementation, toRead)),
  },
  opening("1M", 1_000_000, false),
  opening("10M", 10_000_000, true),
];

async function ends(
  implementation: string,
  installed: string,
  terms: string,
  start: () => Promise<Store>,
): Promise<LogEnds> {
  const apart = await endsApart<LogEnd, LogEnd>({
    server: "log/end",
    client: "log/end",
    implementation,
    installed,
  });
  return { ...apart, version: `${apart.version} (${terms})`, start };
}

const folder = async () => createFolder();
const redis = () => startServer(redisServer);
const nats = () => startServer(natsServer);

/** What keeps events: how fast it takes them, from how many at once, and gives them to another process. */
export const log: Suite<LogEnds> = {
  name: "log",
  startsProcesses: true,
  ours: () =>
    ends("ours/log", "@eventwire/sqlite", `WAL, synchronous=FULL; all stores on ${fileSystem()}`, folder),
  peers: {
    "redis-streams": () => ends("peers/log/redis-streams", "redis", redisTerms(), redis),
    jetstream: () => ends("peers/log/jetstream", "@nats-io/jetstream", natsTerms(), nats),
    bullmq: () => ends("peers/log/bullmq", "bullmq", redisTerms(), redis),
    "sqlite-naive": () =>
      ends("peers/log/sqlite-naive", "@photostructure/sqlite", "WAL, synchronous=FULL", folder),
  },
  rows,
  claims: [
    beside(concurrent.name, "at least 3x redis-streams", 3, "redis-streams"),
    beside(concurrent.name, "at least 5x jetstream", 5, "jetstream"),
    beside(concurrent.name, "at least 10x bullmq", 10, "bullmq"),
    { kind: "aim", row: concurrent.name, says: "100,000 a second", bound: () => 100_000 },
    { kind: "promise", row: delay.name, says: `under ${longestDelay} ms`, bound: () => longestDelay },
  ],
  handicap: (ends) => ({ ...doubled(ends), start: ends.start }),
};
