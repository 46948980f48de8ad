import { bufferCount, bufferTime, map, type Observable, pipe } from "rxjs";
import { TestScheduler } from "rxjs/testing";
import { describe, expectTypeOf, test } from "vitest";
import { type Airspace, airspace, FlightId, type Tick } from "../../fixtures/airspace.js";
import { type Bus, createBus, defineContract, event, type Listening, unchecked } from "../index.js";
import { join, type KeyedEventName, latest, perKey } from "../rxjs.js";

const bus = createBus(airspace);
declare const client: Bus<Airspace, "client">;

type Position = { readonly flight: string; readonly lat: number; readonly lon: number };
type Departure = { readonly flight: string; readonly gate: string; readonly at: Date };

describe("the names that have a key", () => {
  test("are those of events that do", () => {
    expectTypeOf<KeyedEventName<Airspace>>().toEqualTypeOf<
      "flight.departed" | "flight.landed" | "flight.position" | "clock.stored"
    >();
  });
});

describe("latest", () => {
  test("gives the data of a name", () => {
    expectTypeOf(latest(bus, "clock.stored")).toEqualTypeOf<Observable<Tick>>();
    expectTypeOf(latest(client, "flight.position", { key: "UA1", keys: 10, age: 60_000 })).toExtend<
      Observable<Position>
    >();
    const { signal } = new AbortController();
    latest(bus, "clock.stored", {
      key: 7,
      signal,
      onGap: (gap) => gap.missed,
      scheduler: new TestScheduler(() => true),
    });
  });

  test("is for code that only listens, on either side", () => {
    const positions = (listening: Listening<Airspace>) => latest(listening, "flight.position");
    expectTypeOf(positions(bus)).toExtend<Observable<Position>>();
    expectTypeOf(positions(client)).toExtend<Observable<Position>>();
  });

  test("refuses names without a key, other names and wrong options", () => {
    // @ts-expect-error it has no key
    latest(bus, "clock.ticked");
    // @ts-expect-error no such name
    latest(bus, "clock.tocked");
    // @ts-expect-error a pattern is none
    latest(bus, "flight.*");
    // @ts-expect-error no event
    latest(bus, "flight.divert");
    // @ts-expect-error its key is a number
    latest(bus, "clock.stored", { key: "7" });
    // @ts-expect-error a number of keys, not keys
    latest(bus, "clock.stored", { keys: [1, 2] });
    // @ts-expect-error an Observable has operators for that
    latest(bus, "clock.stored", { concurrency: 1 });
    // @ts-expect-error no bus
    latest({}, "clock.stored");
  });
});

describe("join", () => {
  test("gives the data of each name under its part", () => {
    const joined = join(bus, { departure: "flight.departed", position: "flight.position" });
    expectTypeOf(joined).toExtend<
      Observable<{ readonly departure: Departure; readonly position: Position }>
    >();
    joined.subscribe((flight) => {
      expectTypeOf(flight.departure.at).toEqualTypeOf<Date>();
      expectTypeOf(flight.position.lat).toEqualTypeOf<number>();
      // @ts-expect-error no such part
      flight.landing;
      // @ts-expect-error others see it as well
      flight.position = { flight: "UA1", lat: 0, lon: 0 };
    });
    join(
      client,
      { departure: "flight.departed", landing: "flight.landed" },
      { key: "UA1", keys: 100, age: 1_000 },
    );
  });

  test("takes parts that were named before", () => {
    const parts = { departure: "flight.departed", position: "flight.position" } as const;
    expectTypeOf(join(bus, parts)).toExtend<
      Observable<{ readonly departure: Departure; readonly position: Position }>
    >();
  });

  test("refuses keys of different types", () => {
    // @ts-expect-error a string and a number
    join(bus, { departure: "flight.departed", tick: "clock.stored" });
    const branded = createBus(
      defineContract({
        "flight.named": event(FlightId, { key: (id) => id }),
        "flight.called": event(unchecked<string>(), { key: (id) => id }),
        "flight.renamed": event(FlightId, { key: (id) => id }),
      }),
    );
    // @ts-expect-error a brand and a string
    join(branded, { named: "flight.named", called: "flight.called" });
    join(branded, { named: "flight.named", renamed: "flight.renamed" });
  });

  test("refuses names without a key, other names and wrong options", () => {
    // @ts-expect-error it has no key
    join(bus, { departure: "flight.departed", tick: "clock.ticked" });
    // @ts-expect-error no such name
    join(bus, { departure: "flight.departed", landing: "flight.landet" });
    // @ts-expect-error a pattern is none
    join(bus, { all: "flight.*" });
    // @ts-expect-error names have parts
    join(bus, ["flight.departed", "flight.position"]);
    // @ts-expect-error their key is a string
    join(bus, { departure: "flight.departed", position: "flight.position" }, { key: 7 });
  });
});

describe("perKey", () => {
  test("gives what a project makes of the events of a key", () => {
    const counted = perKey(bus, "clock.stored", (ticks, key) => {
      expectTypeOf(ticks).toEqualTypeOf<Observable<Tick>>();
      expectTypeOf(key).toEqualTypeOf<number>();
      return ticks.pipe(map(({ count }) => `${key}: ${count}`));
    });
    expectTypeOf(counted).toEqualTypeOf<Observable<string>>();
    expectTypeOf(perKey(bus, "clock.stored", async (_, key) => key)).toEqualTypeOf<Observable<number>>();
    expectTypeOf(perKey(bus, "clock.stored", () => [1, 2])).toEqualTypeOf<Observable<number>>();
  });

  test("takes an operator as it is", () => {
    expectTypeOf(perKey(bus, "clock.stored", bufferCount(2))).toEqualTypeOf<Observable<Tick[]>>();
    expectTypeOf(perKey(bus, "clock.stored", bufferTime(10), { keys: 5, age: 10 })).toEqualTypeOf<
      Observable<Tick[]>
    >();
    const lengths = perKey(
      bus,
      "clock.stored",
      pipe(
        bufferCount(2),
        map((ticks) => ticks.length),
      ),
    );
    expectTypeOf(lengths).toEqualTypeOf<Observable<number>>();
  });

  test("refuses names without a key, projects that give nothing, and wrong options", () => {
    // @ts-expect-error it has no key
    perKey(bus, "clock.ticked", bufferCount(2));
    // @ts-expect-error a pattern is none
    perKey(bus, "flight.*", bufferCount(2));
    // @ts-expect-error nothing comes of it
    perKey(bus, "clock.stored", () => undefined);
    // @ts-expect-error its key is a number
    perKey(bus, "clock.stored", bufferCount(2), { key: "7" });
    // @ts-expect-error no project
    perKey(bus, "clock.stored");
  });
});
