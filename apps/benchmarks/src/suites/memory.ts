import type { FanoutEnds } from "../fanout/clients-end.js";
import { fanoutEnds } from "../fanout/fanout-ends.js";
import { beside } from "../harness/beside.js";
import type { Row, Suite } from "../harness/suite.js";
import type { Memory } from "../memory/memory-in-use.js";
import { memoryPerConnection } from "../memory/memory-per-connection.js";
import { doubled } from "../processes/ends.js";

type MemoryRow = Row<FanoutEnds>;

function row(name: string, loaded: boolean, part: keyof Memory, connections = 2_000): MemoryRow {
  return {
    name,
    unit: "kB",
    better: "lower",
    full: connections !== 2_000,
    async measure(implementation) {
      const memory = await memoryPerConnection(implementation, connections, loaded);
      return memory[part] / 1_000;
    },
  };
}

const idle = row("idle connection", false, "resident");
const loaded = row("connection after load", true, "resident");

/** What a connection costs its server in memory. */
export const memory: Suite<FanoutEnds> = {
  name: "memory",
  startsProcesses: true,
  ours: () => fanoutEnds("ours/fanout", "@eventwire/socket.io"),
  peers: { "socket.io": () => fanoutEnds("peers/fanout/socket.io", "socket.io") },
  rows: [
    idle,
    loaded,
    row("idle connection, in use", false, "used"),
    row("connection after load, in use", true, "used"),
    ...[100, 5_000].map((connections) =>
      row(`idle connection, ${connections}`, false, "resident", connections),
    ),
  ],
  claims: [
    beside(idle.name, "at most 1.2x socket.io", 1.2, "socket.io"),
    beside(loaded.name, "at most 1.2x socket.io", 1.2, "socket.io"),
  ],
  handicap: doubled,
};
