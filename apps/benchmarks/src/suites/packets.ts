import type { Row, Suite } from "../harness/suite.js";
import type { MixtureEnds } from "../packets/end.js";
import { measurePackets } from "../packets/measure-packets.js";
import { doubled, endsApart } from "../processes/ends.js";

const milliseconds = 3_000;
/** How much later a small event may come beside large ones, in milliseconds. */
const mostAdded = 20;

function row(name: string, beside: boolean): Row<MixtureEnds> {
  return {
    name,
    unit: "ms",
    better: "lower",
    measure: (implementation) => measurePackets(implementation, beside, milliseconds),
  };
}

const alone = row("p99 alone", false);
const beside = row("p99 beside 50 MB", true);

const ends = (implementation: string, installed: string): Promise<MixtureEnds> =>
  endsApart({ server: "packets/end", client: "packets/end", implementation, installed });

/** How long small events take beside large ones on one connection. */
export const packets: Suite<MixtureEnds> = {
  name: "packets",
  startsProcesses: true,
  ours: () => ends("ours/packets", "@eventwire/socket.io"),
  peers: { "socket.io": () => ends("peers/packets/socket.io", "socket.io") },
  rows: [alone, beside],
  claims: [
    {
      kind: "promise",
      row: beside.name,
      says: `adds under ${mostAdded} ms`,
      bound(figures) {
        const figure = figures.ours(alone.name);
        return figure === undefined ? undefined : figure + mostAdded;
      },
    },
  ],
  handicap: doubled,
};
