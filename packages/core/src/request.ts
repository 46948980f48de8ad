import { MisuseError } from "@eventwire/queue";
import type { From, RequestDefinition, Side } from "./definition.js";
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

interface Asking<
  I extends Schema,
  E extends Readonly<Record<string, Schema>>,
  F extends From,
  By extends Side,
> {
  readonly input: I & Repeatable<I>;
  /** The errors that a handler may answer with, each with the schema of its detail. Default: none. No `RequestFailureCode`. */
  readonly errors?: E & Undeclared<E>;
  /** Who may ask. Default `"both"`; what clients answer is asked by the server. */
  readonly from?: F & AskedBy<F, By>;
  /** Who answers. Default `"server"`. What clients answer the server asks of one peer: `hub.to(peer).request(...)`. */
  readonly by?: By;
  /**
   * Whether asking twice does no more than asking once. Where the connection is lost before the answer has come, or has
   * begun to, it is then asked again over the next one, until its time is up. Default `false`: it is never sent twice.
   */
  readonly idempotent?: boolean;
}

export interface RequestOptions<
  I extends Schema,
  O extends Schema,
  E extends Readonly<Record<string, Schema>>,
  F extends From,
  By extends Side = "server",
> extends Asking<I, E, F, By> {
  /** What it is answered with. */
  readonly output: O & Repeatable<O>;
  readonly item?: never;
}

export interface StreamOptions<
  I extends Schema,
  O extends Schema,
  E extends Readonly<Record<string, Schema>>,
  F extends From,
  By extends Side = "server",
> extends Asking<I, E, F, By> {
  /** What its answer consists of: as many as there are, one after the other. */
  readonly item: O & Repeatable<O>;
  readonly output?: never;
}

/** What clients answer only the server can ask. */
type AskedBy<F extends From, By extends Side> = By extends "client" ? "server" : F;

/**
 * Defines a request: a question to one handler, with a typed result and typed errors. With `item` in place of `output` its
 * answer is a stream of items.
 *
 * @throws {MisuseError} when an error is declared by a name that any request may fail with, such as `Timeout`, or when clients
 * are to ask what clients answer.
 *
 * @example
 * ```ts
 * request({ input: Query, output: Stats, errors: { UnknownAirport: z.object({ code: z.string() }) } })
 * request({ input: Query, item: Movement })
 * request({ input: Question, output: z.boolean(), by: "client" })
 * ```
 */
export function request<
  I extends Schema,
  O extends Schema,
  // biome-ignore lint/complexity/noBannedTypes: the empty record is what "no declared errors" is.
  E extends Readonly<Record<string, Schema>> = {},
  F extends From = "both",
  By extends Side = "server",
>(
  options: RequestOptions<I, O, E, F, By>,
): RequestDefinition<Output<I>, Output<O>, { [N in keyof E]: Output<E[N]> }, AskedBy<F, By>, By, false>;
export function request<
  I extends Schema,
  O extends Schema,
  // biome-ignore lint/complexity/noBannedTypes: the empty record is what "no declared errors" is.
  E extends Readonly<Record<string, Schema>> = {},
  F extends From = "both",
  By extends Side = "server",
>(
  options: StreamOptions<I, O, E, F, By>,
): RequestDefinition<Output<I>, Output<O>, { [N in keyof E]: Output<E[N]> }, AskedBy<F, By>, By, true>;
export function request({
  input,
  output,
  item,
  errors = {},
  by = "server",
  from = by === "client" ? "server" : "both",
  idempotent = false,
}: Asking<Schema, Readonly<Record<string, Schema>>, From, Side> & {
  readonly output?: Schema;
  readonly item?: Schema;
}): RequestDefinition {
  const reserved = requestFailureCodes.find((code) => Object.hasOwn(errors, code));
  if (reserved) {
    throw new MisuseError(
      `A request cannot declare the error ${reserved}: any request may fail with it. Choose another name.`,
    );
  }
  if (by === "client" && from !== "server") {
    throw new MisuseError('What clients answer is asked by the server: leave out "from".');
  }
  const answer = item ?? output;
  if (!answer || (item && output)) throw new MisuseError("A request has an output, or items, and not both.");
  return {
    kind: "request",
    from,
    by,
    input,
    output: answer,
    streamed: item !== undefined,
    idempotent,
    errors,
  };
}
