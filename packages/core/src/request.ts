import { MisuseError } from "@eventwire/queue";
import type { From, RequestDefinition } from "./definition.js";
import { type RequestFailureCode, requestFailureCodes } from "./reply.js";
import type { Output, Repeatable, Schema } from "./schema.js";

/** The name of a declared error tells it from what can go wrong with any request. A wide record is checked when it is run. */
type Undeclared<E> = string extends keyof E
  ? unknown
  : [keyof E & RequestFailureCode] extends [never]
    ? unknown
    : {
        "eventwire: this name is reserved for what can go wrong with any request": keyof E &
          RequestFailureCode;
      };

export interface RequestOptions<
  I extends Schema,
  O extends Schema,
  E extends Readonly<Record<string, Schema>>,
  F extends From,
> {
  readonly input: I & Repeatable<I>;
  readonly output: O & Repeatable<O>;
  /** The errors that a handler may answer with, each with the schema of its detail. Default: none. No `RequestFailureCode`. */
  readonly errors?: E & Undeclared<E>;
  /** Who may ask. Default `"both"`. */
  readonly from?: F;
}

/**
 * Defines a request: a question to one handler on the server, with a typed result and typed errors.
 *
 * @throws {MisuseError} when an error is declared by a name that any request may fail with, such as `Timeout`.
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
  const reserved = requestFailureCodes.find((code) => Object.hasOwn(errors, code));
  if (reserved) {
    throw new MisuseError(
      `A request cannot declare the error ${reserved}: any request may fail with it. Choose another name.`,
    );
  }
  return { kind: "request", from, input, output, errors };
}
