import { type } from "arktype";
import * as v from "valibot";
import { describe, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { type Input, type Output, type Repeatable, type Schema, unchecked } from "./index.js";

describe("schemas", () => {
  test("of any library give their input and output", () => {
    const Lenient = z.object({ at: z.coerce.number(), n: z.number().default(1) });
    expectTypeOf<Output<typeof Lenient>>().toEqualTypeOf<{ at: number; n: number }>();
    expectTypeOf<Input<typeof Lenient>>().toEqualTypeOf<{ at: unknown; n?: number | undefined }>();
    const valibot = v.object({ a: v.string() });
    expectTypeOf<Output<typeof valibot>>().toEqualTypeOf<{ a: string }>();
    const arktype = type({ a: "string" });
    expectTypeOf<Output<typeof arktype>>().toEqualTypeOf<{ a: string }>();
    // @ts-expect-error a text is no schema
    expectTypeOf<Output<string>>();
  });

  test("are repeatable when their output is an input", () => {
    expectTypeOf<Repeatable<Schema>>().toBeUnknown();
    const same = z.string();
    expectTypeOf<Repeatable<typeof same>>().toBeUnknown();
    const changing = z.string().transform(Number);
    expectTypeOf<Repeatable<typeof changing>>().not.toBeUnknown();
  });

  test("may be a type alone", () => {
    const schema = unchecked<{ a: string }>();
    expectTypeOf<Output<typeof schema>>().toEqualTypeOf<{ a: string }>();
    expectTypeOf<Input<typeof schema>>().toEqualTypeOf<{ a: string }>();
    // @ts-expect-error it takes no value
    unchecked({ a: "x" });
  });
});
