import type { Runtime } from "@eventwire/queue";

/** A promise that knows whether anybody looked at it. */
class Observed<Value> extends Promise<Value> {
  observed = false;

  /** What comes of it is an ordinary promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise.
  override then<Then = Value, Else = never>(
    onFulfilled?: ((value: Value) => Then | PromiseLike<Then>) | null,
    onRejected?: ((reason: unknown) => Else | PromiseLike<Else>) | null,
  ): Promise<Then | Else> {
    this.observed = true;
    return super.then(onFulfilled, onRejected);
  }

  /** Calls `onRejected` without counting as a look. */
  watch(onRejected: (reason: unknown) => void): void {
    super.then(undefined, onRejected);
  }
}

/** The same promise, whose rejection is reported where nobody looked at it by the time the event loop had its turn. */
export function reported<Value>(
  promise: Promise<Value>,
  runtime: Runtime,
  report: (error: unknown) => void,
): Promise<Value> {
  const result = new Observed<Value>((resolve) => resolve(promise));
  result.watch((error) => {
    runtime.macrotask(() => {
      if (!result.observed) report(error);
    });
  });
  return result;
}
