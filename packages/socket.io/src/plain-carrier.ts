import type { CloseReason, Contract, Link } from "@eventwire/core";
import { type Failure, highWater, type WireMessage } from "@eventwire/wire";
import type { Socket } from "socket.io";
import { isOpenedByScript } from "./opened-by-script.js";
import { Outflow, type OutflowWatcher } from "./outflow.js";
import { type Acknowledge, answerBytes, PlainPeer, refusedEvent } from "./plain-peer.js";
import { readSaying } from "./plain-saying.js";
import { type SocketFacts, socketFacts } from "./socket-facts.js";

/** How long a connection that is to be made anew may take to send what waits, in milliseconds. */
const patience = 2_000;
/** The Socket.IO event that tells a plain client why its connection ends. */
const goodbyeEvent = "eventwire:goodbye";

/** What plain clients of one namespace share. */
export interface PlainCarriage {
  readonly contract: Contract;
  readonly fingerprint: string;
  readonly read: (frame: string | Uint8Array) => readonly WireMessage[];
  /** The largest frame, in bytes. */
  maxFrameBytes(): number;
  /** Whether the socket's connection may begin another link. */
  mayBegin(socket: Socket): boolean;
  /** Who gets links now, if anybody. */
  onLink(): ((link: Link) => void) | undefined;
  /** Told when a socket will say no more. */
  left(socket: Socket): void;
}

/** Hears what a socket says to the bus by plain events of Socket.IO, and makes a peer of it by the first of them. */
export class PlainCarrier implements OutflowWatcher {
  readonly #socket: Socket;
  readonly #carriage: PlainCarriage;
  /** By event, from when it first came. */
  readonly #handlers = new Map<string, (...values: unknown[]) => void>();
  readonly #disconnected = () => this.#lose();
  #peer: PlainPeer | undefined;
  #outflow: Outflow | undefined;
  #facts: SocketFacts | undefined;
  /** Why this socket is not let in again. */
  #refusal: Failure | undefined;

  constructor(socket: Socket, carriage: PlainCarriage) {
    this.#socket = socket;
    this.#carriage = carriage;
    socket.on("disconnect", this.#disconnected);
  }

  /** Nobody gets links any more: the socket is left alone once the one that is there has ended. */
  leave(): void {
    if (this.#peer) return;
    this.#socket.off("disconnect", this.#disconnected);
    for (const [event, handler] of this.#handlers) this.#socket.off(event, handler);
    this.#handlers.clear();
    this.#outflow?.stop();
    this.#carriage.left(this.#socket);
  }

  drained(): void {
    this.#peer?.link.drained();
  }

  upgraded(transport: string): void {
    if (this.#facts) this.#facts.transport = transport;
  }

  /** What comes is noticed before the application's middleware, and handled after it. */
  listenFor(event: string): void {
    const socket = this.#socket;
    if (this.#handlers.has(event)) return;
    const handler = (...values: unknown[]) => {
      // What the application itself handles is its own.
      if (socket.listenerCount(event) === 1) this.#take(event, values);
    };
    this.#handlers.set(event, handler);
    socket.on(event, handler);
  }

  #take(event: string, values: unknown[]): void {
    const acknowledge = typeof values.at(-1) === "function" ? (values.pop() as Acknowledge) : undefined;
    if (this.#refusal) {
      this.#refuse(event, this.#refusal, acknowledge);
      return;
    }
    this.#peer ??= this.#begin();
    this.#peer?.say(readSaying(this.#carriage.contract, event, values), acknowledge);
  }

  #refuse(event: string, refusal: Failure, acknowledge: Acknowledge | undefined): void {
    if (acknowledge) acknowledge(refusal, null);
    else this.#socket.emit(refusedEvent, event, refusal);
    this.#outflow?.add(answerBytes);
    // Nobody bounds what waits for it any more.
    if (this.#outflow && this.#outflow.bytes >= highWater) this.#socket.conn.close(true);
  }

  #begin(): PlainPeer | undefined {
    const socket = this.#socket;
    const carriage = this.#carriage;
    const give = carriage.onLink();
    if (!give) return undefined;
    if (isOpenedByScript(socket) || !carriage.mayBegin(socket)) {
      socket.conn.close(true);
      return undefined;
    }
    this.#outflow ??= new Outflow(socket.conn, this);
    const outflow = this.#outflow;
    this.#facts = socketFacts(socket, carriage.maxFrameBytes());
    const peer = new PlainPeer({
      facts: this.#facts,
      contract: carriage.fingerprint,
      get bufferedBytes() {
        return outflow.bytes;
      },
      read: carriage.read,
      sending: (bytes) => outflow.add(bytes),
      emit: (event, ...values) => void socket.emit(event, ...values),
      ended: (reason, welcomed, here) => this.#ended(reason, welcomed, here),
    });
    this.#peer = peer;
    give(peer.link);
    peer.open();
    return this.#peer;
  }

  #lose(): void {
    this.#peer?.link.end({ code: "Lost", message: "The connection was lost.", retryable: true });
    this.leave();
  }

  #ended({ code, message, retryable }: CloseReason, welcomed: boolean, here: boolean): void {
    this.#peer = undefined;
    const { conn } = this.#socket;
    if (here && !retryable) this.#refusal = { code: "Denied", message };
    if (here && welcomed) {
      this.#socket.emit(goodbyeEvent, { code, message, retryable });
      if (retryable) {
        // Its Socket.IO connects again, and with that it listens again. What it does not read in time is given up.
        conn.close();
        setTimeout(() => conn.close(true), patience).unref();
      } else this.#socket.disconnect();
    }
    if (!this.#carriage.onLink()) this.leave();
  }
}
