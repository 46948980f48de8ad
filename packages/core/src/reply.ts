import type { EventwireError } from "@eventwire/queue";

/** A declared error of a request, as one member of a union by `code`. */
export type Failure<Errors> = {
  [N in keyof Errors & string]: EventwireError & { readonly code: N; readonly detail: Errors[N] };
}[keyof Errors & string];

/** The codes that no request may declare an error by, since any may fail with them. */
export const requestFailureCodes = [
  "Aborted",
  "Closed",
  "Denied",
  "Disconnected",
  "Internal",
  "Invalid",
  "NoHandler",
  "Overflow",
  "Timeout",
  "Unsupported",
] as const;

/** What can go wrong with any request. */
export type RequestFailureCode = (typeof requestFailureCodes)[number];

export type RequestFailure = EventwireError & {
  readonly code: RequestFailureCode;
  readonly detail?: undefined;
};

/** How a request ended: test `ok`, then branch on `error.code`. */
export type Result<Out, Errors> =
  | { readonly ok: true; readonly value: Out }
  | { readonly ok: false; readonly error: Failure<Errors> | RequestFailure };

/** A promise of the output that rejects on failure; `result()` gives a union instead, and never rejects. */
export interface Reply<Out, Errors> extends Promise<Out> {
  readonly result: () => Promise<Result<Out, Errors>>;
}

/** Adds `result()` to the promise of an output. */
export function reply<Out, Errors>(promise: Promise<Out>): Reply<Out, Errors> {
  const answer = promise as Promise<Out> & { result: Reply<Out, Errors>["result"] };
  answer.result = result;
  return answer;
}

/** One function for all: many replies are waited for at once. */
function result<Out, Errors>(this: Promise<Out>): Promise<Result<Out, Errors>> {
  return this.then(
    (value): Result<Out, Errors> => ({ ok: true, value }),
    (error): Result<Out, Errors> => ({ ok: false, error }),
  );
}
