import type { CloseReason, LinkSource, Runtime } from "@eventwire/core";
import { type Attempt, Dialer, type ReconnectOptions } from "@eventwire/wire";
import { isBroadcast, type MessageEndpoint, tellsOfEnd } from "./endpoint.js";
import { Exchange } from "./exchange.js";
import { packetLink } from "./packet-link.js";
import { type Locks, platformLocks } from "./presence.js";

export interface ClientSourceOptions {
  readonly reconnect?: ReconnectOptions | undefined;
  readonly connectTimeout?: number | undefined;
  /** Default: the platform's. */
  readonly locks?: Locks | undefined;
}

/** An attempt under way: for a server that says that it is there, then for the link that it was asked for. */
interface Seeking {
  readonly attempt: Attempt;
  readonly exchange: Exchange;
  readonly cancelTimer: () => void;
  /** The id of the link. */
  asked: string | undefined;
}

const nobody: CloseReason = { code: "ConnectFailed", message: "Nobody serves there yet.", retryable: true };
const gone: CloseReason = {
  code: "ConnectFailed",
  message: "The other end of the port is gone for good.",
  retryable: false,
};

/** A client's links over an endpoint, one after the other. */
export function clientSource(
  endpoint: MessageEndpoint,
  runtime: Runtime,
  { reconnect = {}, connectTimeout = 1_000, locks = platformLocks() }: ClientSourceOptions = {},
): LinkSource {
  const transport = isBroadcast(endpoint) ? "broadcast-channel" : "message-port";
  const told = tellsOfEnd(endpoint);
  /** While it is listened to. */
  let exchange: Exchange | undefined;
  let seeking: Seeking | undefined;
  /** The server that answered last. What it says of itself again is for others: two that it refuses would hurry each other. */
  let answered: string | undefined;

  const stopSeeking = (): Seeking | undefined => {
    const stopped = seeking;
    seeking = undefined;
    stopped?.cancelTimer();
    return stopped;
  };
  /** The attempt is over; a server that was asked for a link, and may still give it, is told. */
  const giveUp = (): Seeking | undefined => {
    const given = stopSeeking();
    if (!given?.asked) return given;
    given.exchange.post("close", given.asked, nobody);
    given.exchange.remove(given.asked);
    return given;
  };
  const fail = (reason: CloseReason) => {
    answered = undefined;
    giveUp()?.attempt.failed(reason);
  };

  const ask = (current: Seeking, server: string, theirLock: string | undefined) => {
    const id = runtime.randomId();
    current.asked = id;
    const { attempt, exchange } = current;
    exchange.post("open", id, { server, lock: exchange.lock });
    exchange.add(id, {
      take([kind, , value]) {
        if (kind !== "opened" && kind !== "close") return;
        answered = server;
        stopSeeking();
        if (kind === "opened") {
          packetLink(exchange, { id, transport, theirLock, told }, attempt.connected);
        } else {
          exchange.remove(id);
          attempt.failed(value);
        }
      },
      lost: () => fail(nobody),
    });
  };

  const enter = (): Exchange =>
    new Exchange(endpoint, runtime, locks, {
      serving(server, { lock }) {
        if (server !== answered) dialer.hurry();
        if (seeking && !seeking.asked) ask(seeking, server, lock);
      },
      closed() {
        fail(gone);
        dialer.hurry();
      },
    });

  const dialer = new Dialer(runtime, reconnect, (attempt) => {
    exchange ??= enter();
    const current = exchange;
    if (current.closed) {
      attempt.failed(gone);
      return () => undefined;
    }
    const cancelTimer = runtime.timer(() => fail(nobody), connectTimeout);
    seeking = { attempt, exchange: current, cancelTimer, asked: undefined };
    current.ready(() => current.post("seek", current.id));
    return () => void giveUp();
  });

  return {
    listen(onLink, onFailure) {
      const stop = dialer.listen(onLink, onFailure);
      return () => {
        stop();
        exchange?.stop();
        exchange = undefined;
      };
    },
  };
}
