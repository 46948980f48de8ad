import { setTimeout as wait } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { behaviourContract } from "@eventwire/testing/behaviour";
import { fingerprint, protocolVersion } from "@eventwire/wire";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type ServedBus, serveBus } from "./served-bus.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** So many that what the process takes once does not show. */
const crowd = 400;
const hello = { protocol: protocolVersion, link: "l", contract: fingerprint(behaviourContract) };
const codecs = { codecs: ["messagepack"], maxMessageBytes: 1_000_000 };
const said = (...message: unknown[]) => `42${JSON.stringify(["eventwire", [message]])}`;

let served: ServedBus<typeof behaviourContract, { readonly id: string }>;
const clients: WebSocket[] = [];
beforeAll(async () => {
  let users = 0;
  served = await serveBus(behaviourContract, {
    serve: { authenticate: () => ({ id: `user ${users++}` }), allow: { listen: { "*": true } } },
  });
});
afterAll(async () => {
  for (const client of clients) client.terminate();
  await served.close();
});

/** Connects by hand, so that a client takes as little as it can, and the same whether or not it speaks to the bus. */
async function connect(listens: boolean): Promise<void> {
  const address = `${served.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;
  const client = new WebSocket(address, { perMessageDeflate: false });
  clients.push(client);
  const answers: readonly (readonly [began: string, answer: string | undefined])[] = [
    ["0{", "40"],
    ["40{", listens ? said("hello", { ...hello, ...codecs }) : undefined],
    ['42["eventwire",[["welcome"', said("listen", 1, "number.counted")],
    ['42["eventwire",[["listening"', undefined],
  ];
  await new Promise<void>((resolve, reject) => {
    client.once("error", reject);
    client.on("message", (message: Buffer) => {
      const text = message.toString();
      const [, answer] = answers.find(([began]) => text.startsWith(began)) ?? [];
      if (answer !== undefined) client.send(answer);
      else if (/^40\{|"listening"/.test(text)) resolve();
    });
  });
}

async function heldBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await wait(50);
    collectGarbage();
  }
  return process.memoryUsage().heapUsed;
}

/** What each of a crowd takes, at both ends. */
async function bytesEach(listens: boolean): Promise<number> {
  const before = await heldBytes();
  for (let first = 0; first < crowd; first += 40)
    await Promise.all(Array.from({ length: 40 }, () => connect(listens)));
  return ((await heldBytes()) - before) / crowd;
}

it("an idle connection takes less than 5 kB more than what Socket.IO keeps of it", async () => {
  // What is compiled and cached at first is not of any connection.
  for (const listens of [true, false]) for (let warm = 0; warm < 50; warm++) await connect(listens);
  const socket = await bytesEach(false);
  const session = (await bytesEach(true)) - socket;
  expect(served.hub.peers()).toHaveLength(crowd + 50);
  expect(session).toBeGreaterThan(1_000);
  expect(session).toBeLessThan(5_000);
});
