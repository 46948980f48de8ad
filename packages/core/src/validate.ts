import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe } from "./errors/describe.js";
import { InvalidError, type Issue } from "./errors/invalid-error.js";
import type { Schema } from "./schema.js";

/**
 * Checks `data` and returns what the schema made of it: only that may go on, never the data itself.
 *
 * @throws {InvalidError} when the schema refuses, throws, or answers asynchronously.
 */
export function validate(schema: Schema, name: string, data: unknown): unknown {
  const result = examine(schema, name, data);
  if (result.issues) throw new InvalidError(name, plainIssues(result.issues));
  return result.value;
}

/**
 * What a schema says of `data`, for those who answer a refusal and have no use for an error, which costs more than all the rest.
 *
 * @throws {InvalidError} when the schema throws, or answers asynchronously.
 */
export function examine(schema: Schema, name: string, data: unknown): StandardSchemaV1.Result<unknown> {
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
  return result;
}

export function plainIssues(issues: readonly StandardSchemaV1.Issue[]): readonly Issue[] {
  return issues.map(plain);
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
