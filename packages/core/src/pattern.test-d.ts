import { describe, expectTypeOf, test } from "vitest";
import type { Airspace } from "../fixtures/airspace.js";
import type { EventName, Matching, Message, MessageOf, MessagesByPattern, Pattern } from "./index.js";

describe("Pattern", () => {
  test("has a wildcard for each prefix, of any depth, and nothing more", () => {
    expectTypeOf<Pattern<"a">>().toEqualTypeOf<"*">();
    expectTypeOf<Pattern<"a.b">>().toEqualTypeOf<"*" | "a.*">();
    expectTypeOf<Pattern<"a.b.c.d" | "x.y">>().toEqualTypeOf<"*" | "a.*" | "a.b.*" | "a.b.c.*" | "x.*">();
    expectTypeOf<Pattern<EventName<Airspace>>>().toEqualTypeOf<
      "*" | "flight.*" | "flight.crew.*" | "alert.*" | "clock.*" | "page.*"
    >();
  });
});

describe("Matching", () => {
  type Names = "a" | "a.b" | "a.b.c" | "ab.c";
  test("has the names below a wildcard, and a name for itself", () => {
    expectTypeOf<Matching<Names, "*">>().toEqualTypeOf<Names>();
    expectTypeOf<Matching<Names, "a.*">>().toEqualTypeOf<"a.b" | "a.b.c">();
    expectTypeOf<Matching<Names, "a.b.*">>().toEqualTypeOf<"a.b.c">();
    expectTypeOf<Matching<Names, "a">>().toEqualTypeOf<"a">();
    expectTypeOf<Matching<Names, "b.*">>().toBeNever();
  });
});

describe("messages", () => {
  test("are a union by name", () => {
    type Clock = MessagesByPattern<Airspace>["clock.*"];
    expectTypeOf<Clock>().toEqualTypeOf<MessageOf<Airspace, "clock.ticked" | "clock.stored">>();
    expectTypeOf<MessageOf<Airspace, "clock.ticked">>().toExtend<Message<"clock.ticked", object, never>>();
    // @ts-expect-error no such event
    expectTypeOf<MessageOf<Airspace, "clock.tocked">>();
    // @ts-expect-error no such pattern
    expectTypeOf<MessagesByPattern<Airspace>["clocks.*"]>();
  });
});
