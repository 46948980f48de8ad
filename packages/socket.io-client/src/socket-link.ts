import type { CloseReason } from "@eventwire/core";
import { frameEvent, frameSize, LinkEnd, type SocketPackets } from "@eventwire/wire";
import type { Socket } from "socket.io-client";

/** What a Socket.IO server takes unless it says otherwise, in bytes. */
const defaultMaxPayload = 1_000_000;
/** How often a WebSocket that holds something is looked at, for it does not say when it has sent it; in milliseconds. */
const lookEvery = 10;

/**
 * One lane of a client's connected Socket.IO socket as a link, until it is disconnected. It is told what comes by its lane.
 *
 * @param onClose told when this side closes it, so that the server can be told.
 */
export function socketLink(
  socket: Socket,
  packets: SocketPackets,
  lane: number,
  onClose: (reason: CloseReason) => void,
): LinkEnd {
  const { engine } = socket.io;
  const { maxPayload = defaultMaxPayload } = engine as { readonly maxPayload?: number };
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
      maxFrameBytes: packets.maxFrameBytes(maxPayload),
      reliable: true,
    },
    get bufferedBytes() {
      return waiting + Math.max(passing, held());
    },
    write(frame) {
      // A socket that is not connected would keep the frame and send it on its next connection, to which it is foreign.
      if (!socket.connected) return;
      waiting += frameSize(frame);
      if (packets.plain) {
        if (typeof frame === "string") engine.write(packets.text(frame, lane));
        else {
          engine.write(packets.header(lane));
          engine.write(frame);
        }
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
