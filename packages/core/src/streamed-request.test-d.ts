import { describe, expectTypeOf, test } from "vitest";
import { type Airspace, airspace } from "../fixtures/airspace.js";
import {
  type Answer,
  type Askable,
  type AskedOfClients,
  type AskedOfPeers,
  type Bus,
  createBus,
  type Handleable,
  type NotDoneBy,
  type NotSentBy,
  type Reply,
  type RequestHandler,
  type RequestingOptions,
  type StreamedName,
} from "./index.js";

const bus = createBus(airspace);
declare const client: Bus<Airspace, "client">;

interface Movement {
  flight: string;
  kind: "departed" | "landed";
}

describe("a streamed request", () => {
  test("gives an iterator of its items", async () => {
    const movements = bus.request("airport.watch", { code: "SFO" }, { timeout: 50 });
    expectTypeOf(movements).toEqualTypeOf<AsyncIterableIterator<Movement>>();
    for await (const movement of movements) expectTypeOf(movement).toEqualTypeOf<Movement>();
    expectTypeOf(client.request("airport.watch", { code: "" })).toEqualTypeOf<
      AsyncIterableIterator<Movement>
    >();
    // @ts-expect-error it is no promise
    movements.then;
    // @ts-expect-error and has no result
    movements.result;
    // @ts-expect-error no such field
    bus.request("airport.watch", { airport: "SFO" });
    // @ts-expect-error no such option
    bus.request("airport.watch", { code: "" }, { idle: 5 });
    expectTypeOf<RequestingOptions>().toExtend<{ readonly timeout?: number | undefined }>();
    // @ts-expect-error milliseconds
    bus.request("airport.watch", { code: "" }, { timeout: "5s" });
  });

  test("loses neither where the name is one of several", () => {
    expectTypeOf<Answer<Airspace, "airport.watch" | "airport.rename">>().toExtend<
      // biome-ignore lint/complexity/noBannedTypes: the empty record is what "no declared errors" is.
      AsyncIterableIterator<Movement> | Reply<boolean, {}>
    >();
    expectTypeOf<StreamedName<Airspace>>().toEqualTypeOf<"airport.watch" | "pilot.watch">();
    // @ts-expect-error no such request
    expectTypeOf<Answer<Airspace, "airport.wach">>();
    // @ts-expect-error nor here
    expectTypeOf<RequestHandler<Airspace, "airport.wach">>();
  });

  test("is handled by what can be iterated", () => {
    bus.handle("airport.watch", async function* ({ code }, context) {
      expectTypeOf(code).toEqualTypeOf<string>();
      yield { flight: code, kind: "departed" };
      throw context.error("UnknownAirport", { nearest: "SFO" });
    });
    bus.handle("airport.watch", function* () {
      yield { flight: "", kind: "landed" };
    });
    bus.handle("airport.watch", () => [{ flight: "", kind: "landed" }]);
    bus.handle("airport.watch", async () => new Set<Movement>());
    bus.handle("airport.watch", () => new ReadableStream<Movement>() as AsyncIterable<Movement>);
    // @ts-expect-error one item is no stream of them
    bus.handle("airport.watch", () => ({ flight: "", kind: "landed" }));
    // @ts-expect-error nor is nothing
    bus.handle("airport.watch", async () => undefined);
    // @ts-expect-error items of another kind
    bus.handle("airport.watch", () => [{ flight: "", kind: "crashed" }]);
    bus.handle(
      "airport.watch",
      // @ts-expect-error a field is missing
      async function* () {
        yield { flight: "" };
      },
    );
    // @ts-expect-error one that is not streamed has one answer
    bus.handle("airport.rename", async function* () {
      yield true;
    });
    bus.handle("airport.watch", (_, context) => {
      // @ts-expect-error not declared
      throw context.error("ClosedAirport", { until: new Date() });
    });
  });
});

describe("a request that clients answer", () => {
  test("is handled by clients alone", () => {
    client.handle("pilot.confirm", (question) => question.length > 0);
    client.handle("pilot.watch", async function* (question) {
      yield question.length;
    });
    // @ts-expect-error it has to answer
    client.handle("pilot.confirm", () => "yes");
    // @ts-expect-error not on the server
    bus.handle("pilot.confirm", () => true);
    // @ts-expect-error and a client handles nothing else
    client.handle("airport.stats", () => ({ flights: 1 }));
    expectTypeOf<AskedOfClients<Airspace>>().toEqualTypeOf<"pilot.confirm" | "pilot.watch">();
    expectTypeOf<Handleable<Airspace, "client", "pilot.confirm">>().toEqualTypeOf<"pilot.confirm">();
    expectTypeOf<Handleable<Airspace, "server", "pilot.confirm">>().toEqualTypeOf<
      NotDoneBy<"server", "pilot.confirm">
    >();
    expectTypeOf<Handleable<Airspace, "client", "airport.list">>().toEqualTypeOf<
      NotDoneBy<"client", "airport.list">
    >();
  });

  test("is asked of no bus", () => {
    // @ts-expect-error the server asks one peer
    bus.request("pilot.confirm", "sure?");
    // @ts-expect-error clients do not ask each other
    client.request("pilot.confirm", "sure?");
    expectTypeOf<Askable<Airspace, "server", "pilot.confirm">>().toEqualTypeOf<
      AskedOfPeers<"pilot.confirm">
    >();
    expectTypeOf<Askable<Airspace, "client", "airport.watch">>().toEqualTypeOf<"airport.watch">();
    expectTypeOf<Askable<Airspace, "server", "airport.rename">>().toEqualTypeOf<
      NotSentBy<"server", "airport.rename">
    >();
  });
});
