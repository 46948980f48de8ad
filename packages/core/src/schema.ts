import type { StandardSchemaV1 } from "@standard-schema/spec";

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
