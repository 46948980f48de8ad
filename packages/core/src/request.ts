import type { From, RequestDefinition } from "./definition.js";
import type { Output, Repeatable, Schema } from "./schema.js";

export interface RequestOptions<
  I extends Schema,
  O extends Schema,
  E extends Readonly<Record<string, Schema>>,
  F extends From,
> {
  readonly input: I & Repeatable<I>;
  readonly output: O & Repeatable<O>;
  /** The errors that a handler may answer with, each with the schema of its detail. Default: none. */
  readonly errors?: E;
  /** Who may ask. Default `"both"`. */
  readonly from?: F;
}

/**
 * Defines a request: a question to one handler on the server, with a typed result and typed errors.
 *
 * @example
 * ```ts
 * request({ input: Query, output: Stats, errors: { UnknownAirport: z.object({ code: z.string() }) } })
 * ```
 */
export function request<
  I extends Schema,
  O extends Schema,
  // biome-ignore lint/complexity/noBannedTypes: the empty record is what "no declared errors" is.
  E extends Readonly<Record<string, Schema>> = {},
  F extends From = "both",
>(
  options: RequestOptions<I, O, E, F>,
): RequestDefinition<Output<I>, Output<O>, { [N in keyof E]: Output<E[N]> }, F> {
  const { input, output, errors = {}, from = "both" as F } = options;
  return { kind: "request", from, input, output, errors };
}
