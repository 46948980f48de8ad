import { beside } from "../harness/beside.js";
import { percentile } from "../harness/percentile.js";
import type { Row, Suite } from "../harness/suite.js";
import type { DialogueEnds } from "../latency/end.js";
import { withDialogue } from "../latency/with-dialogue.js";
import { doubled, endsApart } from "../processes/ends.js";

type LatencyRow = Row<DialogueEnds>;

/** What is compiled late is measured compiled: the paths of ours are longer than those of its peers. */
const warmUp = 1_500;
const measured = 800;
const callers = 1_000;

function roundTrip(percent: number): LatencyRow {
  return {
    name: `round trip p${percent}`,
    unit: "ms",
    better: "lower",
    measure: (implementation) =>
      withDialogue(implementation, async (client) => {
        await client.askInTurn(warmUp);
        return percentile(await client.askInTurn(measured), percent);
      }),
  };
}

const concurrent: LatencyRow = {
  name: `${callers} concurrent requests`,
  unit: "requests/s",
  better: "higher",
  measure: (implementation) =>
    withDialogue(implementation, async (client) => {
      await client.askAtOnce(callers, warmUp);
      return client.askAtOnce(callers, measured);
    }),
};

const median = roundTrip(50);

const ends = (implementation: string, installed: string): Promise<DialogueEnds> =>
  endsApart({ server: "latency/end", client: "latency/end", implementation, installed });

/** How long a question takes to be answered, from process to process, checked by schemas on both sides. */
export const latency: Suite<DialogueEnds> = {
  name: "latency",
  startsProcesses: true,
  ours: () => ends("ours/latency", "@eventwire/socket.io"),
  peers: {
    "socket.io": () => ends("peers/latency/socket.io", "socket.io"),
    ws: () => ends("peers/latency/ws", "ws"),
  },
  rows: [median, roundTrip(99), concurrent],
  claims: [
    beside(median.name, "within 5% of socket.io", 1.05, "socket.io"),
    beside(concurrent.name, "at least 4x socket.io", 4, "socket.io"),
  ],
  handicap: doubled,
};
