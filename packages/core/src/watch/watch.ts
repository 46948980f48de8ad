import { AbortedError, backoff, ClosedError, EventwireError } from "@eventwire/queue";
import type { AskOptions } from "../ask.js";
import { attach } from "../attach.js";
import type { Listening } from "../bus.js";
import type { BusCore } from "../bus-core.js";
import type { BusOf } from "../bus-of.js";
import type { Contract, InputOf, OutputOf, StreamedName } from "../contract.js";
import type { Key } from "../key.js";
import type { Projection, ProjectionChange } from "../project/projection.js";
import { subscription } from "../subscription.js";
import type { States } from "./states.js";

/** How long to wait before it is asked again, in milliseconds. */
const again = { initial: 100, max: 10_000 };

/** The names of a contract's streamed requests whose items are {@link states}. */
export type WatchedName<C extends Contract> = {
  [N in StreamedName<C>]: OutputOf<C, N> extends States<Key, unknown> ? N : never;
}[StreamedName<C>];

export interface WatchOptions extends AskOptions {
  /** How long each asking may take until it begins, in milliseconds; it is then asked again. Default 10,000. */
  readonly timeout?: number | undefined;
  /** Ends it when aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** The states of a projection elsewhere, to be read as the projection itself. */
export interface Watched<K, State>
  extends Pick<Projection<K, State>, "get" | "entries" | "size" | "on" | "stop">,
    Disposable {
  /**
   * Resolves when all states are here. Rejects where it may not be watched, with what the request is refused with; with an
   * `AbortedError` where it is stopped before, and with a `ClosedError`. A rejection that nobody awaits is reported, unless it is the end.
   */
  readonly ready: Promise<void>;
  /** Resolves when it is stopped, the bus has ended, or it may not be watched any more, which is reported. The states stay to be read. */
  readonly ended: Promise<void>;
}

type KeyIn<Item> = Item extends States<infer K, unknown> ? K : never;
type StateIn<Item> = Item extends { readonly entries: readonly (readonly [unknown, (infer State)?])[] }
  ? State
  : never;

/**
 * Watches the states of a projection elsewhere: all of them first, then each that changes. When the connection is lost they stay as they
 * are, until all of them have come again.
 *
 * @example
 * ```ts
 * const board = watch(bus, "board.watch", { airport: "DEN" });
 * await board.ready;
 * board.on(() => show([...board.entries()]));
 * ```
 */
export function watch<C extends Contract, const N extends WatchedName<C>>(
  bus: BusOf<C>,
  name: N,
  input: InputOf<C, N>,
  options?: WatchOptions,
): Watched<KeyIn<OutputOf<C, N>> & Key, StateIn<OutputOf<C, N>>>;
export function watch(
  bus: BusOf<Contract>,
  name: string,
  input: unknown,
  { timeout, signal }: WatchOptions = {},
): Watched<Key, unknown> {
  const core = attach(bus as Listening<Contract>);
  const ask = (options: AskOptions) => (bus as unknown as AnyBus).request(name, input, options);
  const watched = new WatchedStates(core, name, (aborting) => ask({ signal: aborting, timeout }));
  const stop = subscription(
    () => watched.stop(),
    signal,
    watched.ready,
    (error) => {
      if (!(error instanceof ClosedError)) core.report(error);
    },
  );
  return {
    get ready() {
      return stop.ready;
    },
    ended: watched.ended,
    get size() {
      return watched.states.size;
    },
    get: (key) => watched.states.get(key),
    entries: () => watched.states.entries(),
    on: (listener, { signal } = {}) => subscription(watched.add(listener), signal),
    stop,
    [Symbol.dispose]: stop,
  };
}

type Change = ProjectionChange<Key, unknown>;

/** Where the types end. */
interface AnyBus {
  request(name: string, input: unknown, options: AskOptions): AsyncIterable<States<Key, unknown>>;
}

/** Asks for the states, again where the connection is lost, and keeps what has come. */
class WatchedStates {
  states = new Map<Key, unknown>();
  readonly ready: Promise<void>;
  readonly ended: Promise<void>;
  readonly #core: BusCore;
  readonly #ask: (signal: AbortSignal) => AsyncIterable<States<Key, unknown>>;
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #controller = new AbortController();
  readonly #pause: (attempt: number) => number;
  /** All of them, until they are together. */
  #gathering: Map<Key, unknown> | undefined;
  /** How often it was asked in vain since all were last here. */
  #failures = 0;
  #isReady = false;
  #resolve: () => void = () => undefined;

  constructor(
    core: BusCore,
    name: string,
    ask: (signal: AbortSignal) => AsyncIterable<States<Key, unknown>>,
  ) {
    this.#core = core;
    this.#ask = ask;
    this.#pause = backoff(again, () => core.runtime.random());
    let refuse!: (error: unknown) => void;
    this.ready = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      refuse = reject;
    });
    this.ended = this.#run().then(
      () => refuse(new AbortedError(name, undefined)),
      (error: unknown) => {
        if (!this.#isReady) refuse(error);
        else if (!(error instanceof ClosedError)) core.report(error);
      },
    );
  }

  add(listener: (change: Change) => void): () => void {
    // Its own function, so that one listener may listen twice.
    const told = (change: Change) => listener(change);
    this.#listeners.add(told);
    return () => this.#listeners.delete(told);
  }

  stop(): void {
    this.#listeners.clear();
    this.#controller.abort();
  }

  /** Until it is stopped. Rejects where it cannot go on. */
  async #run(): Promise<void> {
    const { signal } = this.#controller;
    while (!signal.aborted) {
      try {
        for await (const item of this.#ask(signal)) this.#take(item);
      } catch (error) {
        if (signal.aborted) return;
        if (!EventwireError.is(error) || !error.retryable) throw error;
      }
      await this.#rest(this.#pause(++this.#failures));
    }
  }

  /** Until a time has passed, or it is stopped. */
  #rest(milliseconds: number): Promise<void> {
    const { signal } = this.#controller;
    return new Promise((resolve) => {
      let forgetClose: (() => void) | undefined;
      const end = () => {
        cancel();
        forgetClose?.();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = this.#core.runtime.timer(end, signal.aborted ? 0 : milliseconds);
      forgetClose = this.#core.onClose(end);
      signal.addEventListener("abort", end);
    });
  }

  #take({ anew, more, entries }: States<Key, unknown>): void {
    if (anew) this.#gathering = new Map();
    const gathering = this.#gathering;
    for (const [key, state] of entries) this.#set(gathering ?? this.states, key, state);
    if (!gathering) {
      for (const [key, value] of entries) this.#tell({ type: "change", key, value });
      return;
    }
    if (more) return;
    this.states = gathering;
    this.#gathering = undefined;
    this.#failures = 0;
    this.#isReady = true;
    this.#resolve();
    this.#tell({ type: "snapshot", entries: [...gathering] });
  }

  #set(states: Map<Key, unknown>, key: Key, state: unknown): void {
    if (state === undefined) states.delete(key);
    else states.set(key, state);
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) this.#core.attempt(() => listener(change));
  }
}
