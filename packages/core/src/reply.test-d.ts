import { describe, expectTypeOf, test } from "vitest";
import { airspace } from "../fixtures/airspace.js";
import { createBus, type Failure, type Reply, type RequestFailureCode, type Result } from "./index.js";

const bus = createBus(airspace);
interface Errors {
  UnknownAirport: { nearest: string };
  ClosedAirport: { until: Date };
}

describe("a reply", () => {
  test("is a promise of the output, with a result", () => {
    const reply = bus.request("airport.stats", { code: "SFO" });
    expectTypeOf(reply).toEqualTypeOf<Reply<{ flights: number }, Errors>>();
    expectTypeOf(reply).toExtend<Promise<{ flights: number }>>();
    expectTypeOf(reply).not.toExtend<Promise<{ flights: string }>>();
    expectTypeOf(reply.result()).resolves.toEqualTypeOf<Result<{ flights: number }, Errors>>();
  });
});

describe("a result", () => {
  test("has a value or an error, and not both", async () => {
    const outcome = await bus.request("airport.stats", { code: "SFO" }).result();
    if (outcome.ok) {
      expectTypeOf(outcome.value).toEqualTypeOf<{ flights: number }>();
      // @ts-expect-error there is no error
      outcome.error;
      return;
    }
    // @ts-expect-error there is no value
    outcome.value;
  });

  test("has an error that is a union by code, with the detail of each", async () => {
    const outcome = await bus.request("airport.stats", { code: "SFO" }).result();
    if (outcome.ok) return;
    const { error } = outcome;
    expectTypeOf(error.code).toEqualTypeOf<"UnknownAirport" | "ClosedAirport" | RequestFailureCode>();
    // @ts-expect-error which error it is must be known first
    error.detail.nearest;
    switch (error.code) {
      case "UnknownAirport":
        expectTypeOf(error.detail).toEqualTypeOf<{ nearest: string }>();
        break;
      case "ClosedAirport":
        expectTypeOf(error.detail).toEqualTypeOf<{ until: Date }>();
        break;
      case "Timeout":
        expectTypeOf(error.detail).toEqualTypeOf<undefined>();
        break;
      // @ts-expect-error no such code
      case "Tmeout":
        break;
    }
  });

  test("has the common failures only where none are declared", async () => {
    const outcome = await bus.request("airport.list", undefined).result();
    if (!outcome.ok) expectTypeOf(outcome.error.code).toEqualTypeOf<RequestFailureCode>();
    // biome-ignore lint/complexity/noBannedTypes: the empty record is what "no declared errors" is.
    expectTypeOf<Failure<{}>>().toBeNever();
    expectTypeOf<Failure<Errors>["code"]>().toEqualTypeOf<"UnknownAirport" | "ClosedAirport">();
  });
});
