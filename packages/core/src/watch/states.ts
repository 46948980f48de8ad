import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Key } from "../key.js";
import { type Input, isUnchecked, type Output, type Repeatable, type Schema, unchecked } from "../schema.js";

/** Some of the states of a projection: at first all of them, in one item or several, then what has changed. */
export interface States<K, State> {
  /** Whether it begins all of them anew: what was told before counts no more. */
  readonly anew: boolean;
  /** Whether all of them are not together yet: more follow. */
  readonly more: boolean;
  /** A key with its state; a key alone has none any more. */
  readonly entries: readonly (readonly [key: K, state?: State])[];
}

/** The schemas of what is watched. */
export interface StatesSchemas<KeySchema extends Schema, StateSchema extends Schema> {
  readonly key: KeySchema;
  readonly state: StateSchema;
}

type StatesSchema<K extends Schema, S extends Schema> = StandardSchemaV1<
  States<Input<K>, Input<S>>,
  States<Output<K>, Output<S>>
>;

/**
 * The schema of a streamed request by which the states of a projection are watched: of its items, which {@link watching} makes and
 * {@link watch} takes.
 *
 * @example
 * ```ts
 * const contract = defineContract({
 *   "board.watch": request({ input: Query, item: states({ key: z.string(), state: Gate }) }),
 * });
 * ```
 */
export function states<K extends StandardSchemaV1<Key, Key>, S extends Schema>({
  key,
  state,
}: StatesSchemas<K, S> & { readonly key: Repeatable<K>; readonly state: Repeatable<S> }): StatesSchema<K, S> {
  // What guards nothing must not look as if it did.
  if (isUnchecked(key) || isUnchecked(state)) return unchecked() as StatesSchema<K, S>;
  const validate = (value: unknown) => checked(value, key, state);
  return { "~standard": { version: 1, vendor: "eventwire", validate } } as StatesSchema<K, S>;
}

function checked(
  value: unknown,
  key: Schema,
  state: Schema,
): StandardSchemaV1.Result<States<unknown, unknown>> {
  const { anew, more, entries } = (value ?? {}) as Partial<States<unknown, unknown>>;
  if (typeof anew !== "boolean" || typeof more !== "boolean" || !Array.isArray(entries)) {
    return { issues: [{ message: "states must be { anew, more, entries }" }] };
  }
  const taken: (readonly [key: unknown, state?: unknown])[] = [];
  for (const [index, entry] of (entries as readonly unknown[]).entries()) {
    if (!Array.isArray(entry) || entry.length < 1 || entry.length > 2) {
      return {
        issues: [{ message: "an entry must be a key, or a key and its state", path: ["entries", index] }],
      };
    }
    const parts: unknown[] = [];
    for (const [place, part] of (entry as readonly unknown[]).entries()) {
      const result = (place === 0 ? key : state)["~standard"].validate(part);
      if ("then" in result) throw new TypeError("a schema of states is asynchronous; use a synchronous one");
      if (result.issues) return { issues: result.issues.map((issue) => within(issue, index, place)) };
      parts.push(result.value);
    }
    taken.push(parts as unknown as readonly [unknown, unknown]);
  }
  return { value: { anew, more, entries: taken } };
}

function within({ message, path = [] }: StandardSchemaV1.Issue, index: number, place: number) {
  return { message, path: ["entries", index, place, ...path] };
}
