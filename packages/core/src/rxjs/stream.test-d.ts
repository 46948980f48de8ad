import type { Observable } from "rxjs";
import { describe, expectTypeOf, test } from "vitest";
import { type Airspace, airspace, type Tick } from "../../fixtures/airspace.js";
import { type Bus, createBus, type MessagesByPattern } from "../index.js";
import { stream } from "../rxjs.js";

const bus = createBus(airspace);
declare const client: Bus<Airspace, "client">;

describe("stream", () => {
  test("gives the data of a name, and the messages of a pattern", () => {
    expectTypeOf(stream(bus, "clock.ticked")).toEqualTypeOf<Observable<Tick>>();
    expectTypeOf(stream(client, "flight.position", { key: "UA1" })).toExtend<Observable<{ lat: number }>>();
    expectTypeOf(stream(bus, "clock.*")).toEqualTypeOf<Observable<MessagesByPattern<Airspace>["clock.*"]>>();
    stream(bus, "*").subscribe((message) => {
      if (message.name === "clock.ticked") expectTypeOf(message.data).toEqualTypeOf<Tick>();
    });
  });

  test("refuses wrong names and options", () => {
    // @ts-expect-error no such name
    stream(bus, "clock.tocked");
    // @ts-expect-error no such pattern
    stream(bus, "clocks.*");
    // @ts-expect-error it has no key
    stream(bus, "clock.ticked", { key: 1 });
    // @ts-expect-error a stream has operators for that
    stream(bus, "clock.ticked", { concurrency: 1 });
    // @ts-expect-error no bus
    stream({}, "clock.ticked");
  });
});
