import type { Frame } from "@eventwire/core";
import { frameSize, type SocketPackets } from "@eventwire/wire";
import type { Socket } from "socket.io";

type Connection = Socket["conn"];

/** What is used of Engine.IO's transport over a WebSocket. */
interface WebSocketTransport {
  readonly name: string;
  readonly perMessageDeflate?: unknown;
  /** Whether its client takes bytes as they are, and not as base64. */
  readonly supportsBinary: boolean;
  readonly socket?: { readonly _sender?: { readonly sendFrame?: unknown } };
}

/** Up to so many bytes are cheaper copied than written on their own. */
const copied = 16_384;
const [text, bytes] = [0x81, 0x82];
/** What Engine.IO puts before the text of a message. */
const message = "4";

/** A frame as it was sent last. */
interface Made {
  readonly frame: Frame;
  readonly lane: number;
  readonly size: number;
  /** What Engine.IO is given as the packet. */
  readonly packet: string | Uint8Array;
  /** What ws writes as it is: one buffer, or two at once. */
  readonly buffers: readonly [Uint8Array] | readonly [Uint8Array, Uint8Array];
}

/**
 * Sends frames over the connections of one namespace. A WebSocket gets what Socket.IO's own broadcasts give it, a frame of its protocol that is
 * made in advance: once for all sockets that get the same after each other, and as one write also where it is of bytes, which
 * take two packets.
 */
export class FrameSender {
  readonly #packets: SocketPackets;
  #last: Made | undefined;

  constructor(packets: SocketPackets) {
    this.#packets = packets;
  }

  /** How many bytes a frame takes, before what is put around it. */
  sizeOf(frame: Frame): number {
    return this.#last?.frame === frame ? this.#last.size : frameSize(frame);
  }

  send(conn: Connection, frame: Frame, lane: number): void {
    if (takesMade(conn, frame)) {
      const { packet, buffers } = this.#make(frame, lane);
      write(conn, packet, { wsPreEncodedFrame: buffers });
    } else if (typeof frame === "string") write(conn, this.#packets.text(frame, lane));
    else {
      write(conn, this.#packets.header(lane));
      write(conn, frame);
    }
  }

  /** Says an event of a number where frames are sent, so that neither overtakes the other. */
  say(socket: Socket, event: string, number: number): void {
    if (this.#packets.plain) write(socket.conn, this.#packets.event(event, number));
    else socket.emit(event, number);
  }

  #make(frame: Frame, lane: number): Made {
    if (this.#last?.frame === frame && this.#last.lane === lane) return this.#last;
    let packet: Made["packet"];
    let buffers: Made["buffers"];
    if (typeof frame === "string") {
      packet = this.#packets.text(frame, lane);
      buffers = [textFrame(message + packet)];
    } else {
      const before = [textFrame(message + this.#packets.header(lane)), head(bytes, frame.length)];
      packet = frame;
      buffers = frame.length > copied ? [Buffer.concat(before), frame] : [Buffer.concat([...before, frame])];
    }
    this.#last = { frame, lane, size: frameSize(frame), packet, buffers };
    return this.#last;
  }
}

/** Whether the connection writes such a frame as it is. It never does again what it does not do now, but for an upgrade. */
function takesMade({ protocol, transport }: Connection, frame: Frame): boolean {
  const { name, perMessageDeflate, socket, supportsBinary } = transport as unknown as WebSocketTransport;
  if (name !== "websocket" || perMessageDeflate || typeof socket?._sender?.sendFrame !== "function")
    return false;
  // The revision before has a type before bytes, as text has.
  return typeof frame === "string" || (protocol === 4 && supportsBinary);
}

function write(conn: Connection, packet: string | Uint8Array, options?: object): void {
  (conn.write as (packet: string | Uint8Array, options?: object) => void)(packet, options);
}

function textFrame(payload: string): Buffer {
  const length = Buffer.byteLength(payload);
  const opening = head(text, length);
  const frame = Buffer.allocUnsafe(opening.length + length);
  opening.copy(frame);
  frame.write(payload, opening.length, "utf8");
  return frame;
}

/** The head of a WebSocket frame that is whole and not masked, as a server's are (RFC 6455, 5.2). */
function head(type: number, length: number): Buffer {
  if (length < 126) return Buffer.of(type, length);
  if (length < 65_536) return Buffer.of(type, 126, length >> 8, length);
  const long = Buffer.alloc(10);
  long[0] = type;
  long[1] = 127;
  long.writeUIntBE(length, 4, 6);
  return long;
}
