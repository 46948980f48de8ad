import type { CloseReason, Frame, Link, LinkFacts, LinkReceiver } from "@eventwire/core";
import type { SimulatedProcess } from "../process.js";
import { Pipe } from "./pipe.js";

export const lost: CloseReason = { code: "Lost", message: "The connection was lost.", retryable: true };

/** What connections have in common with the network that they are in. */
export interface Surroundings {
  now(): number;
  after(milliseconds: number, work: () => void): void;
  delay(): number;
  /** After how long an end notices that nothing comes; `undefined` where only the buses do. */
  notice(): number | undefined;
  /** How much may be on its way before a sender is to wait, in bytes. */
  readonly highWater: number;
  /** A server sends a frame. */
  serverSends(connection: Connection, frame: Frame): void;
  /** A frame has come to a server. */
  serverTakes(connection: Connection): void;
  over(connection: Connection): void;
}

/** One end, in the process that has it. */
export class End implements Link {
  readonly facts: LinkFacts;
  readonly process: SimulatedProcess;
  readonly #connection: Connection;
  readonly #highWater: number;
  #receiver: LinkReceiver | undefined;
  #reason: CloseReason | undefined;
  #onItsWay = 0;
  #blocked = false;

  constructor(connection: Connection, process: SimulatedProcess, facts: LinkFacts, highWater: number) {
    this.#connection = connection;
    this.process = process;
    this.facts = facts;
    this.#highWater = highWater;
  }

  get ended(): boolean {
    return this.#reason !== undefined;
  }

  get opened(): boolean {
    return this.#receiver !== undefined;
  }

  get bufferedBytes(): number {
    return this.#reason ? 0 : this.#onItsWay;
  }

  open(receiver: LinkReceiver): void {
    this.#receiver = receiver;
    if (this.#reason) receiver.closed(this.#reason);
    else this.#connection.opened(this);
  }

  send(frame: Frame): boolean {
    if (this.#reason) return true;
    this.#onItsWay += frame.length;
    this.#blocked = this.#onItsWay > this.#highWater;
    this.#connection.send(this, frame);
    return !this.#blocked;
  }

  close(reason: CloseReason): void {
    if (this.#reason) return;
    this.end(reason);
    this.#connection.closed(this, { ...lost, retryable: reason.retryable });
  }

  /** Ends this side alone. */
  end(reason: CloseReason): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#connection.ended(this, reason);
    if (this.process.alive) this.#receiver?.closed(reason);
  }

  arrived(frame: Frame): void {
    this.#receiver!.frame(frame);
  }

  left(bytes: number): void {
    this.#onItsWay -= bytes;
    if (!this.#blocked || this.#onItsWay > 0 || this.#reason) return;
    this.#blocked = false;
    this.process.run(() => {
      if (!this.#reason) this.#receiver?.drain();
    });
  }
}

/** A connection between two processes, and what may befall it. */
export class Connection {
  readonly client: End;
  readonly server: End;
  readonly openedAt: number;
  readonly #surroundings: Surroundings;
  readonly #up: Pipe;
  readonly #down: Pipe;
  /** When what the client has taken last was sent. */
  heardFrom = 0;

  constructor(
    surroundings: Surroundings,
    client: SimulatedProcess,
    server: SimulatedProcess,
    facts: { readonly client: LinkFacts; readonly server: LinkFacts },
    onClientEnd: (reason: CloseReason) => void,
  ) {
    this.#surroundings = surroundings;
    this.openedAt = surroundings.now();
    this.#onClientEnd = onClientEnd;
    this.client = new End(this, client, facts.client, surroundings.highWater);
    this.server = new End(this, server, facts.server, surroundings.highWater);
    this.#up = this.#pipe(this.client, this.server, () => surroundings.serverTakes(this));
    this.#down = this.#pipe(this.server, this.client, (sentAt) => {
      this.heardFrom = sentAt;
    });
    for (const end of [this.client, this.server]) end.process.onEnd(() => this.#processEnded(end));
  }

  readonly #onClientEnd: (reason: CloseReason) => void;
  /** What a process that ends leaves behind: whether the other side is told, and whether what was sent still comes. */
  lastWords: () => { readonly told: boolean; readonly sent: boolean } = () => ({ told: true, sent: true });

  get over(): boolean {
    return this.client.ended && this.server.ended;
  }

  send(from: End, frame: Frame): void {
    if (from === this.server) this.#surroundings.serverSends(this, frame);
    this.#wayFrom(from).send(frame, frame.length);
  }

  opened(end: End): void {
    this.#wayTo(end).deliver();
  }

  closed(by: End, reason: CloseReason): void {
    this.#wayFrom(by).end(reason);
  }

  ended(end: End, reason: CloseReason): void {
    this.#wayTo(end).sever();
    if (end === this.client) this.#onClientEnd(reason);
    if (this.over) this.#surroundings.over(this);
  }

  /** Both ends hear of it, each after so long; what is on its way to the server still comes before that, or is lost. */
  cut(toClient: number, toServer: number, late: boolean): void {
    this.#down.sever();
    if (!late) this.#up.sever();
    else this.#up.end(lost, toServer);
    this.#lose(this.client, toClient);
    if (!late) this.#lose(this.server, toServer);
  }

  /** Nothing comes out any more on these ways, and no end is told; who waits there notices in time, or its bus does. */
  silence(up: boolean, down: boolean): void {
    if (up) this.#silence(this.#up, this.server);
    if (down) this.#silence(this.#down, this.client);
  }

  /** Holds what is sent on these ways. @returns what lets it go. */
  hold(up: boolean, down: boolean): () => void {
    const pipes = [...(up ? [this.#up] : []), ...(down ? [this.#down] : [])];
    for (const pipe of pipes) pipe.hold();
    return () => {
      for (const pipe of pipes) pipe.release();
    };
  }

  #silence(pipe: Pipe, receiver: End): void {
    pipe.sever();
    const noticed = this.#surroundings.notice();
    if (noticed !== undefined) this.#lose(receiver, noticed);
  }

  #lose(end: End, after: number): void {
    this.#surroundings.after(after, () => end.process.run(() => end.close(lost)));
  }

  #processEnded(end: End): void {
    if (end.ended) return;
    const other = end === this.client ? this.server : this.client;
    const { told, sent } = this.lastWords();
    const way = this.#wayFrom(end);
    end.end(lost);
    if (told && sent) way.end(lost);
    else if (told) {
      way.sever();
      this.#lose(other, this.#surroundings.delay());
    } else this.#silence(way, other);
  }

  #wayFrom(end: End): Pipe {
    return end === this.client ? this.#up : this.#down;
  }

  #wayTo(end: End): Pipe {
    return end === this.client ? this.#down : this.#up;
  }

  #pipe(from: End, to: End, taken: (sentAt: number) => void): Pipe {
    const { now, delay, after } = this.#surroundings;
    const pipe: Pipe = new Pipe({
      now,
      delay,
      at: (due) => after(Math.max(0, due - now()), () => to.process.run(() => to.opened && pipe.deliver())),
      arrived: (frame, sentAt) => {
        taken(sentAt);
        to.arrived(frame);
      },
      ended: (reason) => to.end(reason),
      left: (bytes) => from.left(bytes),
    });
    return pipe;
  }
}
