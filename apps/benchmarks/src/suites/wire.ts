import { beside } from "../harness/beside.js";
import type { Row, Suite } from "../harness/suite.js";
import { doubled, endsApart } from "../processes/ends.js";
import type { WireEnds } from "../wire/end.js";
import { type Load, measureWire } from "../wire/measure-wire.js";
import { openRate } from "../wire/patterns.js";

type WireRow = Row<WireEnds>;

/** What is compiled late is measured compiled: the paths of ours are longer than those of its peers. */
const times = { warmUp: 1_200, measured: 500 };

function throughput(
  name: string,
  load: Pick<Load, "pattern" | "to" | "json">,
  which?: Pick<WireRow, "peers" | "full">,
): WireRow {
  return {
    name,
    ...which,
    unit: "events/s",
    better: "higher",
    async measure(implementation) {
      const { count, milliseconds } = await measureWire(implementation, { ...times, ...load });
      return (count * 1_000) / milliseconds;
    },
  };
}

const bursts = throughput("burst of 100", { pattern: "bursts", to: "server" });
const json = throughput(
  "burst of 100, JSON",
  { pattern: "bursts", to: "server", json: true },
  { peers: ["socket.io"] },
);
const turns = throughput("one event a turn", { pattern: "turns", to: "server" });

const openLoop: WireRow = {
  name: "open loop 10k/s",
  unit: "CPU s",
  better: "lower",
  async measure(implementation) {
    const load = { pattern: "open loop", to: "server", ...times } as const;
    const { count, processorSeconds } = await measureWire(implementation, load);
    return (processorSeconds * openRate) / count;
  },
};

const rows: readonly WireRow[] = [
  bursts,
  json,
  turns,
  openLoop,
  throughput("burst of 100, down", { pattern: "bursts", to: "client" }, { full: true }),
  throughput("one event a turn, down", { pattern: "turns", to: "client" }, { full: true }),
];

const ends = (implementation: string, installed: string): Promise<WireEnds> =>
  endsApart({ server: "wire/end", client: "wire/end", implementation, installed });

/** What one connection carries: one `emit` an event, validated by its receiver, from process to process. */
export const wire: Suite<WireEnds> = {
  name: "wire",
  startsProcesses: true,
  ours: () => ends("ours/wire", "@eventwire/socket.io"),
  peers: {
    "socket.io": () => ends("peers/wire/socket.io", "socket.io"),
    "socket.io-batched": () => ends("peers/wire/socket.io-batched", "socket.io"),
    ws: () => ends("peers/wire/ws", "ws"),
    trpc: () => ends("peers/wire/trpc", "@trpc/server"),
  },
  rows,
  claims: [
    beside(bursts.name, "at least 8x socket.io", 8, "socket.io"),
    beside(bursts.name, "at least 4x ws", 4, "ws"),
    beside(bursts.name, "at least socket.io-batched", 1, "socket.io-batched"),
    beside(json.name, "at least 4x socket.io", 4, "socket.io"),
    beside(turns.name, "at least socket.io", 1, "socket.io"),
  ],
  handicap: doubled,
};
