import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import { createBus, defineContract, event, unchecked } from "@eventwire/core";
import { expectTypeOf, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { serve } from "./serve.js";

const bus = createBus(defineContract({ "message.posted": event(unchecked<string>()) }));
const options = { authenticate: () => ({ id: "me" }) };

it("takes HTTP servers, secure ones, and a WebSocketServer, and nothing else", () => {
  serve(bus, createServer(), options);
  serve(bus, createSecureServer(), options);
  serve(bus, new WebSocketServer({ noServer: true }), options);
  // @ts-expect-error: TCP alone has no upgrades
  serve(bus, createTcpServer(), options);
  // @ts-expect-error: one connection is no server
  serve(bus, {} as WebSocket, options);
});

it("gives rules the user that authenticate answers with", () => {
  const hub = serve(bus, createServer(), {
    path: "/live",
    maxConnections: 100,
    authenticate: async ({ auth }) => ({ id: "me", rooms: auth as readonly string[] }),
    allow: { listen: { "*": ({ peer }) => peer.user.rooms.length > 0 } },
  });
  expectTypeOf(hub.peers()[0]!.user).toEqualTypeOf<{ id: string; rooms: readonly string[] }>();
});
