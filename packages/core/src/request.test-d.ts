import * as v from "valibot";
import { describe, expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  type RequestDefinition,
  type RequestOptions,
  request,
  type StreamOptions,
  unchecked,
} from "./index.js";

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
        "both",
        "server",
        false
      >
    >();
  });

  test("has no declared errors and both senders unless told otherwise", () => {
    const asked = request({ input: z.string(), output: z.number() });
    // biome-ignore lint/complexity/noBannedTypes: the empty record is what "no declared errors" is.
    expectTypeOf(asked).toEqualTypeOf<RequestDefinition<string, number, {}, "both", "server", false>>();
    const fromClient = request({ input: z.string(), output: z.number(), from: "client" });
    expectTypeOf(fromClient).toEqualTypeOf<
      // biome-ignore lint/complexity/noBannedTypes: the empty record is what "no declared errors" is.
      RequestDefinition<string, number, {}, "client", "server", false>
    >();
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

  test("is streamed where it has items, and answered by clients where it says so", () => {
    const watched = request({ input: z.string(), item: z.number(), from: "server" });
    expectTypeOf(watched).toEqualTypeOf<
      // biome-ignore lint/complexity/noBannedTypes: the empty record is what "no declared errors" is.
      RequestDefinition<string, number, {}, "server", "server", true>
    >();
    const confirmed = request({ input: z.string(), output: z.boolean(), by: "client", idempotent: true });
    expectTypeOf(confirmed).toEqualTypeOf<
      // biome-ignore lint/complexity/noBannedTypes: the empty record is what "no declared errors" is.
      RequestDefinition<string, boolean, {}, "server", "client", false>
    >();
    request({ input: z.string(), item: z.boolean(), by: "client", from: "server" });
    // @ts-expect-error clients do not ask each other
    request({ input: z.string(), output: z.boolean(), by: "client", from: "client" });
    // @ts-expect-error nor do both
    request({ input: z.string(), item: z.boolean(), by: "client", from: "both" });
    // @ts-expect-error no such side
    request({ input: z.string(), output: z.boolean(), by: "browser" });
    // @ts-expect-error either an output or items
    request({ input: z.string(), output: z.number(), item: z.number() });
    // @ts-expect-error items that transform
    request({ input: z.string(), item: z.string().transform(Number) });
    // @ts-expect-error it is, or is not
    request({ input: z.string(), output: z.number(), idempotent: "yes" });
    // @ts-expect-error reserved here too
    request({ input: z.string(), item: z.number(), errors: { Timeout: z.string() } });
    type Options = StreamOptions<z.ZodString, z.ZodNumber, Record<never, never>, "both">;
    expectTypeOf<Options["item"]>().toEqualTypeOf<z.ZodNumber>();
    expectTypeOf<Options["output"]>().toEqualTypeOf<undefined>();
  });

  test("refuses what is wrong", () => {
    // @ts-expect-error neither output nor items
    request({ input: z.string(), errors: {} });
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
