/** The Socket.IO event that carries frames: the frame, then the number of its lane where that is not 0. */
export const frameEvent = "eventwire";
/** The Socket.IO event that ends a link and not its socket: each side says it once for each link, with its lane as above. */
export const endEvent = "eventwire:end";
/** The Socket.IO event by which a server that knows lanes says how many there are, before its first frame. */
export const lanesEvent = "eventwire:lanes";

/** How many links a socket carries at once: more than the buses of a page, and so few that a stranger's cost little. */
export const maxLanes = 8;

/** What Socket.IO puts around a frame: packet type, namespace, event name, lane. */
const overhead = 256;

/** A packet of Engine.IO, as its sockets show it in their event `packet` before they do anything with it. */
export interface EnginePacket {
  type: string;
  readonly data?: unknown;
}

/** What the parser of an application makes of a packet. */
export type EncodePacket = (packet: {
  readonly type: number;
  readonly nsp: string;
  readonly data: readonly unknown[];
}) => readonly unknown[];

/** Who takes what the packets of one connection say, in the order in which they come. */
export interface PacketTaker {
  /** The lane whose bytes are the next packet; at first `undefined`. It is kept here and of use to {@link SocketPackets.take} alone. */
  dueLane: number | undefined;
  /** Takes one of these events, as it came. */
  take(event: string, ...values: readonly unknown[]): void;
}

const events: readonly string[] = [frameEvent, endEvent, lanesEvent];

/**
 * The packets of frames in one namespace of Socket.IO, as its own parser writes them. A frame is an array of JSON already, and would be
 * read and written once more by that parser; so it is written into the packet as it is, and taken from packets before the parser
 * gets them. Where the application has another parser, nothing is: frames then go by `emit`.
 */
export class SocketPackets {
  /** Whether the parser is Socket.IO's own. */
  readonly plain: boolean;
  /** `2["` or `2/namespace,["`: what stands before the event's name. */
  readonly #opening: string;
  readonly #frameOpening: string;
  /** The packets that say that bytes follow, by lane. */
  readonly #headers: readonly string[];

  constructor(encode: EncodePacket, namespace: string) {
    const [written, ...more] = encode({ type: 2, nsp: namespace, data: [frameEvent, []] });
    const ending = `${frameEvent}",[]]`;
    this.plain = more.length === 0 && typeof written === "string" && written.endsWith(`["${ending}`);
    this.#opening = this.plain ? (written as string).slice(0, -ending.length) : "";
    this.#frameOpening = `${this.#opening}${frameEvent}",`;
    const bytesOpening = `51-${this.#frameOpening.slice(1)}{"_placeholder":true,"num":0}`;
    this.#headers = Array.from({ length: maxLanes }, (_, lane) => `${bytesOpening}${closing(lane)}`);
  }

  /** @param bytes what Socket.IO takes in one packet. */
  maxFrameBytes(bytes: number): number {
    // Polling makes base64 of bytes, and another parser a JSON text, where each quote and backslash takes another byte.
    return Math.floor((bytes - overhead) / 2);
  }

  /** The packet of a frame of text. */
  text(frame: string, lane: number): string {
    const value = frame.startsWith("[") ? frame : JSON.stringify(frame);
    return `${this.#frameOpening}${value}${closing(lane)}`;
  }

  /** The packet of another of these events, of a number. */
  event(event: string, number: number): string {
    return `${this.#opening}${event}",${number}]`;
  }

  /** The packet that comes before a frame of bytes, which is a packet of its own. */
  header(lane: number): string {
    return this.#headers[lane]!;
  }

  /**
   * Takes a packet that came where it is of one of these events. What was taken is no message any more, so that the parser does not
   * see it.
   */
  take(packet: EnginePacket, taker: PacketTaker): void {
    if (!this.plain || packet.type !== "message") return;
    const { data } = packet;
    const { dueLane } = taker;
    taker.dueLane = undefined;
    if (typeof data !== "string") {
      if (dueLane === undefined) return;
      packet.type = taken;
      taker.take(frameEvent, data, dueLane);
    } else if (data.startsWith(this.#opening)) {
      const event = this.#read(data);
      if (!event) return;
      packet.type = taken;
      taker.take(...event);
    } else {
      const number = this.#headers.indexOf(data);
      if (number < 0) return;
      packet.type = taken;
      taker.dueLane = number;
    }
  }

  #read(data: string): readonly [event: string, ...values: readonly unknown[]] | undefined {
    if (data.startsWith(this.#frameOpening) && data[this.#frameOpening.length] === "[") {
      const from = this.#frameOpening.length;
      if (data.endsWith("]]")) return [frameEvent, data.slice(from, -1)];
      const [after, lane] = [data.length - ",0]".length, Number(data.at(-2))];
      if (data[after] === "," && data[after - 1] === "]" && data.endsWith("]") && lane >= 0)
        return [frameEvent, data.slice(from, after), lane];
    }
    const event = events.find((name) => data.startsWith(`${name}"`, this.#opening.length));
    if (event === undefined) return undefined;
    try {
      const [, value, ...more] = JSON.parse(data.slice(this.#opening.length - '["'.length)) as unknown[];
      return [event, Array.isArray(value) ? JSON.stringify(value) : value, ...more];
    } catch {
      // It is for the parser to say that it is no JSON.
      return undefined;
    }
  }
}

/** A type that Engine.IO does nothing for. */
const taken = "taken";

function closing(lane: number): string {
  return lane === 0 ? "]" : `,${lane}]`;
}
