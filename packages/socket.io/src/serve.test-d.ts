import { type Bus, defineContract, event, type Named, request } from "@eventwire/core";
import type { Server } from "socket.io";
import * as v from "valibot";
import { expectTypeOf, test } from "vitest";
import { serve } from "./serve.js";

const contract = defineContract({
  "alert.raised": event(v.object({ level: v.string() }), { from: "both", key: (alert) => alert.level }),
  "alert.cleared": event(v.object({ at: v.number() })),
  "airport.stats": request({ input: v.object({ airport: v.string() }), output: v.object({}) }),
});
interface Airspace extends Named<typeof contract> {}

declare const bus: Bus<Airspace>;
declare const io: Server;
const authenticate = () => ({ id: "u1", crew: true });

test("a rule knows its question without a word of types: the user, and what is asked", () => {
  serve(bus, io, {
    authenticate,
    allow: {
      listen: {
        "alert.*": ({ peer, key }) => {
          expectTypeOf(key).toEqualTypeOf<string | undefined>();
          return peer.user.crew;
        },
      },
      emit: {
        "alert.raised": ({ peer, data, name }) => {
          expectTypeOf(data).toEqualTypeOf<{ level: string }>();
          expectTypeOf(name).toEqualTypeOf<"alert.raised">();
          return peer.user.crew;
        },
      },
      request: { "*": ({ input }) => input.airport === "SFO" },
    },
  });
});

test("a rule for what does not exist, or what clients may not send, does not compile", () => {
  // @ts-expect-error no such event
  serve(bus, io, { authenticate, allow: { listen: { "alert.rasied": true } } });
  // @ts-expect-error only the server emits it
  serve(bus, io, { authenticate, allow: { emit: { "alert.cleared": true } } });
  // @ts-expect-error an event is not asked
  serve(bus, io, { authenticate, allow: { request: { "alert.raised": true } } });
  // @ts-expect-error the user has no such field
  serve(bus, io, { authenticate, allow: { emit: { "alert.raised": ({ peer }) => peer.user.captain } } });
});
