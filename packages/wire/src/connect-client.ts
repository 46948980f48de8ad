import type { Contract, LinkSource } from "@eventwire/core";
import { type ClientOptions, clientOver } from "./client.js";
import type { ClientBus } from "./connection.js";

/**
 * The same as `createClient`, for the `connect` of a link: what speaks over one, a third of a client, is loaded while the first
 * connects, and so is nothing that a page waits for at its start.
 */
export function connectClient<C extends Contract>(
  contract: C,
  source: LinkSource,
  options: ClientOptions = {},
): ClientBus<C> {
  // Begun at once. That it failed is told by the link that needs it, and tried again by the next.
  load().catch(nothing);
  return clientOver(contract, source, options, load);
}

const load = () => import("./client-session.js").then(({ ClientSession }) => ClientSession);

function nothing(): undefined {
  return undefined;
}
