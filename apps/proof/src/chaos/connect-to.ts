import { systemRuntime } from "@eventwire/core";
import { connect } from "@eventwire/socket.io-client";
import { SharedConnections, urlSource } from "@eventwire/socket.io-client/source";
import { type ClientBus, type ClientOptions, connectClient } from "@eventwire/wire";
import { orders } from "./contract.js";
import { offByOne } from "./off-by-one.js";
import type { Plant } from "./plants.js";
import type { ClientLink } from "./role.js";

/** Connects a client; with a bug of its links, if that is planted. */
export function connectTo(
  { port, transports }: ClientLink,
  plant: Plant | undefined,
  { auth, ...options }: ClientOptions & { readonly auth: { readonly [name: string]: unknown } },
): ClientBus<typeof orders> {
  const url = `http://127.0.0.1:${port}`;
  const socket = {
    forceNew: true,
    transports: [...transports],
    reconnectionDelay: 20,
    reconnectionDelayMax: 300,
    timeout: 2_000,
  };
  if (plant !== "resume-off-by-one") return connect(orders, url, { ...options, auth, socket });
  const source = urlSource({ url, auth, socket }, new SharedConnections(), options.runtime ?? systemRuntime);
  return connectClient(orders, offByOne(source), { ...options, refresh: () => auth });
}
