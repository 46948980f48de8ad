import { createBus, defineContract, event, request, unchecked } from "@eventwire/core";
import { Server } from "socket.io";
import { expectTypeOf, it } from "vitest";
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
const io = new Server();

interface User {
  readonly id: string;
  readonly rooms: readonly string[];
}
declare function userOf(auth: unknown): Promise<User | undefined>;

it("gives rules the user that authenticate answers with, and what is asked", () => {
  const hub = serve(bus, io, {
    authenticate: ({ auth }) => userOf(auth),
    allow: {
      listen: {
        "message.posted": ({ peer, key, name }) => {
          expectTypeOf(peer.user).toEqualTypeOf<User>();
          expectTypeOf(key).toEqualTypeOf<string | undefined>();
          expectTypeOf(name).toEqualTypeOf<"message.posted">();
          return true;
        },
        "message.*": ({ name, key }) => {
          expectTypeOf(name).toEqualTypeOf<"message.posted" | "message.removed">();
          expectTypeOf(key).toEqualTypeOf<string | number | undefined>();
          return true;
        },
      },
      emit: {
        "message.posted": ({ peer, data }) => peer.user.rooms.includes(data.room),
      },
      request: {
        "room.members": ({ peer, input }) => {
          expectTypeOf(input).toEqualTypeOf<string>();
          return peer.user.rooms.includes(input);
        },
      },
    },
  });
  expectTypeOf(hub.peers()[0]!.user).toEqualTypeOf<User>();
});

it("refuses rules for what the contract lacks, or clients do not send", () => {
  serve(bus, io, {
    authenticate: () => ({ id: "me" }),
    // @ts-expect-error: no such event
    allow: { listen: { "message.psoted": true } },
  });
  serve(bus, io, {
    authenticate: () => ({ id: "me" }),
    // @ts-expect-error: only servers emit it
    allow: { emit: { "message.removed": true } },
  });
  // @ts-expect-error: a user needs an id
  serve(bus, io, { authenticate: () => ({ name: "me" }) });
});
