import { describe, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { type TaskDefinition, task, unchecked } from "./index.js";

describe("task", () => {
  test("takes its data, sender and key", () => {
    expectTypeOf(task(z.object({ a: z.string() }))).toEqualTypeOf<
      TaskDefinition<{ a: string }, "both", never, undefined>
    >();
    expectTypeOf(task(unchecked<{ id: number }>(), { from: "server", key: (d) => d.id })).toEqualTypeOf<
      TaskDefinition<{ id: number }, "server", number, undefined>
    >();
  });

  test("takes what it gives", () => {
    expectTypeOf(
      task(z.string(), { result: z.object({ size: z.number() }), key: (name) => name, concurrency: 2 }),
    ).toEqualTypeOf<TaskDefinition<string, "both", string, { size: number }>>();
    expectTypeOf(task(z.string(), { result: unchecked<Date>(), keep: 1 })).toEqualTypeOf<
      TaskDefinition<string, "both", never, Date>
    >();
    expectTypeOf(task(z.string(), { rate: { count: 1, per: 1_000 } })).toEqualTypeOf<
      TaskDefinition<string, "both", never, undefined>
    >();
  });

  test("refuses what is wrong", () => {
    // @ts-expect-error a schema that transforms
    task(z.string().transform(Number));
    // @ts-expect-error the data has no b
    task(z.object({ a: z.string() }), { key: (d) => d.b });
    // @ts-expect-error an object is no key
    task(z.object({ a: z.object({}) }), { key: (d) => d.a });
    // @ts-expect-error attempts is a number
    task(z.string(), { attempts: "5" });
    // @ts-expect-error tasks have no delivery
    task(z.string(), { delivery: "durable" });
    // @ts-expect-error a result that transforms
    task(z.string(), { result: z.string().transform(Number) });
    // @ts-expect-error a result is a schema
    task(z.string(), { result: Number });
    // @ts-expect-error a rate has a time
    task(z.string(), { rate: { count: 1 } });
    // @ts-expect-error a rate is of the name or of each key
    task(z.string(), { rate: { count: 1, per: 1, by: "worker" } });
    // @ts-expect-error no such side
    task(z.string(), { from: "browser" });
  });
});
