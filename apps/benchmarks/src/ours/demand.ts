import { setImmediate as turn } from "node:timers/promises";
import { createBus, defineContract, event, type Link } from "@eventwire/core";
import { createHub } from "@eventwire/wire";
import { z } from "zod";
import { CountingLink } from "../demand/counting-link.js";
import type { Crowd } from "../demand/crowd.js";
import { packageVersion } from "../harness/package-version.js";

export const version = packageVersion("@eventwire/wire");

const contract = defineContract({
  "point.moved": event(z.object({ id: z.number(), x: z.number(), y: z.number() }), { key: ({ id }) => id }),
});

export async function gather(peers: number, keysOfEach: number): Promise<Crowd> {
  const bus = createBus(contract);
  let accept: ((link: Link) => void) | undefined;
  const listen = (onLink: (link: Link) => void) => {
    accept = onLink;
    return () => undefined;
  };
  const hub = createHub(
    bus,
    { listen },
    { authenticate: () => ({ id: "me" }), allow: { listen: { "*": true } } },
  );
  const links = Array.from({ length: peers }, () => new CountingLink());
  for (const link of links) {
    accept?.(link);
    link.say(["hello", { protocol: 1, link: "counting", contract: "counting" }]);
  }
  while (hub.peers().length < peers) await turn();
  for (const [peer, link] of links.entries()) {
    const keys = Array.from({ length: keysOfEach }, (_, index) => peer * keysOfEach + index);
    link.say(...keys.map((key, ref) => ["listen", ref, "point.moved", key]));
  }
  await turn();
  return {
    arrived: () => links.map(({ arrived }) => arrived),
    emit: (point) =>
      new Promise((resolve) => {
        links[Math.floor(point.id / keysOfEach)]!.taken = resolve;
        bus.emit("point.moved", point);
      }),
  };
}
