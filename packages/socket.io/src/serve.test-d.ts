import { createServer } from "node:http";
import { createBus, defineContract, event, unchecked } from "@eventwire/core";
import { Server, type Socket } from "socket.io";
import { expectTypeOf, it } from "vitest";
import type { ClientEvents, ServerEvents } from "./index.js";
import { serve } from "./serve.js";

const bus = createBus(defineContract({ "message.posted": event(unchecked<string>()) }));
const options = { authenticate: () => ({ id: "me" }) };

it("takes a server and its namespaces, and nothing else", () => {
  serve(bus, new Server(), options);
  serve(bus, new Server().of("/chat"), options);
  // @ts-expect-error: one socket is no server
  serve(bus, {} as Socket, options);
  // @ts-expect-error: Socket.IO is attached to it by the application
  serve(bus, createServer(), options);
});

it("gives rules the user that authenticate answers with", () => {
  const hub = serve(bus, new Server(), {
    authenticate: async ({ auth }) => ({ id: "me", rooms: auth as readonly string[] }),
    allow: { listen: { "*": ({ peer }) => peer.user.rooms.length > 0 } },
  });
  expectTypeOf(hub.peers()[0]!.user).toEqualTypeOf<{ id: string; rooms: readonly string[] }>();
});

it("takes a server of Socket.IO that knows what plain clients say and hear", () => {
  const io = new Server<ClientEvents<typeof bus.contract>, ServerEvents<typeof bus.contract>>();
  serve(bus, io, options);
  serve(bus, io.of("/chat"), options);
  io.on("connection", (socket) => {
    socket.emit("message.posted", "hello", { id: "1", time: 0 });
    // @ts-expect-error: not its data
    socket.emit("message.posted", 5, { id: "1", time: 0 });
    // @ts-expect-error: only servers emit it
    socket.on("message.posted", () => undefined);
  });
});
