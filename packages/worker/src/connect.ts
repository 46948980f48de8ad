import { type Contract, systemRuntime } from "@eventwire/core";
import { type ClientBus, type ClientOptions, connectClient, type ReconnectOptions } from "@eventwire/wire";
import { clientSource } from "./client-source.js";
import type { MessageEndpoint } from "./endpoint.js";

export interface ConnectOptions extends ClientOptions {
  /** How long it waits before it asks again who serves: a server that comes says so itself. */
  readonly reconnect?: ReconnectOptions | undefined;
  /** How long a server may take to say that it is there, before the status says that nobody is, in milliseconds. Default 1,000. */
  readonly connectTimeout?: number | undefined;
}

/**
 * Connects to a bus that is served at the other end. The result is a bus at once: what is listened to, emitted and
 * asked before it is connected waits, also for a worker that is still being loaded.
 *
 * @param endpoint a `MessagePort`, such as that of a `SharedWorker`; a `Worker`, the scope of one, or a `BroadcastChannel`.
 * @throws {MisuseError} when it is a window.
 *
 * @example
 * ```ts
 * const bus = connect(search, new Worker(new URL("./search.worker.js", import.meta.url), { type: "module" }));
 * const found = await bus.request("index.query", { words: ["wire"] });
 * ```
 */
export function connect<C extends Contract>(
  contract: C,
  endpoint: MessageEndpoint,
  { reconnect, connectTimeout, ...options }: ConnectOptions = {},
): ClientBus<C> {
  const { runtime = systemRuntime } = options;
  return connectClient(contract, clientSource(endpoint, runtime, { reconnect, connectTimeout }), options);
}
