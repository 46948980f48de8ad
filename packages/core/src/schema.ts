import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe } from "./errors/describe.js";
import { InvalidError, type Issue } from "./errors/invalid-error.js";

/** Any Standard Schema v1: zod, valibot, arktype and others. */
export type Schema = StandardSchemaV1;
export type Output<S extends Schema> = StandardSchemaV1.InferOutput<S>;
export type Input<S extends Schema> = StandardSchemaV1.InferInput<S>;

/** A schema's output must be accepted again as its input, for it is checked at every boundary. */
export type Repeatable<S extends Schema> = [Output<S>] extends [Input<S>]
  ? unknown
  : {
      "eventwire: this schema transforms its input, so what it returns cannot be checked again at the next boundary": never;
    };

const vendor = "eventwire:unchecked";
const passing: StandardSchemaV1 = {
  "~standard": { version: 1, vendor, validate: (value) => ({ value }) },
};

/**
 * A schema that accepts everything: typed, unchecked. Fine inside a process; a message with it never crosses a link.
 *
 * @example
 * ```ts
 * event(unchecked<Tick>(), { delivery: "volatile", key: (tick) => tick.symbol })
 * ```
 */
export function unchecked<Data>(): StandardSchemaV1<Data, Data> {
  return passing as StandardSchemaV1<Data, Data>;
}

/** Whether `schema` came from {@link unchecked}, and so cannot guard a boundary. */
export function isUnchecked(schema: Schema): boolean {
  return schema["~standard"].vendor === vendor;
}

/**
 * Checks `data` and returns what the schema made of it: only that may go on, never the data itself.
 *
 * @throws {InvalidError} when the schema refuses, throws, or answers asynchronously.
 */
export function validate(schema: Schema, name: string, data: unknown): unknown {
  let result: StandardSchemaV1.Result<unknown> | Promise<StandardSchemaV1.Result<unknown>>;
  try {
    result = schema["~standard"].validate(data);
  } catch (cause) {
    throw new InvalidError(name, [{ message: `its schema threw: ${describe(cause)}`, path: [] }], cause);
  }
  if ("then" in result) {
    result.then(ignoreLateAnswer, ignoreLateAnswer);
    throw new InvalidError(name, [
      { message: "its schema is asynchronous; use a synchronous one", path: [] },
    ]);
  }
  if (result.issues) throw new InvalidError(name, result.issues.map(plain));
  return result.value;
}

function plain(issue: StandardSchemaV1.Issue): Issue {
  // Copied first, since a path may be an array of a kind of its own, which would go on through a map.
  const path = [...(issue.path ?? [])].map((segment) => {
    const key = typeof segment === "object" ? segment.key : segment;
    return typeof key === "number" ? key : String(key);
  });
  return { message: issue.message, path };
}

/** The asynchronous schema was refused already; what it would have said changes nothing. */
function ignoreLateAnswer(): undefined {
  return undefined;
}
