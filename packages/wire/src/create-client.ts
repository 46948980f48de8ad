import type { Contract, LinkSource } from "@eventwire/core";
import { type ClientOptions, clientOver } from "./client.js";
import { ClientSession } from "./client-session.js";
import type { ClientBus } from "./connection.js";

/**
 * Creates a client's bus over the links of `source`: for those who write a link, and for tests, where it begins with a link at once.
 * Applications call the `connect` of a link.
 */
export function createClient<C extends Contract>(
  contract: C,
  source: LinkSource,
  options: ClientOptions = {},
): ClientBus<C> {
  return clientOver(contract, source, options, () => ClientSession);
}
