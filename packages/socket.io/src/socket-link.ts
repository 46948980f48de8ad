import { frameSize, LinkEnd } from "@eventwire/wire";
import type { Socket } from "socket.io";

/** The Socket.IO event that carries frames. */
export const frameEvent = "eventwire";
/** The Socket.IO event that ends a link and not its socket: each side says it once for each link. */
export const endEvent = "eventwire:end";

/** What Socket.IO puts around a frame: packet type, namespace, event name, quotes. */
const overhead = 256;

/**
 * A Socket.IO socket of a server as a link.
 *
 * @param onClose told when this side closes it, so that the client is told to end its socket.
 */
export function socketLink(socket: Socket, maxHttpBufferSize: number, onClose: () => void): LinkEnd {
  const { handshake, conn } = socket;
  const opening = packetOpening(socket);
  let { transport } = conn;
  /** What waits for the transport, and what it was handed and has not passed on, in bytes. */
  let waiting = 0;
  let passing = 0;
  const handed = () => {
    passing += waiting;
    waiting = 0;
  };
  const passed = () => {
    passing = 0;
    link.drained();
  };
  // Polling is upgraded when it has passed on everything.
  const upgraded = () => {
    transport.off("drain", passed);
    transport = conn.transport;
    transport.on("drain", passed);
    passed();
  };
  const link = new LinkEnd({
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
      return waiting + passing;
    },
    write(frame) {
      waiting += frameSize(frame);
      if (opening !== undefined && typeof frame === "string" && frame.startsWith("[")) {
        conn.write(`${opening}${frame}]`);
      } else socket.emit(frameEvent, frame);
    },
    ended(_, here) {
      conn.off("flush", handed);
      conn.off("upgrade", upgraded);
      transport.off("drain", passed);
      if (here) onClose();
    },
  });
  // Not conn's own "drain", which comes when the transport was handed what waited, whether or not it has passed it on.
  conn.on("flush", handed);
  conn.on("upgrade", upgraded);
  transport.on("drain", passed);
  return link;
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
