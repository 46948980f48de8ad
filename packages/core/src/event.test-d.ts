import { type } from "arktype";
import * as v from "valibot";
import { describe, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { type EventDefinition, event, type Key, unchecked } from "./index.js";

describe("event", () => {
  test("takes the data of its schema, from any library", () => {
    expectTypeOf(event(z.object({ a: z.string() }))).toEqualTypeOf<
      EventDefinition<{ a: string }, "live", "server", never>
    >();
    expectTypeOf(event(v.object({ a: v.number() }))).toEqualTypeOf<
      EventDefinition<{ a: number }, "live", "server", never>
    >();
    expectTypeOf(event(type({ a: "'x'|'y'" }))).toEqualTypeOf<
      EventDefinition<{ a: "x" | "y" }, "live", "server", never>
    >();
  });

  test("takes its data as a type alone, unchecked", () => {
    expectTypeOf(event<{ a: string }>()).toEqualTypeOf<
      EventDefinition<{ a: string }, "live", "server", never>
    >();
    // @ts-expect-error with options the type of the data comes from unchecked<T>()
    event<{ a: string }>({ delivery: "durable" });
    // @ts-expect-error a schema has a type already
    event<{ a: string }>(z.object({ a: z.string() }));
  });

  test("keeps delivery, sender and key", () => {
    const moved = event(unchecked<{ id: number }>(), {
      delivery: "volatile",
      from: "both",
      key: (d) => d.id,
    });
    expectTypeOf(moved).toEqualTypeOf<EventDefinition<{ id: number }, "volatile", "both", number>>();
    expectTypeOf(event(z.string(), { key: (d) => d })).toEqualTypeOf<
      EventDefinition<string, "live", "server", string>
    >();
  });

  test("takes what goes where too many wait, which changes nothing of its type", () => {
    for (const overflow of ["drop-oldest", "drop-newest", "disconnect"] as const) {
      expectTypeOf(event(z.string(), { overflow })).toEqualTypeOf<
        EventDefinition<string, "live", "server", never>
      >();
    }
  });

  test("takes a schema whose output is taken again as its input", () => {
    const Repeatable = z.object({ at: z.coerce.date(), n: z.number().default(1), o: z.string().optional() });
    expectTypeOf(event(Repeatable, { key: (d) => d.n })).toEqualTypeOf<
      EventDefinition<{ at: Date; n: number; o?: string | undefined }, "live", "server", number>
    >();
  });

  test("refuses a schema that transforms, of any library", () => {
    // @ts-expect-error a number is no text again
    event(z.string().transform(Number));
    // @ts-expect-error a number is no text again
    event(v.pipe(v.string(), v.transform(Number)));
    // @ts-expect-error a date is no text again
    event(type("string.date.parse"));
    // @ts-expect-error also with options
    event(z.string().transform(Number), { delivery: "volatile" });
  });

  test("refuses what is no schema", () => {
    // @ts-expect-error a plain object
    event({ a: "string" });
    // @ts-expect-error a class
    event(Date);
  });

  test("refuses a key that is none, or of a field that is not there", () => {
    // @ts-expect-error the data has no b
    event(z.object({ a: z.string() }), { key: (d) => d.b });
    // @ts-expect-error an object is no key
    event(z.object({ a: z.object({}) }), { key: (d) => d.a });
    // @ts-expect-error undefined is no key
    event(z.object({ a: z.string().optional() }), { key: (d) => d.a });
  });

  test("refuses options that it does not know, and values that they do not have", () => {
    // @ts-expect-error misspelt
    event(z.string(), { delivry: "durable" });
    // @ts-expect-error no such delivery
    event(z.string(), { delivery: "durabl" });
    // @ts-expect-error no such side
    event(z.string(), { from: "browser" });
    // @ts-expect-error nothing overflows like that
    event(z.string(), { overflow: "drop" });
  });

  test("is one of EventDefinition without arguments", () => {
    expectTypeOf(event<string>()).toExtend<EventDefinition>();
    expectTypeOf(event(z.string(), { key: (d) => d })).toExtend<
      EventDefinition<string, "live", "server", Key>
    >();
    expectTypeOf(event<string>()).not.toExtend<EventDefinition<number>>();
  });
});
