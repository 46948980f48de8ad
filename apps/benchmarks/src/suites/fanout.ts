import type { FanoutEnds } from "../fanout/clients-end.js";
import { fanoutEnds } from "../fanout/fanout-ends.js";
import { type FanoutLoad, measureFanout } from "../fanout/measure-fanout.js";
import { beside } from "../harness/beside.js";
import type { Row, Suite } from "../harness/suite.js";
import { doubled } from "../processes/ends.js";

type FanoutRow = Row<FanoutEnds>;

const times = { warmUp: 800, measured: 800 };

function deliveries(clients: number, burst: number): FanoutRow {
  const load: FanoutLoad = { clients, burst, ...times };
  return {
    name: `deliveries, ${clients} clients, ${burst === 1 ? "one a turn" : `bursts of ${burst}`}`,
    unit: "deliveries/s",
    better: "higher",
    full: clients !== 500,
    async measure(implementation) {
      const { count, milliseconds } = await measureFanout(implementation, load);
      return (count * clients * 1_000) / milliseconds;
    },
  };
}

const processor: FanoutRow = {
  name: "server CPU, bursts of 20",
  unit: "us a delivery",
  better: "lower",
  async measure(implementation) {
    const clients = 500;
    const load = { clients, burst: 20, ...times };
    const { count, processorSeconds } = await measureFanout(implementation, load);
    return (processorSeconds * 1e6) / (count * clients);
  },
};

const bursts = deliveries(500, 20);
const turns = deliveries(500, 1);

/** What a server sends to many clients. */
export const fanout: Suite<FanoutEnds> = {
  name: "fanout",
  startsProcesses: true,
  ours: () => fanoutEnds("ours/fanout", "@eventwire/socket.io"),
  peers: {
    "socket.io": () => fanoutEnds("peers/fanout/socket.io", "socket.io"),
    ws: () => fanoutEnds("peers/fanout/ws", "ws"),
  },
  rows: [
    bursts,
    turns,
    processor,
    ...[10, 100, 1_000, 2_000, 5_000].flatMap((clients) => [deliveries(clients, 20), deliveries(clients, 1)]),
  ],
  claims: [
    beside(bursts.name, "at least 6x socket.io", 6, "socket.io"),
    beside(turns.name, "at least 0.9x socket.io", 0.9, "socket.io"),
    beside(processor.name, "at most a sixth of socket.io", 1 / 6, "socket.io"),
  ],
  handicap: doubled,
};
