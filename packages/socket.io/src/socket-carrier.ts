import type { Link } from "@eventwire/core";
import {
  type EnginePacket,
  endEvent,
  frameEvent,
  lanesEvent,
  maxLanes,
  type PacketTaker,
} from "@eventwire/wire";
import type { Socket } from "socket.io";
import { Lane } from "./lane.js";
import { isOpenedByScript } from "./opened-by-script.js";
import { Outflow, type OutflowWatcher } from "./outflow.js";
import { type SocketFacts, socketFacts } from "./socket-facts.js";
import type { SocketLanes, Writing } from "./socket-link.js";

/** What the sockets of one namespace are carried for. */
export interface Carriage extends Writing {
  /** The largest frame, in bytes. */
  maxFrameBytes(): number;
  /** Whether the socket's connection may begin another link. */
  mayBegin(socket: Socket): boolean;
  /** Who gets links now, if anybody. */
  onLink(): ((link: Link) => void) | undefined;
  /** Told when a socket will carry no more. */
  left(socket: Socket): void;
}

/** Carries the links of one socket, a lane for each bus of its client. */
export class SocketCarrier implements PacketTaker, OutflowWatcher {
  readonly #socket: Socket;
  readonly #carriage: Carriage;
  /** What hears of each packet of the connection. */
  readonly #packet = (packet: EnginePacket) => this.#carriage.packets.take(packet, this);
  /** By number, from when a frame first came over them. Most sockets have one. */
  readonly #lanes: (Lane | undefined)[] = [undefined];
  /** While a link is there. */
  #shared: (SocketLanes & { readonly facts: SocketFacts }) | undefined;
  dueLane: number | undefined;

  constructor(socket: Socket, carriage: Carriage) {
    this.#socket = socket;
    this.#carriage = carriage;
    socket.conn.on("packet", this.#packet);
    this.#allowListeners(1);
  }

  /** Nobody gets links any more: the socket is left alone once those that are there have ended. */
  leave(): void {
    if (!this.#free) return;
    this.#socket.conn.off("packet", this.#packet);
    this.#allowListeners(-1);
    this.#carriage.left(this.#socket);
  }

  /** Takes an event of these, from a packet as Socket.IO's parser writes it or from what an application's parser has read. */
  take(event: string, ...values: readonly unknown[]): void {
    if (event === frameEvent) this.#takeFrame(...values);
    else if (event === endEvent) this.#endByClient(...values);
  }

  /** The socket was lost. */
  lost(): void {
    for (const lane of this.#lanes) lane?.end("The connection was lost.");
    this.#rest();
    this.leave();
  }

  drained(): void {
    for (const lane of this.#lanes) lane?.drained();
  }

  upgraded(transport: string): void {
    if (this.#shared) this.#shared.facts.transport = transport;
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

  #takeFrame(frame?: unknown, number?: unknown): void {
    const lane = this.#laneAt(number);
    if (!lane || (lane.free && !this.#begin(lane))) return;
    lane.receive(frame);
  }

  #begin(lane: Lane): boolean {
    const socket = this.#socket;
    const carriage = this.#carriage;
    const give = carriage.onLink();
    if (!give) return false;
    if (isOpenedByScript(socket) || !carriage.mayBegin(socket)) {
      socket.conn.close(true);
      return false;
    }
    if (!this.#shared) {
      const { packets, sender } = carriage;
      const facts = socketFacts(socket, carriage.maxFrameBytes());
      this.#shared = { packets, sender, facts, outflow: new Outflow(socket.conn, this) };
      // Before any frame: who hears one without it knows that there are none.
      sender.say(socket, lanesEvent, maxLanes);
    }
    give(lane.begin(this.#shared));
    return true;
  }

  #endByClient(number?: unknown): void {
    this.#laneAt(number)?.endByClient();
    this.#rest();
    if (!this.#carriage.onLink()) this.leave();
  }

  #rest(): void {
    if (!this.#free) return;
    this.#shared?.outflow.stop();
    this.#shared = undefined;
  }
}
