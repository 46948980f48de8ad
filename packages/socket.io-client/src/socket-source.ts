import { type CloseReason, type Link, type LinkSource, MisuseError, type Runtime } from "@eventwire/core";
import { maxLanes, type Page, watchWake } from "@eventwire/wire";
import type { Socket } from "socket.io-client";
import { retryDelay } from "./retry-delay.js";
import { type Seat, SharedSocket } from "./shared-socket.js";

/** Where a socket keeps who shares it, also for another copy of this package. */
const kept = Symbol.for("eventwire.source");

/**
 * A socket of the application's own as a source of links, beside others on it. It is the application's alone to connect, so
 * that the source waits until it is, and may always hope that it will be.
 */
export function socketSource(socket: Socket & { [kept]?: SharedSocket }, runtime: Runtime): LinkSource {
  let listening = false;
  return {
    listen(onLink: (link: Link) => void, onFailure?: (reason: CloseReason) => void) {
      if (listening) throw new MisuseError("This source of links is listened to already.");
      socket[kept] ??= new SharedSocket(socket, { owned: false });
      const shared = socket[kept];
      if (shared.full) {
        throw new MisuseError(
          `This socket carries ${maxLanes} buses already. Close one first, or use another socket.`,
        );
      }
      let retry: ReturnType<typeof setTimeout> | undefined;
      const seat: Seat = {
        onLink,
        onFailure: (reason) => onFailure?.(reason),
        onOver({ code, retryable }) {
          if (retryable) retry = setTimeout(() => shared.want(seat), retryDelay(socket.io, code));
          else leave();
        },
        onCrowded: () => onFailure?.(crowded),
      };
      listening = true;
      const leave = shared.join(seat);
      shared.want(seat);
      const stopWaking = watchWake(() => shared.wake(seat), globalThis as Page, runtime);
      return () => {
        listening = false;
        clearTimeout(retry);
        stopWaking();
        leave();
      };
    },
  };
}

const crowded: CloseReason = {
  code: "Unavailable",
  message: "The server carries no further bus on this socket. This one waits until another is closed.",
  retryable: true,
};
