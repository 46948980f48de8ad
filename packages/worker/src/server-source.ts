import { type CloseReason, type Link, type LinkSource, MisuseError, type Runtime } from "@eventwire/core";
import { LinkEnd } from "@eventwire/wire";
import {
  type ConnectingEvent,
  isBroadcast,
  type MessageEndpoint,
  type SharedScope,
  tellsOfEnd,
} from "./endpoint.js";
import { Exchange } from "./exchange.js";
import { packetLink } from "./packet-link.js";
import type { Opening, Serving } from "./packets.js";
import { type Locks, platformLocks } from "./presence.js";

const defaultMaxLinks = 1_000;
/** Marks an endpoint that is served, also for another copy of this package. */
const served = Symbol.for("eventwire.served");

export interface ServerSourceOptions {
  readonly maxLinks?: number | undefined;
  /** Default: the platform's. */
  readonly locks?: Locks | undefined;
}

const yielding: CloseReason = { code: "Closed", message: "Another server serves here.", retryable: true };

/** The links that are opened over an endpoint, or over each port that a shared worker is given. */
export function serverSource(
  endpoint: (MessageEndpoint | SharedScope) & { [served]?: boolean },
  runtime: Runtime,
  { maxLinks = defaultMaxLinks, locks = platformLocks() }: ServerSourceOptions = {},
): LinkSource {
  if (!(maxLinks >= 1)) throw new MisuseError("maxLinks must be a number of at least 1.");
  return {
    listen(onLink, onFailure) {
      if (endpoint[served]) {
        throw new MisuseError("This endpoint serves a bus already. Close that hub first.");
      }
      const serving = {
        runtime,
        maxLinks,
        locks,
        onLink,
        fail: (message: string) => onFailure?.({ code: "Taken", message, retryable: false }),
      };
      const stop = "onconnect" in endpoint ? serveScope(endpoint, serving) : serveEndpoint(endpoint, serving);
      endpoint[served] = true;
      let stopped = false;
      return () => {
        if (stopped) return;
        stopped = true;
        delete endpoint[served];
        stop();
      };
    },
  };
}

interface EndpointServing {
  readonly runtime: Runtime;
  readonly maxLinks: number;
  readonly locks: Locks | undefined;
  readonly onLink: (link: Link) => void;
  readonly fail: (why: string) => void;
}

/** Serves each port that a shared worker is given, until the page at its other end is gone. */
function serveScope(scope: SharedScope, serving: EndpointServing): () => void {
  const stops = new Set<() => void>();
  const connect = ({ ports = [] }: ConnectingEvent) => {
    for (const port of ports) {
      const onGone = () => {
        stop();
        stops.delete(stop);
      };
      const stop = serveEndpoint(port, serving, onGone);
      stops.add(stop);
    }
  };
  scope.addEventListener("connect", connect);
  return () => {
    scope.removeEventListener("connect", connect);
    for (const stop of stops) stop();
  };
}

function serveEndpoint(
  endpoint: MessageEndpoint,
  { runtime, maxLinks, locks, onLink, fail }: EndpointServing,
  onGone?: () => void,
): () => void {
  const broadcast = isBroadcast(endpoint);
  const transport = broadcast ? "broadcast-channel" : "message-port";
  const since = runtime.now();
  const links = new Set<LinkEnd>();

  const announce = () => exchange.post("serving", exchange.id, { since, lock: exchange.lock });
  const open = (id: string, { server, lock }: Opening) => {
    // On a broadcast channel it may be meant for another.
    if (server !== exchange.id) return;
    if (links.size >= maxLinks) {
      exchange.post("close", id, {
        code: "Unavailable",
        message: `There are ${maxLinks} links.`,
        retryable: true,
      });
      return;
    }
    const options = { id, transport, theirLock: lock, told: tellsOfEnd(endpoint), ...(onGone && { onGone }) };
    exchange.post("opened", id);
    packetLink(exchange, options, (carrier) => {
      const link = new LinkEnd(carrier, () => links.delete(link));
      links.add(link);
      onLink(link);
      return link;
    });
  };
  /** Two servers on one channel would each have a part of its clients: the one that came first stays. */
  const meet = (id: string, other: Serving) => {
    if (!broadcast) return;
    if (since < other.since || (since === other.since && exchange.id < id)) {
      announce();
      return;
    }
    exchange.stop();
    for (const link of links) link.close(yielding);
    const { name } = endpoint as BroadcastChannel;
    fail(`Another server serves on the channel "${name}". Serve on one end, and connect on the others.`);
  };

  const exchange = new Exchange(endpoint, runtime, locks, {
    seek: announce,
    serving: meet,
    open,
    ...(onGone && { closed: onGone }),
  });
  exchange.ready(announce);
  return () => exchange.stop();
}
