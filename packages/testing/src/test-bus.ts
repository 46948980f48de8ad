import {
  type Bus,
  type Contract,
  type CreateBusOptions,
  createBus,
  type EventwireError,
} from "@eventwire/core";
import { attach } from "@eventwire/core/attach";
import { memory } from "@eventwire/core/memory";
import { ExpectationError } from "./expectation-error.js";
import { defaultWithin, type Recording, record, type Within } from "./recording.js";
import { ReportedErrors } from "./reported-errors.js";

/** A bus, and a recording of it. */
export interface TestBus<C extends Contract> extends Bus<C, "server">, Recording<C>, AsyncDisposable {
  /** What was reported and no `expectError` has taken: listeners that failed, gaps, refusals. Oldest first. */
  readonly errors: readonly EventwireError[];
  /**
   * Resolves with the first error of this code that was reported, or is within 1,000 ms or the time given, and takes it off
   * `errors`.
   *
   * Rejects with an {@link ExpectationError} that lists what was reported instead.
   */
  expectError(code: string, options?: Within): Promise<EventwireError>;
  /** Ends the bus as always; then rejects with an {@link ExpectationError} when `errors` is not empty. */
  close(options?: { readonly drain?: number | undefined }): Promise<void>;
}

// Older platforms lack the symbol; a declared `await using` is then compiled to the same fallback.
const disposeSymbol: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");

/**
 * Creates a real bus that records what comes by it. Errors that nobody handles are kept, and fail a test at `close` unless
 * `expectError` has taken them. An `onError` of your own gets them instead.
 *
 * @example
 * ```ts
 * await using bus = createTestBus(shop);
 * registerBilling(bus);
 * bus.emit("order.placed", order);
 * await bus.expect("invoice.sent", { order: order.id, total: 20 });
 * await bus.expectNone("order.refused");
 * ```
 */
export function createTestBus<C extends Contract>(contract: C, options: CreateBusOptions = {}): TestBus<C> {
  const errors = new ReportedErrors();
  const { onError = errors.add, broker = memory({ runtime: options.runtime }) } = options;
  const bus = createBus(contract, { ...options, onError, broker });
  const { runtime } = attach(bus);
  const recorder = record(bus);
  const end = bus.close.bind(bus);
  let closing: Promise<void> | undefined;
  const close: TestBus<C>["close"] = (closeOptions) => {
    closing ??= end(closeOptions).then(() => {
      if (errors.list.length === 0) return;
      const intro = "The bus reported errors that the test did not expect.";
      throw new ExpectationError([intro, "", ...errors.listed()].join("\n"));
    });
    return closing;
  };
  return Object.assign(bus, {
    recording: recorder.recording,
    recorded: recorder.recorded.bind(recorder) as TestBus<C>["recorded"],
    forget: () => recorder.forget(),
    expect: recorder.expect.bind(recorder) as TestBus<C>["expect"],
    expectNone: recorder.expectNone.bind(recorder) as TestBus<C>["expectNone"],
    errors: errors.list,
    expectError: (code: string, { within = defaultWithin }: Within = {}) =>
      errors.take(runtime, code, within),
    close,
    [disposeSymbol]: () => close(),
  });
}
