import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import { createBus, defineContract, event, request, unchecked } from "@eventwire/core";
import { expectTypeOf, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { serve } from "./serve.js";

const text = unchecked<string>();
const chat = defineContract({
  "message.posted": event(unchecked<{ room: string; text: string }>(), {
    from: "both",
    key: (message) => message.room,
  }),
  "message.removed": event(unchecked<{ room: number }>(), { key: (message) => message.room }),
  "room.members": request({ input: text, output: text }),
});
const bus = createBus(chat);
const http = createServer();

interface User {
  readonly id: string;
  readonly rooms: readonly string[];
}
declare function userOf(auth: unknown): Promise<User | undefined>;

it("gives rules the user that authenticate answers with, and what is asked", () => {
  const hub = serve(bus, http, {
    path: "/live",
    maxConnections: 100,
    authenticate: ({ auth }) => userOf(auth),
    allow: {
      listen: {
        "message.posted": ({ peer, key }) => {
          expectTypeOf(peer.user).toEqualTypeOf<User>();
          expectTypeOf(key).toEqualTypeOf<string | undefined>();
          return true;
        },
      },
      emit: { "message.posted": ({ peer, data }) => peer.user.rooms.includes(data.room) },
      request: { "room.members": ({ peer, input }) => peer.user.rooms.includes(input) },
    },
  });
  expectTypeOf(hub.peers()[0]!.user).toEqualTypeOf<User>();
});

it("takes HTTP servers, secure ones, and a WebSocketServer, and nothing else", () => {
  const options = { authenticate: () => ({ id: "me" }) };
  serve(bus, createSecureServer(), options);
  serve(bus, new WebSocketServer({ noServer: true }), options);
  // @ts-expect-error: TCP alone has no upgrades
  serve(bus, createTcpServer(), options);
  // @ts-expect-error: one connection is no server
  serve(bus, {} as WebSocket, options);
});

it("refuses rules for what the contract lacks, or clients do not send", () => {
  serve(bus, http, {
    authenticate: () => ({ id: "me" }),
    // @ts-expect-error: no such event
    allow: { listen: { "message.psoted": true } },
  });
  serve(bus, http, {
    authenticate: () => ({ id: "me" }),
    // @ts-expect-error: only servers emit it
    allow: { emit: { "message.removed": true } },
  });
  // @ts-expect-error: a user needs an id
  serve(bus, http, { authenticate: () => ({ name: "me" }) });
  // @ts-expect-error: nobody would be let in
  serve(bus, http, { allow: { listen: { "*": true } } });
});
