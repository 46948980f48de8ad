import {
  BroadcastChannel as NodeChannel,
  MessageChannel as NodePorts,
  parentPort,
  Worker as Thread,
} from "node:worker_threads";
import { type Bus, createBus, defineContract, event, request, unchecked } from "@eventwire/core";
import { expectTypeOf, it } from "vitest";
import { connect } from "./connect.js";
import type { SharedScope } from "./endpoint.js";
import { serve } from "./serve.js";

const text = unchecked<string>();
const search = defineContract({
  "index.changed": event(text),
  "word.typed": event(text, { from: "both" }),
  "index.query": request({ input: text, output: text }),
});
const bus = createBus(search);
const options = { authenticate: () => ({ id: "page" }) };
declare const dedicatedScope: Window & typeof globalThis;
declare const sharedScope: SharedScope;

it("joins by whatever messages are posted over, in browsers", () => {
  serve(bus, new MessageChannel().port1, options);
  serve(bus, new Worker("worker.js"), options);
  serve(bus, dedicatedScope, options);
  serve(bus, sharedScope, options);
  serve(bus, new BroadcastChannel("search"), options);
  connect(search, new SharedWorker("worker.js").port);
  connect(search, new BroadcastChannel("search"), { auth: { tab: 1 } });
  // @ts-expect-error: each page has a port; its worker has none
  connect(search, new SharedWorker("worker.js"));
  // @ts-expect-error: a shared worker connects to nobody
  connect(search, sharedScope);
  // @ts-expect-error: two ports are no endpoint
  serve(bus, new MessageChannel(), options);
  // @ts-expect-error: it is posted to by its name
  connect(search, "search");
});

it("joins by those of Node", () => {
  serve(bus, new Thread("worker.js"), options);
  serve(bus, parentPort!, options);
  serve(bus, new NodePorts().port1, options);
  connect(search, new NodeChannel("search"));
});

it("gives a client's bus, and rules the user", () => {
  const client = connect(search, new BroadcastChannel("search"));
  expectTypeOf(client).toExtend<Bus<typeof search, "client">>();
  // @ts-expect-error: only servers emit it
  client.emit("index.changed", "x");
  const hub = serve(bus, parentPort!, {
    authenticate: ({ auth }) => ({ id: "tab", tab: auth as number }),
    maxLinks: 10,
    allow: { request: { "index.query": ({ peer, input }) => peer.user.tab === 1 && input !== "" } },
  });
  expectTypeOf(hub.peers()[0]!.user).toEqualTypeOf<{ id: string; tab: number }>();
  // @ts-expect-error: no page connects from elsewhere
  serve(bus, parentPort!, { ...options, origins: "*" });
  // @ts-expect-error: no such request
  serve(bus, parentPort!, { ...options, allow: { request: { "index.qeury": true } } });
});
