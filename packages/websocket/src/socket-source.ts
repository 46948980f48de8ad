import type { CloseReason, LinkSource, Runtime } from "@eventwire/core";
import {
  type Attempt,
  Dialer,
  type LinkEnd,
  type Page,
  type ReconnectOptions,
  watchWake,
} from "@eventwire/wire";
import { errorDetail } from "./error-detail.js";
import { watchOffline } from "./network.js";
import { socketLink } from "./socket-link.js";
import { isLocal } from "./socket-url.js";
import type { WebSocketConstructor, WebSocketLike } from "./web-socket-like.js";

/** What the two sides agree on in the opening, so that a server of something else is told apart at once. */
const subprotocol = "eventwire";

export interface SocketSourceOptions {
  readonly runtime: Runtime;
  readonly reconnect?: ReconnectOptions | undefined;
  readonly connectTimeout?: number | undefined;
  readonly WebSocket: WebSocketConstructor;
}

const offline: CloseReason = { code: "Lost", message: "There is no network.", retryable: true };

/** The WebSocket connections of a client as links, one after the other. */
export function socketSource(
  url: URL,
  { runtime, reconnect = {}, connectTimeout = 10_000, WebSocket }: SocketSourceOptions,
): LinkSource {
  let current: LinkEnd | undefined;

  const dial = (attempt: Attempt): (() => void) => {
    let socket: WebSocketLike;
    try {
      socket = new WebSocket(url.href, subprotocol);
    } catch (error) {
      // Such as one that the page's policy forbids. It would not be another time.
      attempt.failed(unreachable(errorDetail(error), false));
      return () => undefined;
    }
    let over = false;
    let detail = "";
    const finish = () => {
      over = true;
      cancelTimer();
    };
    const fail = (why: string) => {
      if (over) return;
      finish();
      attempt.failed(unreachable(why, true));
    };
    const abandon = () => {
      finish();
      socket.close();
    };
    const cancelTimer = runtime.timer(() => {
      fail(`: no answer in ${connectTimeout} ms`);
      socket.close();
    }, connectTimeout);

    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      if (over) return;
      finish();
      current = socketLink(socket, runtime, attempt.connected);
    });
    // Browsers say nothing here, and always go on to close.
    socket.addEventListener("error", (event) => {
      detail = errorDetail(event);
    });
    socket.addEventListener("close", () => fail(detail));
    return abandon;
  };

  const dialer = new Dialer(runtime, reconnect, dial);
  return {
    listen(onLink, onFailure) {
      const stop = dialer.listen(onLink, onFailure);
      const stopWatching = watchOffline(() => {
        if (!isLocal(url)) current?.close(offline);
      });
      const stopWaking = watchWake(
        () => {
          dialer.hurry();
          current?.doubt();
        },
        globalThis as Page,
        runtime,
      );
      return () => {
        stopWatching();
        stopWaking();
        stop();
      };
    },
  };
}

function unreachable(why: string, retryable: boolean): CloseReason {
  return {
    code: "ConnectFailed",
    message: `The server could not be reached${why}.`,
    retryable,
  };
}
