import type { CloseReason, Link } from "@eventwire/core";
import {
  type EncodePacket,
  type EnginePacket,
  endEvent,
  frameEvent,
  lanesEvent,
  maxLanes,
  type PacketTaker,
  SocketPackets,
} from "@eventwire/wire";
import type { Socket } from "socket.io-client";
import { Lane } from "./lane.js";

/** A bus on a socket, which gets one link after the other. */
export interface Seat {
  /** Whether it does not know yet that this connection is for it. */
  readonly asking?: boolean;
  onLink(link: Link): void;
  /** There is no connection for now, or for good. */
  onFailure(reason: CloseReason): void;
  /** Its link is over for both sides. It gets another one when it asks, or when the socket has been connected anew. */
  onOver(reason: CloseReason): void;
  /** Its server carries no more links on one socket than there are. It gets one when another has ended. */
  onCrowded(): void;
}

/** Whose a socket is. */
export interface Ownership {
  /** Whether it is connected here, and ended when nobody is on it any more. Any other is the application's alone to connect. */
  readonly owned: boolean;
  /** Nobody is on it any more, or nobody should come: the server has sent it away. */
  readonly gone?: () => void;
}

type Engine = Socket["io"]["engine"];

/** What its types do not tell of a socket. */
interface Parsed {
  readonly io: { readonly encoder: { readonly encode: EncodePacket } };
  readonly nsp: string;
}

/**
 * A socket and the buses on it, each in a lane of its own. Socket.IO reconnects by itself after a lost connection; every bus then
 * gets another link.
 */
export class SharedSocket {
  readonly socket: Socket;
  readonly #packets: SocketPackets;
  readonly #ownership: Ownership;
  readonly #seats = new Set<Seat>();
  /** Those that want a link, in order. */
  readonly #waiting = new Set<Seat>();
  /** By number, from when they are first needed. */
  readonly #lanes: Lane[] = [];
  /** Who has the link of a lane, or had the last one. */
  readonly #holders = new Map<Lane, Seat>();
  /** How many there may be over this connection. A server that knows of lanes says so before its first frame. */
  #laneCount: number | undefined;
  /** Whether there may be links: its `connect` has come, which other listeners may hear first, and what was recovered comes before. */
  #ready = false;
  #detach: (() => void) | undefined;

  constructor(socket: Socket, ownership: Ownership) {
    this.socket = socket;
    this.#ownership = ownership;
    const { io, nsp } = socket as unknown as Parsed;
    this.#packets = new SocketPackets((packet) => io.encoder.encode(packet), nsp);
  }

  /** Whether there is no lane for one more, whatever the server says. */
  get full(): boolean {
    return this.#seats.size >= maxLanes;
  }

  get mayReconnect(): boolean {
    return !this.#ownership.owned || this.socket.io.reconnection() === true;
  }

  /** Whether it is open, or has said already what it opens with. */
  get opened(): boolean {
    const { active, connected, io } = this.socket;
    return connected || (active && io._readyState === "open");
  }

  /** @returns what gives the seat up; a link that is there stays. */
  join(seat: Seat): () => void {
    this.#seats.add(seat);
    this.#detach ??= this.#attach();
    return () => {
      this.#waiting.delete(seat);
      if (this.#seats.delete(seat)) this.#rest();
    };
  }

  holds(seat: Seat): boolean {
    return [...this.#holders.values()].includes(seat);
  }

  /** Gives a seat a link, as soon as it can have one. */
  want(seat: Seat): void {
    if (!this.#seats.has(seat) || this.holds(seat)) return;
    this.#waiting.add(seat);
    this.#begin();
    if (this.#ownership.owned && !this.socket.active) this.socket.connect();
  }

  /** A page was asleep, or its network away: what waits to connect does so now, and who is connected makes sure of it. */
  wake(seat: Seat): void {
    for (const [lane, holder] of this.#holders) if (holder === seat) lane.doubt();
    const { connected, io } = this.socket;
    if (!this.#ownership.owned || connected || !io._reconnecting || io._readyState !== "closed") return;
    // Socket.IO waits for its next attempt: begun anew, it makes it at once.
    this.socket.disconnect();
    this.socket.connect();
  }

  #attach(): () => void {
    const { socket } = this;
    const stopTaking = this.#takeEvents();
    let attached = true;
    const disconnected = (reason: Socket.DisconnectReason) => this.#disconnected(reason);
    const failed = (error: Error) => this.#failed(error);
    const gaveUp = () => this.#gaveUp();
    // What is left while an event is told is still told of it.
    const begin = () => attached && this.#connected();
    this.#ready = socket.connected;
    socket.on("connect", begin);
    socket.on("disconnect", disconnected);
    socket.on("connect_error", failed);
    socket.io.on("reconnect_failed", gaveUp);
    return () => {
      attached = false;
      this.#ready = false;
      stopTaking();
      socket.off("connect", begin);
      socket.off("disconnect", disconnected);
      socket.off("connect_error", failed);
      socket.io.off("reconnect_failed", gaveUp);
    };
  }

  /** Takes what comes for the lanes: from the packets of each connection; what its parser has read, by events. */
  #takeEvents(): () => void {
    const { socket } = this;
    const stops = [frameEvent, endEvent, lanesEvent].map((event) => {
      const take = (...values: unknown[]) => this.#take(event, ...values);
      socket.on(event, take);
      return () => socket.off(event, take);
    });
    const taker: PacketTaker = {
      dueLane: undefined,
      take: (event, ...values) => this.#take(event, ...values),
    };
    const taking = (packet: EnginePacket) => this.#packets.take(packet, taker);
    let engine: Engine | undefined;
    let left = false;
    const leave = () => engine?.off("packet", taking);
    const join = () => {
      if (left) return;
      leave();
      engine = socket.io.engine;
      engine.on("packet", taking);
    };
    socket.on("connect", join);
    if (socket.connected) join();
    return () => {
      for (const stop of stops) stop();
      left = true;
      leave();
      socket.off("connect", join);
    };
  }

  #take(event: string, value?: unknown, lane?: unknown): void {
    if (event === frameEvent) this.#receive(value, lane);
    else if (event === endEvent) this.#laneAt(value)?.ended(this.mayReconnect);
    else this.#learn(value);
  }

  /** Socket.IO may add something of its own, which is no number. */
  #laneAt(number: unknown): Lane | undefined {
    return this.#lanes[typeof number === "number" ? number : 0];
  }

  #receive(frame: unknown, number: unknown): void {
    const lane = this.#laneAt(number);
    // A server that has not said so by now knows no lanes.
    if (lane && this.#laneCount === undefined) this.#learn(1);
    lane?.receive(frame);
  }

  #learn(count: unknown): void {
    if (typeof count !== "number" || !this.#ready || this.#laneCount !== undefined) return;
    this.#laneCount = Math.min(Math.max(1, Math.floor(count)), maxLanes);
    this.#begin();
  }

  #connected(): void {
    this.#ready = true;
    this.#laneCount = undefined;
    for (const seat of this.#seats) if (!seat.asking && !this.holds(seat)) this.#waiting.add(seat);
    this.#begin();
  }

  /** Gives links to those that wait, for as many as there are lanes. */
  #begin(): void {
    if (!this.#ready) return;
    for (const seat of [...this.#waiting]) {
      // Others may have ended it meanwhile.
      if (!this.#waiting.has(seat)) continue;
      const lane = this.#freeLane();
      if (!lane) break;
      this.#waiting.delete(seat);
      this.#holders.set(lane, seat);
      seat.onLink(lane.begin());
    }
    // The last to come are those for whom there will be none.
    const seated = this.#seats.size - this.#waiting.size;
    if (seated >= (this.#laneCount ?? maxLanes)) for (const seat of [...this.#waiting]) seat.onCrowded();
  }

  #freeLane(): Lane | undefined {
    const { length } = this.#lanes;
    const free = this.#lanes.slice(0, this.#laneCount ?? 1).find((lane) => lane.free);
    if (free || length >= (this.#laneCount ?? 1)) return free;
    const lane: Lane = new Lane(this.socket, this.#packets, length, (reason) => this.#over(lane, reason));
    this.#lanes.push(lane);
    return lane;
  }

  #over(lane: Lane, reason: CloseReason): void {
    const seat = this.#release(lane);
    if (seat) seat.onOver(reason);
    this.#begin();
    this.#rest();
  }

  /** @returns who had its link, and still is here. */
  #release(lane: Lane): Seat | undefined {
    const seat = this.#holders.get(lane);
    this.#holders.delete(lane);
    return seat && this.#seats.has(seat) ? seat : undefined;
  }

  /** Nobody is here: the socket is left once the links have ended that there were. */
  #rest(): void {
    if (this.#seats.size > 0) return;
    this.#ownership.gone?.();
    const { owned } = this.#ownership;
    // A socket that goes on may still hear of links of before.
    if (!this.#detach || !this.#lanes.every((lane) => (owned ? lane.left : lane.free))) return;
    this.#detach();
    this.#detach = undefined;
    this.#laneCount = undefined;
    if (owned) this.socket.disconnect();
  }

  #disconnected(reason: Socket.DisconnectReason): void {
    this.#ready = false;
    const lost = { code: "Lost", message: describe(reason), retryable: this.mayReconnect };
    const sentAway = this.#ownership.owned && reason === "io server disconnect";
    if (sentAway) this.#ownership.gone?.();
    const held = [...this.#holders];
    for (const lane of this.#lanes) lane.lost(lost);
    for (const [lane] of held) {
      const seat = this.#release(lane);
      if (!seat) continue;
      // Without a goodbye nothing says that the server does not want this peer.
      if (sentAway) seat.onOver(lost);
      else this.#waiting.add(seat);
    }
    this.#rest();
  }

  #failed({ message }: Error): void {
    // Socket.IO stops trying where the server itself refused: its middleware, or for want of the namespace.
    if (this.socket.active) {
      const text = `The server could not be reached: ${message}.`;
      this.#tell({ code: "ConnectFailed", message: text, retryable: this.mayReconnect });
      return;
    }
    this.#ownership.gone?.();
    this.#tell({ code: "Denied", message, retryable: !this.#ownership.owned });
  }

  #gaveUp(): void {
    const message = `The server could not be reached in ${this.socket.io.reconnectionAttempts()} attempts.`;
    this.#ownership.gone?.();
    this.#tell({ code: "ConnectFailed", message, retryable: !this.#ownership.owned });
  }

  #tell(reason: CloseReason): void {
    for (const seat of [...this.#seats]) if (this.#seats.has(seat)) seat.onFailure(reason);
  }
}

function describe(reason: Socket.DisconnectReason): string {
  switch (reason) {
    case "io server disconnect":
      return "The server disconnected this socket.";
    case "io client disconnect":
      return "The application disconnected this socket.";
    case "ping timeout":
      return "The server was silent for too long.";
    default:
      return "The connection was lost.";
  }
}
