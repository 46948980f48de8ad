import * as v from "valibot";
import { describe, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { type RequestDefinition, type RequestOptions, request, unchecked } from "./index.js";

describe("request", () => {
  test("takes input, output and declared errors, of any library", () => {
    const stats = request({
      input: z.object({ code: z.string() }),
      output: v.object({ flights: v.number() }),
      errors: { Unknown: z.object({ nearest: z.string() }), Shut: unchecked<Date>() },
    });
    expectTypeOf(stats).toEqualTypeOf<
      RequestDefinition<
        { code: string },
        { flights: number },
        { Unknown: { nearest: string }; Shut: Date },
        "both"
      >
    >();
  });

  test("has no declared errors and both senders unless told otherwise", () => {
    const asked = request({ input: z.string(), output: z.number() });
    // biome-ignore lint/complexity/noBannedTypes: the empty record is what "no declared errors" is.
    expectTypeOf(asked).toEqualTypeOf<RequestDefinition<string, number, {}, "both">>();
    const fromClient = request({ input: z.string(), output: z.number(), from: "client" });
    // biome-ignore lint/complexity/noBannedTypes: the empty record is what "no declared errors" is.
    expectTypeOf(fromClient).toEqualTypeOf<RequestDefinition<string, number, {}, "client">>();
  });

  test("refuses an error by a name that any request may fail with", () => {
    const input = z.string();
    const output = z.number();
    const detail = z.object({ nearest: z.string() });
    // @ts-expect-error it is reserved
    request({ input, output, errors: { Timeout: detail } });
    // @ts-expect-error one of them is reserved
    request({ input, output, errors: { Unknown: detail, Closed: unchecked<Date>() } });
    request({ input, output, errors: { TimedOut: detail, timeout: detail } });
    // What only running shows is refused by running.
    request({ input, output, errors: {} as Record<string, typeof detail> });
    type Wrong = NonNullable<
      RequestOptions<typeof input, typeof output, { Denied: typeof detail }, "both">["errors"]
    >;
    expectTypeOf<
      Wrong["eventwire: this name is reserved for what can go wrong with any request"]
    >().toEqualTypeOf<"Denied">();
  });

  test("refuses what is wrong", () => {
    // @ts-expect-error no output
    request({ input: z.string() });
    // @ts-expect-error an input that transforms
    request({ input: z.string().transform(Number), output: z.number() });
    // @ts-expect-error an output that transforms
    request({ input: z.number(), output: v.pipe(v.string(), v.transform(Number)) });
    // @ts-expect-error errors are schemas
    request({ input: z.number(), output: z.number(), errors: { Unknown: "text" } });
    // @ts-expect-error no such side
    request({ input: z.number(), output: z.number(), from: "browser" });
  });
});
