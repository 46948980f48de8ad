import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { InvalidError, type Schema, unchecked } from "./index.js";
import { isUnchecked } from "./schema.js";
import { validate } from "./validate.js";

type Answer = ReturnType<Schema["~standard"]["validate"]>;

function schemaThatAnswers(answer: () => unknown): Schema {
  return { "~standard": { version: 1, vendor: "test", validate: () => answer() as Answer } };
}

function issuesOf(schema: Schema, data: unknown): InvalidError {
  try {
    validate(schema, "room.opened", data);
  } catch (error) {
    if (error instanceof InvalidError) return error;
    throw error;
  }
  throw new Error("The schema took the data.");
}

describe("validate", () => {
  it.each<[string, Schema]>([
    ["zod", z.object({ gate: z.array(z.number()) })],
    ["valibot", v.object({ gate: v.array(v.number()) })],
    ["arktype", type({ gate: "number[]" })],
  ])("takes a schema of %s, with its issues", (_, schema) => {
    expect(validate(schema, "room.opened", { gate: [1] })).toEqual({ gate: [1] });
    const error = issuesOf(schema, { gate: [1, "two"] });
    expect(error).toMatchObject({ code: "Invalid", about: "room.opened", retryable: false });
    expect(error.issues).toHaveLength(1);
    expect(error.issues[0]!.path).toEqual(["gate", 1]);
    expect(error.message).toMatch(/^"room.opened" is invalid at gate\.1: .+/);
  });

  it("gives what the schema made of the data, not the data", () => {
    const data = { name: "a", extra: true };
    const value = validate(z.object({ name: z.string() }), "room.opened", data);
    expect(value).toEqual({ name: "a" });
    expect(data).toHaveProperty("extra");
  });

  it("counts further issues in the message", () => {
    const error = issuesOf(z.object({ a: z.string(), b: z.string(), c: z.string() }), {});
    expect(error.issues.map(({ path }) => path)).toEqual([["a"], ["b"], ["c"]]);
    expect(error.message).toContain("(and 2 more)");
  });

  it("reads every form of a path", () => {
    const path = [{ key: "a" }, 1, Symbol("s"), { key: 2 }, { key: Symbol("t") }];
    const schema = schemaThatAnswers(() => ({ issues: [{ message: "no", path }] }));
    expect(issuesOf(schema, {}).issues[0]!.path).toEqual(["a", 1, "Symbol(s)", 2, "Symbol(t)"]);
  });

  it("refuses without a reason as well", () => {
    expect(
      issuesOf(
        schemaThatAnswers(() => ({ issues: [] })),
        {},
      ).message,
    ).toContain("no reason given");
  });

  it("refuses an asynchronous schema, whatever it says later", async () => {
    for (const outcome of [Promise.resolve({ value: 1 }), Promise.reject(new Error("late"))]) {
      expect(
        issuesOf(
          schemaThatAnswers(() => outcome),
          {},
        ).message,
      ).toContain("its schema is asynchronous");
    }
    const asynchronous = z.string().refine(async () => true);
    expect(() => validate(asynchronous, "room.opened", "x")).toThrow(InvalidError);
  });

  it("refuses a schema that answers with another library's promise", () => {
    // biome-ignore lint/suspicious/noThenProperty: what is tested is a thenable.
    const thenable = { then: () => undefined };
    expect(
      issuesOf(
        schemaThatAnswers(() => thenable),
        {},
      ).message,
    ).toContain("its schema is asynchronous");
  });

  it.each<[string, unknown, string]>([
    ["an error", new Error("broken"), "its schema threw: broken"],
    ["an object without words", Object.create(null), "its schema threw: a value that cannot be shown"],
  ])("refuses when the schema throws %s", (_, thrown, message) => {
    const schema = schemaThatAnswers(() => {
      throw thrown;
    });
    expect(issuesOf(schema, {}).message).toContain(message);
  });
});

describe("unchecked", () => {
  it("takes everything as it is, and can be told from a schema that checks", () => {
    const data = { any: "thing" };
    const schema = unchecked<typeof data>();
    expect(validate(schema, "room.opened", data)).toBe(data);
    expect(isUnchecked(schema)).toBe(true);
    expect(isUnchecked(z.any())).toBe(false);
  });
});
