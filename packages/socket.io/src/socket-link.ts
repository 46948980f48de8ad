import { frameSize, LinkEnd } from "@eventwire/wire";
import type { Socket } from "socket.io";
import type { Outflow } from "./outflow.js";

/** The Socket.IO event that carries frames: the frame, then the number of its lane where that is not 0. */
export const frameEvent = "eventwire";
/** The Socket.IO event that ends a link and not its socket: each side says it once for each link, with its lane as above. */
export const endEvent = "eventwire:end";
/** The Socket.IO event that says how many lanes there are, before the first frame of a socket. */
export const lanesEvent = "eventwire:lanes";

/** What Socket.IO puts around a frame: packet type, namespace, event name, quotes, lane. */
const overhead = 256;

/** What the lanes of one socket share. */
export interface SocketLanes {
  readonly maxHttpBufferSize: number;
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
  { maxHttpBufferSize, outflow }: SocketLanes,
  onClose: () => void,
): LinkEnd {
  const { handshake, conn } = socket;
  const opening = packetOpening(socket);
  const closing = lane === 0 ? "]" : `,${lane}]`;
  return new LinkEnd({
    facts: {
      // It changes when polling is upgraded.
      get transport() {
        return conn.transport.name;
      },
      address: handshake.address,
      headers: handshake.headers,
      auth: handshake.auth,
      // Socket.IO puts the frame into a JSON string, where each quote and backslash takes another byte.
      maxFrameBytes: Math.floor((maxHttpBufferSize - overhead) / 2),
      reliable: true,
    },
    get bufferedBytes() {
      return outflow.bytes;
    },
    write(frame) {
      outflow.add(frameSize(frame));
      if (opening !== undefined && typeof frame === "string" && frame.startsWith("[")) {
        conn.write(`${opening}${frame}${closing}`);
      } else if (lane === 0) socket.emit(frameEvent, frame);
      else socket.emit(frameEvent, frame, lane);
    },
    ended(_, here) {
      if (here) onClose();
    },
  });
}

/**
 * What stands before a frame in Socket.IO's packet: as its encoder writes it, for a frame is an array of JSON already, and would
 * be read and written once more by it. `undefined` where the application's own parser writes something else.
 */
function packetOpening({ nsp }: Socket): string | undefined {
  const packet = { type: 2, nsp: nsp.name, data: [frameEvent, []] };
  const [encoded, ...more]: readonly unknown[] = nsp.server.encoder.encode(packet);
  if (typeof encoded !== "string" || more.length > 0 || !encoded.endsWith(`["${frameEvent}",[]]`))
    return undefined;
  return encoded.slice(0, -"[]]".length);
}
