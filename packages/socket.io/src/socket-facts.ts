import type { LinkFacts } from "@eventwire/core";
import type { Socket } from "socket.io";

/** What is known of a socket's links. Its transport changes when polling is upgraded. */
export interface SocketFacts extends LinkFacts {
  transport: string;
}

/** @param maxFrameBytes the largest frame that either side may send. */
export function socketFacts({ handshake, conn }: Socket, maxFrameBytes: number): SocketFacts {
  return {
    transport: conn.transport.name,
    address: handshake.address,
    headers: handshake.headers,
    auth: handshake.auth,
    maxFrameBytes,
    reliable: true,
  };
}
