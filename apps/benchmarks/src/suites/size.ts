import type { Claim } from "../harness/claim.js";
import { packageVersion } from "../harness/package-version.js";
import type { Row, Suite } from "../harness/suite.js";
import { bundleSize } from "../size/bundle-size.js";
import type { Sized } from "../size/sized.js";

function row(name: string, peers: readonly string[]): Row<Sized> {
  return {
    name,
    unit: "kB min+gzip",
    better: "lower",
    peers,
    async measure({ imported, factor = 1 }) {
      const what = imported[name];
      if (what === undefined) throw new Error(`It has no "${name}".`);
      return ((await bundleSize(what)) * factor) / 1_000;
    },
  };
}

function peer(name: string, rows: readonly string[], code: string): () => Promise<Sized> {
  return async () => ({
    version: packageVersion(name),
    imported: Object.fromEntries(rows.map((each) => [each, { code }])),
  });
}

const emitters = ["nanoevents", "emittery"];
const core = row("core", emitters);
const client = row("client (JSON)", ["socket.io-client"]);
const connected = row("client (JSON), once connected", ["socket.io-client"]);
const whole = row("client (JSON), with Socket.IO", ["socket.io-client"]);

const under = ({ name }: Row<Sized>, bound: number): Claim => ({
  kind: "promise",
  row: name,
  says: `under ${bound} kB`,
  bound: () => bound,
});

/** What a page pays for what it imports. */
export const size: Suite<Sized> = {
  name: "size",
  ours: () => import("../ours/size.js"),
  peers: {
    "socket.io-client": peer(
      "socket.io-client",
      [client.name, connected.name, whole.name],
      'export { io } from "socket.io-client"',
    ),
    nanoevents: peer("nanoevents", [core.name], 'export { createNanoEvents } from "nanoevents"'),
    emittery: peer("emittery", [core.name], 'export { default } from "emittery"'),
  },
  rows: [core, client, connected, whole, row("rxjs part", [])],
  claims: [under(core, 5), under(client, 10)],
  handicap: (sized) => ({ ...sized, factor: 2 }),
};
