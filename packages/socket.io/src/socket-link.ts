import { frameEvent, frameSize, LinkEnd, type SocketPackets } from "@eventwire/wire";
import type { Socket } from "socket.io";
import type { FrameSender } from "./frame-sender.js";
import type { Outflow } from "./outflow.js";

/** What the lanes of one socket share. */
export interface SocketLanes {
  readonly maxHttpBufferSize: number;
  readonly packets: SocketPackets;
  readonly sender: FrameSender;
  /** What was given to the socket's connection. */
  readonly outflow: Outflow;
}

/**
 * One lane of a server's Socket.IO socket as a link. It is told what comes by its lane, and when its connection has passed on
 * what it was given.
 *
 * @param onClose told when this side closes it, so that the client is told.
 */
export function socketLink(
  socket: Socket,
  lane: number,
  { maxHttpBufferSize, outflow, packets, sender }: SocketLanes,
  onClose: () => void,
): LinkEnd {
  const { handshake, conn } = socket;
  return new LinkEnd({
    facts: {
      // It changes when polling is upgraded.
      get transport() {
        return conn.transport.name;
      },
      address: handshake.address,
      headers: handshake.headers,
      auth: handshake.auth,
      maxFrameBytes: packets.maxFrameBytes(maxHttpBufferSize),
      reliable: true,
    },
    get bufferedBytes() {
      return outflow.bytes;
    },
    write(frame) {
      outflow.add(frameSize(frame));
      if (packets.plain) sender.send(conn, frame, lane);
      else if (lane === 0) socket.emit(frameEvent, frame);
      else socket.emit(frameEvent, frame, lane);
    },
    ended(_, here) {
      if (here) onClose();
    },
  });
}
