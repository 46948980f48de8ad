import { createBus, defineContract, event, type LinkSource, request, unchecked } from "@eventwire/core";
import { expectTypeOf, it } from "vitest";
import type { everyKey } from "./every-key.js";
import { createHub } from "./hub.js";

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
declare const source: LinkSource;

interface User {
  readonly id: string;
  readonly rooms: readonly string[];
}
declare function userOf(auth: unknown): Promise<User | undefined>;

it("gives rules the user that authenticate answers with, and what is asked", () => {
  const hub = createHub(bus, source, {
    authenticate: ({ auth }) => userOf(auth),
    allow: {
      listen: {
        "message.posted": ({ peer, key, name }) => {
          expectTypeOf(peer.user).toEqualTypeOf<User>();
          expectTypeOf(key).toEqualTypeOf<string | typeof everyKey>();
          expectTypeOf(name).toEqualTypeOf<"message.posted">();
          return true;
        },
        "message.*": ({ name, key }) => {
          expectTypeOf(name).toEqualTypeOf<"message.posted" | "message.removed">();
          expectTypeOf(key).toEqualTypeOf<string | number | typeof everyKey>();
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
  createHub(bus, source, {
    authenticate: () => ({ id: "me" }),
    // @ts-expect-error: no such event
    allow: { listen: { "message.psoted": true } },
  });
  createHub(bus, source, {
    authenticate: () => ({ id: "me" }),
    // @ts-expect-error: only servers emit it
    allow: { emit: { "message.removed": true } },
  });
  // @ts-expect-error: a user needs an id
  createHub(bus, source, { authenticate: () => ({ name: "me" }) });
  // @ts-expect-error: nobody would be let in
  createHub(bus, source, { allow: { listen: { "*": true } } });
});
