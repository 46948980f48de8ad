import type { Bus, Contract } from "@eventwire/core";
import { attach } from "@eventwire/core/attach";
import { createHub, type Hub, type ServeOptions as HubOptions, type Principal } from "@eventwire/wire";
import type { MessageEndpoint, SharedScope } from "./endpoint.js";
import { serverSource } from "./server-source.js";

export interface ServeOptions<C extends Contract, User extends Principal>
  extends Omit<HubOptions<C, User>, "origins"> {
  /** How many links may be open at once over one endpoint; more are closed as `Unavailable`. Default 1,000. */
  readonly maxLinks?: number;
}

/**
 * Serves a bus to another thread, to pages, or to tabs. Nobody may do anything that `allow` does not say.
 *
 * Either end may serve: a page its workers, or a worker its page. The endpoint stays the application's, which may post
 * what it likes over it as well, and ends it.
 *
 * @param endpoint a `MessagePort`, a `Worker`, the scope of one (`self`, Node's `parentPort`), or a `BroadcastChannel`, on which
 * one end serves and all others connect; a second server on it takes no peers, and its bus's `onError` is told. In a shared
 * worker `self`, for all pages that connect; call it before anything is awaited.
 * @throws {MisuseError} when the endpoint serves a bus already, is a window, or the bus is on the client side.
 *
 * @example
 * ```ts
 * // search.worker.ts
 * const bus = createBus(search);
 * bus.handle("index.query", ({ words }) => index.find(words));
 * serve(bus, self, { authenticate: () => ({ id: "page" }), allow: { request: { "*": true } } });
 * ```
 */
export function serve<C extends Contract, User extends Principal>(
  bus: Bus<C, "server">,
  endpoint: MessageEndpoint | SharedScope,
  { maxLinks, ...options }: ServeOptions<C, User>,
): Hub<C, User> {
  return createHub(bus, serverSource(endpoint, attach(bus).runtime, { maxLinks }), options);
}
