import { describe, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { type TaskDefinition, task, unchecked } from "./index.js";

describe("task", () => {
  test("takes its data, sender and key", () => {
    expectTypeOf(task(z.object({ a: z.string() }))).toEqualTypeOf<
      TaskDefinition<{ a: string }, "both", never>
    >();
    expectTypeOf(task(unchecked<{ id: number }>(), { from: "server", key: (d) => d.id })).toEqualTypeOf<
      TaskDefinition<{ id: number }, "server", number>
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
    // @ts-expect-error no such side
    task(z.string(), { from: "browser" });
  });
});
