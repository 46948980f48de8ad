import { createBus, defineContract, event, type LinkSource, request, task, unchecked } from "@eventwire/core";
import { expectTypeOf, it } from "vitest";
import type { CachedQuestion, ListenQuestion } from "./allow.js";
import type { everyKey } from "./every-key.js";
import { createHub } from "./hub.js";

const text = unchecked<string>();
const chat = defineContract({
  "message.posted": event(unchecked<{ room: string; text: string }>(), {
    from: "both",
    key: (message) => message.room,
  }),
  "message.removed": event(unchecked<{ room: number }>(), { key: (message) => message.room }),
  "message.archived": event(unchecked<{ id: string }>(), { delivery: "durable" }),
  "room.members": request({ input: text, output: text }),
  "message.send": task(unchecked<{ room: string }>(), { key: ({ room }) => room }),
  "message.index": task(text, { from: "server" }),
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
          expectTypeOf(name).toEqualTypeOf<"message.posted" | "message.removed" | "message.archived">();
          expectTypeOf(key).toEqualTypeOf<string | number | typeof everyKey | undefined>();
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

it("gives rules of tasks what is enqueued, looked at and done, and has them for tasks alone", () => {
  createHub(bus, source, {
    authenticate: ({ auth }) => userOf(auth),
    allow: {
      enqueue: {
        "message.send": ({ peer, data, key, priority }) => {
          expectTypeOf(peer.user).toEqualTypeOf<User>();
          expectTypeOf(key).toEqualTypeOf<string>();
          expectTypeOf(priority).toEqualTypeOf<number>();
          return peer.user.rooms.includes(data.room);
        },
        // @ts-expect-error: only servers enqueue it
        "message.index": true,
      },
      tasks: { "message.*": ({ id, may }) => id !== "" && may === "look" },
      work: {
        "message.send": ({ key }) => {
          expectTypeOf(key).toEqualTypeOf<string | undefined>();
          return key !== "closed";
        },
        "message.index": true,
        // @ts-expect-error: no such task
        "message.sent": true,
      },
    },
    rates: { "message.send": { most: 1, per: 1_000 } },
  });
});

it("gives rules of groups the group, and has them for durable events alone", () => {
  createHub(bus, source, {
    authenticate: ({ auth }) => userOf(auth),
    allow: {
      group: {
        "message.archived": ({ peer, name, group }) => {
          expectTypeOf(peer.user).toEqualTypeOf<User>();
          expectTypeOf(name).toEqualTypeOf<"message.archived">();
          expectTypeOf(group).toEqualTypeOf<string>();
          return true;
        },
        "message.*": { decide: ({ userId, group }) => userId !== group, cachedFor: 1_000 },
      },
    },
  });
  createHub(bus, source, {
    authenticate: ({ auth }) => userOf(auth),
    // @ts-expect-error it is live, so that no group does it
    allow: { group: { "message.posted": true } },
  });
});

it("lets rules answer later, until a time, and be remembered", () => {
  createHub(bus, source, {
    authenticate: ({ auth }) => userOf(auth),
    allow: {
      listen: {
        "message.*": async ({ peer }) => peer.user.rooms.length > 0,
        "message.posted": {
          decide: (question) => {
            expectTypeOf(question).toEqualTypeOf<
              CachedQuestion<ListenQuestion<User, "message.posted", string | typeof everyKey>>
            >();
            expectTypeOf(question.key).toEqualTypeOf<string | typeof everyKey>();
            expectTypeOf(question.userId).toEqualTypeOf<string>();
            return { allow: true, until: 5 };
          },
          cachedFor: 1_000,
        },
      },
      emit: {
        "message.posted": async ({ key, data }) => {
          expectTypeOf(key).toEqualTypeOf<string>();
          return { allow: key === data.room };
        },
      },
      request: { "room.members": { decide: async ({ name }) => name === "room.members", cachedFor: 0 } },
    },
    rates: {
      "message.posted": { most: 10, per: 1_000 },
      "room.*": { most: 1, per: 1 },
      "*": { most: 1, per: 1 },
    },
  });
});

it("shows a cached rule nothing that its answer is not remembered by", () => {
  createHub(bus, source, {
    authenticate: () => ({ id: "me" }),
    // @ts-expect-error: another connection of the same user would get what was said of this one
    allow: { listen: { "message.posted": { decide: ({ peer }) => peer.user.id === "me", cachedFor: 1 } } },
  });
  createHub(bus, source, {
    authenticate: () => ({ id: "me" }),
    // @ts-expect-error: other data would get what was said of this
    allow: { emit: { "message.posted": { decide: ({ data }) => data.text === "", cachedFor: 1 } } },
  });
  createHub(bus, source, {
    authenticate: () => ({ id: "me" }),
    // @ts-expect-error: for how long?
    allow: { listen: { "message.posted": { decide: () => true } } },
  });
});

it("refuses rates for what clients do not send, ends that are no numbers, and verdicts that are none", () => {
  createHub(bus, source, {
    authenticate: () => ({ id: "me" }),
    // @ts-expect-error: only servers emit it
    rates: { "message.removed": { most: 1, per: 1 } },
  });
  createHub(bus, source, {
    // @ts-expect-error: milliseconds, not a date
    authenticate: () => ({ id: "me", expires: new Date() }),
  });
  createHub(bus, source, {
    authenticate: () => ({ id: "me" }),
    // @ts-expect-error: a text is no verdict
    allow: { listen: { "message.posted": () => "yes" } },
  });
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
