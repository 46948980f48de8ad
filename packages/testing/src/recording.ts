import type {
  Context,
  Contract,
  Data,
  EventName,
  Listening,
  Message,
  MessageOf,
  MessagesByPattern,
  Pattern,
  Runtime,
  Subscription,
} from "@eventwire/core";
import { attach, matches } from "@eventwire/core/attach";
import { differences } from "./differences.js";
import { ExpectationError } from "./expectation-error.js";
import { type Came, listed, missed } from "./miss.js";
import type { Expected } from "./partial.js";
import { waitFor } from "./waiting.js";

/** How long to wait for something. */
export interface Within {
  /** In milliseconds, by the bus's own runtime; on a {@link VirtualClock} that time passes at once. */
  readonly within?: number | undefined;
}

/** Every event that came by a bus, whoever emitted it, and what may be expected of them. */
export interface Recording<C extends Contract> {
  /**
   * Resolves when all that can be recorded is: over a link, when the server sends it. It never rejects; what the server
   * denies, `expect` says.
   */
  readonly recording: Promise<void>;

  /** All events that came so far, oldest first; or those of a name or pattern. */
  recorded(): readonly MessagesByPattern<C>["*"][];
  recorded<N extends EventName<C>>(name: N): readonly MessageOf<C, N>[];
  recorded<P extends Pattern<EventName<C>>>(pattern: P): readonly MessagesByPattern<C>[P][];

  /** Forgets what came so far. */
  forget(): void;

  /**
   * Resolves with the first event of a name that is as expected: one that came already, or comes within 1,000 ms or the
   * time given. `data` is some of it, at any depth, or a function that says whether it is right; matchers of vitest and jest
   * may be anywhere in it.
   *
   * Rejects with an {@link ExpectationError} that lists what came, and how the nearest of it differs.
   *
   * @example
   * ```ts
   * const { data } = await bus.expect("order.confirmed", { lines: [{ sku: "s1" }] }, { within: 5_000 });
   * ```
   */
  expect<N extends EventName<C>>(
    name: N,
    data?: Expected<Data<C, N>>,
    options?: Within,
  ): Promise<MessageOf<C, N>>;

  /**
   * Resolves when everything has run that waits for no time, or after the time given, and no such event came.
   *
   * Rejects with an {@link ExpectationError} when one did, before or meanwhile.
   */
  expectNone<N extends EventName<C>>(name: N, data?: Expected<Data<C, N>>, options?: Within): Promise<void>;
}

/** A recording that may be ended apart from its bus. */
export interface Recorder<C extends Contract> extends Recording<C>, Disposable {
  /** Records nothing more; what was recorded stays. */
  stop(): void;
}

/** How long to wait unless told otherwise, in milliseconds. */
export const defaultWithin = 1_000;
// Older browsers lack the symbol; a declared `using` is then compiled to the same fallback.
const disposeSymbol: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");

/**
 * Records the events that come by a bus from now on: a server's, or a client's, which listens to all that it may.
 *
 * @example
 * ```ts
 * using recorder = record(client);
 * await recorder.recording;
 * shop.emit("order.placed", order);
 * await recorder.expect("order.placed", { id: order.id });
 * ```
 */
export function record<C extends Contract>(bus: Listening<C>): Recorder<C> {
  return new BusRecorder(bus as unknown as Listening<Contract>) as unknown as Recorder<C>;
}

/** Below the types of a contract. */
class BusRecorder {
  readonly recording: Promise<void>;
  readonly #runtime: Runtime;
  readonly #came: Came[] = [];
  readonly #subscriptions: Subscription[];
  /** Why a name cannot be recorded. */
  readonly #refusals = new Map<string, Error>();
  readonly #lookers = new Set<() => void>();

  constructor(bus: Listening<Contract>) {
    const { runtime, topics } = attach(bus);
    this.#runtime = runtime;
    const names = Object.keys(bus.contract.definitions).filter((name) => topics.has(name));
    this.#subscriptions = names.map((name) => listen(bus, name, (message) => this.#take(message)));
    const ready = this.#subscriptions.map((subscription, index) =>
      subscription.ready.catch((error: Error) => {
        this.#refusals.set(names[index]!, error);
        this.#look();
      }),
    );
    this.recording = Promise.all(ready).then(() => undefined);
  }

  recorded(pattern = "*"): readonly Came[] {
    return this.#came.filter(({ name }) => matches(pattern, name));
  }

  forget(): void {
    this.#came.length = 0;
  }

  async expect(name: string, data?: unknown, { within = defaultWithin }: Within = {}): Promise<Came> {
    const found = () => this.#find(name, data);
    const decided = () => found() !== undefined || this.#refusals.has(name);
    await waitFor(this.#runtime, within, decided, (look) => this.#watch(look));
    const message = found();
    if (message) return message;
    const refusal = this.#refusals.get(name);
    if (refusal) throw new ExpectationError(`"${name}" cannot be recorded here: ${refusal.message}`);
    const like = data === undefined ? "" : " like this";
    throw missed(
      `No "${name}"${like} came within ${within.toLocaleString("en")} ms.`,
      name,
      data,
      this.#came,
    );
  }

  async expectNone(name: string, data?: unknown, { within = 0 }: Within = {}): Promise<void> {
    const decided = () => this.#find(name, data) !== undefined || this.#refusals.has(name);
    await waitFor(this.#runtime, within, decided, (look) => this.#watch(look));
    const message = this.#find(name, data);
    const refusal = this.#refusals.get(name);
    if (!message && refusal)
      throw new ExpectationError(`"${name}" cannot be recorded here: ${refusal.message}`);
    if (!message) return;
    const lines = [`"${name}" came, which was not expected.`, "", ...listed(this.#came)];
    throw new ExpectationError(lines.join("\n"), { actual: message.data });
  }

  stop(): void {
    for (const subscription of this.#subscriptions) subscription();
  }

  [disposeSymbol](): void {
    this.stop();
  }

  #take(message: Came): void {
    this.#came.push(message);
    this.#look();
  }

  #find(name: string, data: unknown): Came | undefined {
    return this.#came.find(
      (message) =>
        message.name === name && (data === undefined || differences(message.data, data).length === 0),
    );
  }

  #watch(look: () => void): () => void {
    this.#lookers.add(look);
    return () => this.#lookers.delete(look);
  }

  #look(): void {
    for (const look of this.#lookers) look();
  }
}

function listen(bus: Listening<Contract>, name: string, take: (message: Came) => void): Subscription {
  return bus.on(name as never, (data: unknown, context: Context) => {
    const { id, kind, key, time, offset, attempt, peer, cause } = context;
    const known = { id, kind, name, key, time, offset, attempt, peer, cause };
    const message: Message<string, unknown, unknown> = { ...known, data };
    take(message);
  });
}
