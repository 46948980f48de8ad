import type { Failure } from "@eventwire/wire";
import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { onTestFinished } from "vitest";

export type Outcome = readonly [error: Failure | null, result: unknown];

/** A client that has Socket.IO and no Eventwire. */
export interface PlainClient {
  readonly socket: Socket;
  /** Every event that it was sent, with its arguments. */
  readonly received: unknown[][];
  /** Emits, and resolves with what it was answered. */
  say(event: string, ...values: readonly unknown[]): Promise<Outcome>;
}

export async function startPlainClient(
  url: string,
  options: Partial<ManagerOptions & SocketOptions> = {},
): Promise<PlainClient> {
  const socket = io(url, { transports: ["websocket"], forceNew: true, reconnection: false, ...options });
  onTestFinished(() => void socket.close());
  const received: unknown[][] = [];
  socket.onAny((...event) => received.push(event));
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
  return {
    socket,
    received,
    say: (event, ...values) =>
      new Promise((resolve) => socket.emit(event, ...values, (...outcome: Outcome) => resolve(outcome))),
  };
}
