import { createBus } from "@eventwire/core";
import { createClient, createHub } from "@eventwire/wire";
import { ReferenceBroker } from "../log/reference-broker.js";
import { contractOf } from "./contract.js";
import { Network } from "./links/network.js";
import { SimulatedProcess } from "./process.js";
import { World } from "./world.js";

/** Has buses of both sides load what they load when it is first used, which takes a time that no seed decides. */
export async function load(): Promise<void> {
  const world = new World(0);
  const { clock } = world;
  const network = new Network(world, 0, (link) => link);
  const [server, device] = ["server/1", "client/1"].map((name) => new SimulatedProcess(world, name));
  const contract = contractOf("old");
  const { host, runtime } = server!;
  // What comes with its own way to be opened, as the log in memory does, would leave that of others to be loaded.
  const bus = createBus(contract, { broker: new ReferenceBroker({ host, runtime }), runtime });
  const open = { "*": true } as const;
  createHub(bus, network.serve("server", server!), {
    authenticate: () => ({ id: "user" }),
    allow: { emit: open, listen: open, history: open, group: open, enqueue: open, tasks: open, work: open },
  });
  const client = createClient(contract, network.client(device!, "client", undefined), {
    runtime: device!.runtime,
  });
  const hear = () => undefined;
  await clock.until(client.on("*", hear, { since: "start" }).ready);
  await clock.until(client.on("*", hear, { since: "start", group: "group" }).ready);
  for (const side of [bus, client]) {
    const item = { id: side === bus ? "server" : "client", key: "a", size: 1 };
    const stop = side.work("invoice.print", (_, { onDone }) => {
      onDone.emit("invoice.ready", item);
      return "done";
    });
    const { id } = await clock.until(side.enqueue("invoice.print", item));
    await clock.until(side.tasks("invoice.print").result(id));
    stop();
  }
  let isPacked = false;
  network.onServerSends = (_, frame) => {
    isPacked ||= typeof frame !== "string";
  };
  // Until what is large comes in bytes, for which something more is loaded.
  const large = { id: "x".repeat(20_000), key: "a", size: 1 };
  while (!isPacked) {
    await clock.until(client.emit("stock.counted", large));
    await clock.until(world.sleep(100));
    await clock.turn();
  }
  await clock.until(client.close());
  await clock.until(bus.close());
}
