import type { Observable } from "rxjs";
import { describe, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { type Bus, createBus, defineContract, event, request, unchecked } from "../index.js";
import { type ProjectionChange, project } from "../project.js";
import { changes } from "../rxjs.js";
import { type States, states, type Watched, watch, watching } from "../watch.js";

interface Gate {
  readonly gate: string;
}
const board = defineContract({
  "gate.assigned": event(unchecked<Gate & { readonly flight: string }>(), {
    delivery: "durable",
    key: ({ flight }) => flight,
  }),
  "board.watch": request({
    input: z.object({ area: z.string() }),
    item: states({ key: z.string(), state: z.object({ gate: z.string() }) }),
  }),
  "count.watch": request({ input: z.null(), item: z.number() }),
  "board.size": request({ input: z.null(), output: z.number() }),
});
const bus = createBus(board);
declare const client: Bus<typeof board, "client">;
const gates = project(bus, "gate.assigned", {
  fold: (_: Gate | undefined, { data }) => ({ gate: data.gate }),
});

describe("watching", () => {
  test("answers with the projection's states, and knows who asks for what", () => {
    bus.handle("board.watch", watching(gates));
    bus.handle(
      "board.watch",
      watching(gates, {
        select: ({ area }: { area: string }, { peer }) => {
          expectTypeOf(peer?.id).toEqualTypeOf<string | undefined>();
          return (flight, { gate }) => flight !== gate && area !== "";
        },
      }),
    );
    const counts = project(bus, "gate.assigned", { fold: (count: number | undefined) => (count ?? 0) + 1 });
    // @ts-expect-error its states are numbers
    bus.handle("board.watch", watching(counts));
    // @ts-expect-error its items are no states
    bus.handle("count.watch", watching(gates));
  });
});

describe("watch", () => {
  test("has the keys and states of the contract, on either side", () => {
    const watched = watch(client, "board.watch", { area: "north" });
    expectTypeOf(watched).toEqualTypeOf<Watched<string, { gate: string }>>();
    expectTypeOf(watch(bus, "board.watch", { area: "north" })).toEqualTypeOf(watched);
    expectTypeOf(watched.get("UA1")).toEqualTypeOf<{ gate: string } | undefined>();
    expectTypeOf(changes(watched)).toEqualTypeOf<Observable<ProjectionChange<string, { gate: string }>>>();
    // @ts-expect-error its keys are strings
    watched.get(1);
    // @ts-expect-error its input is the contract's
    watch(client, "board.watch", { area: 5 });
    // @ts-expect-error its items are no states
    watch(client, "count.watch", null);
    // @ts-expect-error it is not streamed
    watch(client, "board.size", null);
    // @ts-expect-error it is no request
    watch(client, "gate.assigned", null);
  });
});

describe("states", () => {
  test("are of a key and a state", () => {
    const schema = states({ key: z.number(), state: z.string() });
    type Output = NonNullable<(typeof schema)["~standard"]["types"]>["output"];
    expectTypeOf<Output>().toEqualTypeOf<States<number, string>>();
    // @ts-expect-error a key is a text or a number
    states({ key: z.boolean(), state: z.string() });
    // @ts-expect-error it could not be checked again
    states({ key: z.string(), state: z.string().transform((text) => text.length) });
  });
});
