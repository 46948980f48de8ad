import { describe, expectTypeOf, test } from "vitest";
import { type Airspace, airspace, type Tick } from "../fixtures/airspace.js";
import { type Bus, type Cause, createBus, type Inspection, type Subscription } from "./index.js";

const bus = createBus(airspace);
declare const client: Bus<Airspace, "client">;

describe("middleware", () => {
  test("gets the messages of the contract as unions by name", () => {
    const stop = bus.use({
      emit(message, next) {
        expectTypeOf(next()).toEqualTypeOf<void>();
        if (message.name === "clock.ticked") expectTypeOf(message.data).toEqualTypeOf<Tick>();
        // @ts-expect-error a request is not emitted
        if (message.name === "airport.stats") next();
      },
      async handle(request, next) {
        expectTypeOf(next()).toEqualTypeOf<Promise<unknown>>();
        if (request.name === "airport.stats") {
          expectTypeOf(request.input).toEqualTypeOf<{ code: string }>();
          throw request.error("UnknownAirport", { nearest: "SFO" });
        }
        // @ts-expect-error an event has no handler
        if (request.name === "clock.ticked") await next();
      },
      async work(task, next) {
        expectTypeOf(next()).toEqualTypeOf<Promise<unknown>>();
        if (task.name === "flight.divert") expectTypeOf(task.data.to).toEqualTypeOf<string>();
        // @ts-expect-error a request has no worker
        if (task.name === "airport.stats") await next();
      },
    });
    expectTypeOf(stop).toEqualTypeOf<Subscription>();
  });

  test("is a function for each kind, all optional, and nothing else", () => {
    bus.use({});
    client.use({ emit: (_, next) => next() }, { signal: AbortSignal.timeout(1) });
    // @ts-expect-error no such kind
    bus.use({ listen: () => undefined });
    // @ts-expect-error not a function
    bus.use({ emit: true });
    bus.use({
      handle(request) {
        if (request.name !== "airport.stats") return;
        // @ts-expect-error another declared error has another detail
        request.error("UnknownAirport", { flight: "UA1" });
      },
    });
  });
});

describe("a view that says what led to what it does", () => {
  test("is the same bus", () => {
    bus.on("clock.ticked", (_, context) => {
      expectTypeOf(bus.causedBy(context)).toEqualTypeOf<typeof bus>();
      expectTypeOf(client.causedBy(context)).toEqualTypeOf<typeof client>();
      expectTypeOf(context.cause).toEqualTypeOf<readonly Cause[]>();
      // @ts-expect-error what led to something cannot be changed
      context.cause.push(context);
    });
    bus.on("*", (message) => bus.causedBy(message));
    bus.handle("airport.stats", (_, context) => {
      bus.causedBy(context);
      throw new Error();
    });
    bus.work("flight.divert", (_, task) => bus.causedBy(task));
    // @ts-expect-error an id alone is no cause
    bus.causedBy({ id: "1" });
    // @ts-expect-error nor is its list of causes
    bus.causedBy([]);
  });
});

describe("an observer", () => {
  test("gets a union by type", () => {
    bus.inspect((inspection) => {
      expectTypeOf(inspection).toEqualTypeOf<Inspection>();
      switch (inspection.type) {
        case "delivered":
          expectTypeOf(inspection.message.data).toEqualTypeOf<unknown>();
          expectTypeOf(inspection.milliseconds).toEqualTypeOf<number>();
          break;
        case "request.failed":
          expectTypeOf(inspection.error).toEqualTypeOf<unknown>();
          break;
        // @ts-expect-error no such type
        case "listener.slept":
          break;
      }
      // @ts-expect-error only where the type is known to have one
      inspection.error;
    });
    // @ts-expect-error it is told one thing
    bus.inspect((inspection: Inspection, more: unknown) => [inspection, more]);
  });
});
