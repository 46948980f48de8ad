import type { CloseReason } from "@eventwire/core";
import { frameSize, LinkEnd } from "@eventwire/wire";
import type { Socket } from "socket.io-client";

/** The Socket.IO event that carries frames: the frame, then the number of its lane where that is not 0. */
export const frameEvent = "eventwire";
/** The Socket.IO event that ends a link and not its socket: each side says it once for each link, with its lane as above. */
export const endEvent = "eventwire:end";
/** The Socket.IO event by which a server that knows lanes says how many there are, before its first frame. */
export const lanesEvent = "eventwire:lanes";

/** What Socket.IO puts around a frame: packet type, namespace, event name, quotes. */
const overhead = 256;
/** What a Socket.IO server takes unless it says otherwise, in bytes. */
const defaultMaxPayload = 1_000_000;
/** How often a WebSocket that holds something is looked at, for it does not say when it has sent it; in milliseconds. */
const lookEvery = 10;

/**
 * One lane of a client's connected Socket.IO socket as a link, until it is disconnected. It is told what comes by its lane.
 *
 * @param onClose told when this side closes it, so that the server can be told.
 */
export function socketLink(socket: Socket, lane: number, onClose: (reason: CloseReason) => void): LinkEnd {
  const { engine } = socket.io;
  const { maxPayload = defaultMaxPayload } = engine as { readonly maxPayload?: number };
  const opening = packetOpening(socket);
  const closing = lane === 0 ? "]" : `,${lane}]`;
  /** What waits for the transport, and what it was handed and has not taken, in bytes. */
  let waiting = 0;
  let passing = 0;
  let look: ReturnType<typeof setTimeout> | undefined;
  // A WebSocket takes everything at once, however long it holds it. Other transports take what they have passed on.
  const held = () => {
    const { ws } = engine.transport as { readonly ws?: { readonly bufferedAmount?: number } | null };
    return ws?.bufferedAmount ?? 0;
  };
  const handed = () => {
    passing += waiting;
    waiting = 0;
  };
  const taken = () => {
    passing = 0;
    passed();
  };
  const passed = () => {
    clearTimeout(look);
    if (held() > 0) look = setTimeout(passed, lookEvery);
    link.drained();
  };
  const link = new LinkEnd({
    facts: {
      // It changes when polling is upgraded.
      get transport() {
        return engine.transport.name;
      },
      // Socket.IO puts the frame into a JSON string, where each quote and backslash takes another byte.
      maxFrameBytes: Math.floor((maxPayload - overhead) / 2),
      reliable: true,
    },
    get bufferedBytes() {
      return waiting + Math.max(passing, held());
    },
    write(frame) {
      // A socket that is not connected would keep the frame and send it on its next connection, to which it is foreign.
      if (!socket.connected) return;
      waiting += frameSize(frame);
      if (opening !== undefined && typeof frame === "string" && frame.startsWith("[")) {
        engine.write(`${opening}${frame}${closing}`);
      } else if (lane === 0) socket.emit(frameEvent, frame);
      else socket.emit(frameEvent, frame, lane);
    },
    ended(reason, here) {
      clearTimeout(look);
      engine.off("flush", handed);
      engine.off("drain", taken);
      if (here) onClose(reason);
    },
  });
  engine.on("flush", handed);
  engine.on("drain", taken);
  return link;
}

/**
 * What stands before a frame in Socket.IO's packet: as its encoder writes it, for a frame is an array of JSON already, and would
 * be read and written once more by it. `undefined` where the application's own parser writes something else.
 */
function packetOpening(socket: Socket): string | undefined {
  const { io, nsp } = socket as unknown as {
    readonly io: { readonly encoder: { encode(packet: object): readonly unknown[] } };
    readonly nsp: string;
  };
  const [encoded, ...more] = io.encoder.encode({ type: 2, nsp, data: [frameEvent, []] });
  if (typeof encoded !== "string" || more.length > 0 || !encoded.endsWith(`["${frameEvent}",[]]`))
    return undefined;
  return encoded.slice(0, -"[]]".length);
}
