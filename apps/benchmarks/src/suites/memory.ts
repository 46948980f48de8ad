import type { FanoutEnds } from "../fanout/clients-end.js";
import { fanoutEnds } from "../fanout/fanout-ends.js";
import { beside } from "../harness/beside.js";
import type { Row, Suite } from "../harness/suite.js";
import { memoryPerConnection } from "../memory/memory-per-connection.js";
import { doubled } from "../processes/ends.js";

type MemoryRow = Row<FanoutEnds>;

function row(name: string, loaded: boolean, connections = 2_000): MemoryRow {
  const inUse = `${name}, in use`;
  return {
    name,
    unit: "kB",
    better: "lower",
    full: connections !== 2_000,
    also: [{ name: inUse, unit: "kB", better: "lower" }],
    async measure(implementation) {
      const { resident, used } = await memoryPerConnection(implementation, connections, loaded);
      return { [name]: resident / 1_000, [inUse]: used / 1_000 };
    },
  };
}

const idle = row("idle connection", false);
const loaded = row("connection after load", true);

/** What a connection costs its server in memory. */
export const memory: Suite<FanoutEnds> = {
  name: "memory",
  startsProcesses: true,
  ours: () => fanoutEnds("ours/fanout", "@eventwire/socket.io"),
  peers: { "socket.io": () => fanoutEnds("peers/fanout/socket.io", "socket.io") },
  rows: [
    idle,
    loaded,
    ...[100, 5_000].map((connections) => row(`idle connection, ${connections}`, false, connections)),
  ],
  claims: [
    beside(idle.name, "at most 1.2x socket.io", 1.2, "socket.io"),
    beside(loaded.name, "at most 1.2x socket.io", 1.2, "socket.io"),
  ],
  handicap: doubled,
};
