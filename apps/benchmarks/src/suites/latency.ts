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

const name = (percent: number) => `round trip p${percent}`;

const roundTrip: LatencyRow = {
  name: name(50),
  unit: "ms",
  better: "lower",
  also: [{ name: name(99), unit: "ms", better: "lower" }],
  measure: (implementation) =>
    withDialogue(implementation, async (client) => {
      await client.askInTurn(warmUp);
      const taken = await client.askInTurn(measured);
      return { [name(50)]: percentile(taken, 50), [name(99)]: percentile(taken, 99) };
    }),
};

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
  rows: [roundTrip, concurrent],
  claims: [
    beside(roundTrip.name, "within 5% of socket.io", 1.05, "socket.io"),
    beside(concurrent.name, "at least 4x socket.io", 4, "socket.io"),
  ],
  handicap: doubled,
};
