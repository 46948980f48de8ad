import { beside } from "../harness/beside.js";
import type { Row, Suite } from "../harness/suite.js";
import { startServer } from "../log/private-server.js";
import { redisServer, redisTerms } from "../log/redis-server.js";
import { createFolder, fileSystem, type Store } from "../log/store.js";
import { doubled, endsApart } from "../processes/ends.js";
import type { ClientsEnd } from "../resume/clients-end.js";
import { measureResume, type Outage, type StoredRecovery } from "../resume/measure-resume.js";
import type { ServerEnd } from "../resume/server-end.js";

type ResumeRow = Row<StoredRecovery>;

const outage = { clients: 1_000, missed: 500, before: 100 };

function row(name: string, difference: Partial<Outage>, peers?: readonly string[], full = false): ResumeRow {
  return {
    name,
    unit: "s",
    better: "lower",
    full,
    ...(peers && { peers }),
    measure: (implementation) =>
      measureResume(implementation, { ...outage, restarted: false, ...difference }),
  };
}

const outlives = ["socket.io-recovery-redis"];
const returning = row("1000 clients x 500 events", {});
const restarted = row("after server restart", { restarted: true }, outlives);

async function ends(
  implementation: string,
  installed: string,
  terms: string,
  start: () => Promise<Store>,
): Promise<StoredRecovery> {
  const apart = await endsApart<ServerEnd, ClientsEnd>({
    server: "resume/server-end",
    client: "resume/clients-end",
    implementation,
    installed,
  });
  return { ...apart, version: `${apart.version} (${terms})`, start };
}

/** Clients that come back, and get what they missed. */
export const resume: Suite<StoredRecovery> = {
  name: "resume",
  startsProcesses: true,
  ours: () =>
    ends(
      "ours/resume",
      "@eventwire/socket.io",
      `SQLite, WAL, synchronous=FULL, on ${fileSystem()}`,
      async () => createFolder(),
    ),
  peers: {
    "socket.io-recovery": () =>
      ends("peers/resume/socket.io-recovery", "socket.io", "kept in memory", async () => createFolder()),
    "socket.io-recovery-redis": () =>
      ends("peers/resume/socket.io-recovery-redis", "@socket.io/redis-streams-adapter", redisTerms(), () =>
        startServer(redisServer),
      ),
  },
  rows: [returning, restarted, row("100 clients x 500 events", { clients: 100 }, undefined, true)],
  claims: [
    beside(returning.name, "faster than socket.io-recovery", 1, "socket.io-recovery"),
    beside(returning.name, "faster than socket.io-recovery-redis", 1, "socket.io-recovery-redis"),
    beside(restarted.name, "faster than socket.io-recovery-redis", 1, "socket.io-recovery-redis"),
  ],
  handicap: (ends) => ({ ...doubled(ends), start: ends.start }),
};
