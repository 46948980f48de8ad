import type { Link } from "@eventwire/core";
import {
  type EnginePacket,
  endEvent,
  frameEvent,
  lanesEvent,
  maxLanes,
  type SocketPackets,
} from "@eventwire/wire";
import type { Socket } from "socket.io";
import type { FrameSender } from "./frame-sender.js";
import { Lane } from "./lane.js";
import { isOpenedByScript } from "./opened-by-script.js";
import { Outflow } from "./outflow.js";

/** What a socket is carried for. */
export interface Carriage {
  readonly maxHttpBufferSize: number;
  readonly packets: SocketPackets;
  readonly sender: FrameSender;
  /** Whether the connection may begin another link. */
  readonly mayBegin: () => boolean;
  /** Who gets links now, if anybody. */
  readonly onLink: () => ((link: Link) => void) | undefined;
  /** Told when the socket will carry no more. */
  readonly left: () => void;
}

/** Carries the links of one socket, a lane for each bus of its client. */
export class SocketCarrier {
  readonly #socket: Socket;
  readonly #carriage: Carriage;
  /** What hears of each packet of the connection. What is not as Socket.IO's parser writes a frame comes by the events of the socket. */
  readonly #taker: (packet: EnginePacket) => void;
  readonly #receive = (frame?: unknown, lane?: unknown) => this.#take(frame, lane);
  readonly #ended = (lane?: unknown) => this.#endByClient(lane);
  readonly #disconnected = () => this.#endByLoss();
  /** By number, from when a frame first came over them. */
  readonly #lanes: (Lane | undefined)[] = [];
  /** While a link is there. */
  #outflow: Outflow | undefined;

  constructor(socket: Socket, carriage: Carriage) {
    this.#socket = socket;
    this.#carriage = carriage;
    this.#taker = carriage.packets.taker((event, ...values) => {
      if (event === frameEvent) this.#take(...values);
      else if (event === endEvent) this.#endByClient(...values);
    });
    socket.conn.on("packet", this.#taker);
    this.#allowListeners(1);
    socket.on(frameEvent, this.#receive);
    socket.on(endEvent, this.#ended);
    socket.on("disconnect", this.#disconnected);
  }

  /** Nobody gets links any more: the socket is left alone once those that are there have ended. */
  leave(): void {
    if (!this.#free) return;
    this.#socket.conn.off("packet", this.#taker);
    this.#allowListeners(-1);
    this.#socket.off(frameEvent, this.#receive);
    this.#socket.off(endEvent, this.#ended);
    this.#socket.off("disconnect", this.#disconnected);
    this.#carriage.left();
  }

  /** A connection has one listener for each namespace that is served: many of them are no leak. */
  #allowListeners(more: number): void {
    const { conn } = this.#socket;
    const most = conn.getMaxListeners();
    // 0 is no bound.
    if (most > 0) conn.setMaxListeners(most + more);
  }

  get #free(): boolean {
    return this.#lanes.every((lane) => !lane || lane.free);
  }

  /** What names a lane that there is not was said to nobody. */
  #laneAt(named: unknown): Lane | undefined {
    const number = typeof named === "number" ? named : 0;
    if (!Number.isInteger(number) || number < 0 || number >= maxLanes) return undefined;
    this.#lanes[number] ??= new Lane(this.#socket, number);
    return this.#lanes[number];
  }

  #take(frame?: unknown, number?: unknown): void {
    const lane = this.#laneAt(number);
    if (!lane || (lane.free && !this.#begin(lane))) return;
    lane.receive(frame);
  }

  #begin(lane: Lane): boolean {
    const socket = this.#socket;
    const { mayBegin, onLink, sender } = this.#carriage;
    const give = onLink();
    if (!give) return false;
    if (isOpenedByScript(socket) || !mayBegin()) {
      socket.conn.close(true);
      return false;
    }
    if (!this.#outflow) {
      this.#outflow = new Outflow(socket.conn, () => {
        for (const other of this.#lanes) other?.drained();
      });
      // Before any frame: who hears one without it knows that there are none.
      sender.say(socket, lanesEvent, maxLanes);
    }
    give(lane.begin({ ...this.#carriage, outflow: this.#outflow }));
    return true;
  }

  #endByClient(number?: unknown): void {
    this.#laneAt(number)?.endByClient();
    this.#rest();
    if (!this.#carriage.onLink()) this.leave();
  }

  #endByLoss(): void {
    for (const lane of this.#lanes) lane?.end("The connection was lost.");
    this.#rest();
    this.leave();
  }

  #rest(): void {
    if (!this.#free) return;
    this.#outflow?.stop();
    this.#outflow = undefined;
  }
}
