import type { Frame } from "@eventwire/core";
import type { SocketPackets } from "@eventwire/wire";
import type { Socket } from "socket.io";

type Connection = Socket["conn"];

/** What is used of Engine.IO's transport over a WebSocket. */
interface WebSocketTransport {
  readonly name: string;
  readonly perMessageDeflate?: unknown;
  readonly socket?: { readonly _sender?: { readonly sendFrame?: unknown } };
}

/** What ws writes as it is: one buffer, or two at once. */
type MadeFrame = readonly [Uint8Array] | readonly [Uint8Array, Uint8Array];

/** Up to so many bytes are cheaper copied than written on their own. */
const copied = 16_384;
const [text, bytes] = [0x81, 0x82];
/** What Engine.IO puts before the text of a message. */
const message = "4";

/**
 * Sends frames over the connections of one namespace. A WebSocket gets what Socket.IO's own broadcasts give it, a frame of its protocol that is
 * made in advance: once for all sockets that get the same after each other, and as one write also where it is of bytes, which
 * take two packets.
 */
export class FrameSender {
  readonly #packets: SocketPackets;
  #frame: Frame | undefined;
  #lane = 0;
  #made: MadeFrame | undefined;

  constructor(packets: SocketPackets) {
    this.#packets = packets;
  }

  send(conn: Connection, frame: Frame, lane: number): void {
    if (typeof frame === "string") {
      // Other transports, and compression, take the text.
      write(conn, this.#packets.text(frame, lane), takesMade(conn) ? this.#make(frame, lane) : undefined);
    } else if (takesMade(conn)) write(conn, frame as Buffer, this.#make(frame, lane));
    else {
      write(conn, this.#packets.header(lane), undefined);
      write(conn, frame as Buffer, undefined);
    }
  }

  #make(frame: Frame, lane: number): MadeFrame {
    if (this.#made && this.#frame === frame && this.#lane === lane) return this.#made;
    if (typeof frame === "string") this.#made = [textFrame(message + this.#packets.text(frame, lane))];
    else {
      const before = [textFrame(message + this.#packets.header(lane)), head(bytes, frame.length)];
      this.#made =
        frame.length > copied ? [Buffer.concat(before), frame] : [Buffer.concat([...before, frame])];
    }
    this.#frame = frame;
    this.#lane = lane;
    return this.#made;
  }
}

/** Whether the connection writes such a frame as it is. It never does again what it does not do now, but for an upgrade. */
function takesMade({ transport }: Connection): boolean {
  const { name, perMessageDeflate, socket } = transport as unknown as WebSocketTransport;
  return name === "websocket" && !perMessageDeflate && typeof socket?._sender?.sendFrame === "function";
}

function write(conn: Connection, data: string | Buffer, made: MadeFrame | undefined): void {
  const options = made && { wsPreEncodedFrame: made };
  (conn.write as (data: string | Buffer, options?: object) => void)(data, options);
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
