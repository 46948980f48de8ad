import type { CloseReason, Frame, LinkFacts } from "@eventwire/core";
import { type Carrier, frameEvent, LinkEnd, type SocketPackets } from "@eventwire/wire";
import type { Socket } from "socket.io";
import type { FrameSender } from "./frame-sender.js";
import type { Outflow } from "./outflow.js";

/** How frames are written in one namespace. */
export interface Writing {
  readonly packets: SocketPackets;
  readonly sender: FrameSender;
}

/** What the lanes of one socket share. */
export interface SocketLanes extends Writing {
  readonly facts: LinkFacts;
  /** What was given to the socket's connection. */
  readonly outflow: Outflow;
}

/**
 * One lane of a server's Socket.IO socket as a link. It is told what comes by its lane, and when its connection has passed on
 * what it was given.
 *
 * @param lane told when this side closes it, so that the client is told.
 */
export function socketLink(
  socket: Socket,
  number: number,
  lanes: SocketLanes,
  lane: { closedHere(): void },
): LinkEnd {
  return new LinkEnd(new LaneCarrier(socket, number, lanes, lane));
}

class LaneCarrier implements Carrier {
  readonly #socket: Socket;
  readonly #number: number;
  readonly #lanes: SocketLanes;
  readonly #lane: { closedHere(): void };

  constructor(socket: Socket, number: number, lanes: SocketLanes, lane: { closedHere(): void }) {
    this.#socket = socket;
    this.#number = number;
    this.#lanes = lanes;
    this.#lane = lane;
  }

  get facts(): LinkFacts {
    return this.#lanes.facts;
  }

  get bufferedBytes(): number {
    return this.#lanes.outflow.bytes;
  }

  write(frame: Frame): void {
    const { outflow, packets, sender } = this.#lanes;
    outflow.add(sender.sizeOf(frame));
    if (packets.plain) sender.send(this.#socket.conn, frame, this.#number);
    else if (this.#number === 0) this.#socket.emit(frameEvent, frame);
    else this.#socket.emit(frameEvent, frame, this.#number);
  }

  ended(_: CloseReason, here: boolean): void {
    if (here) this.#lane.closedHere();
  }
}
