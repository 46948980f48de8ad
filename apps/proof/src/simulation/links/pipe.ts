import type { CloseReason, Frame } from "@eventwire/core";

/** What comes out at the far end, when at the earliest, and when it was put in, on the clock of the world. */
interface Entry {
  readonly content: Frame | CloseReason;
  readonly bytes: number;
  readonly due: number;
  readonly sentAt: number;
}

/** By how much the clock may be short of when something is due, in milliseconds: from now until then, added to now, may be a bit less. */
const rounding = 1e-6;

/** What a pipe needs of its connection. */
export interface PipeEnds {
  now(): number;
  /** How long a frame is on its way. */
  delay(): number;
  /** Has `deliver` called at the far end then. */
  at(due: number): void;
  /** A frame comes out. */
  arrived(frame: Frame, sentAt: number): void;
  ended(reason: CloseReason): void;
  /** So many bytes are no longer on their way. */
  left(bytes: number): void;
}

/**
 * One way of a connection: in order and without a hole, as a network's transport makes it. What is lost takes all that is behind it along;
 * what is held comes later.
 */
export class Pipe {
  readonly #ends: PipeEnds;
  readonly #entries: Entry[] = [];
  #holds = 0;
  #lastDue = 0;
  #over = false;

  constructor(ends: PipeEnds) {
    this.#ends = ends;
  }

  send(frame: Frame, bytes: number): void {
    if (!this.#over) this.#put(frame, bytes, 0);
  }

  /** The last that comes out, behind all that was sent, and so much later. */
  end(reason: CloseReason, later = 0): void {
    if (this.#over) return;
    this.#put(reason, 0, later);
    this.#over = true;
  }

  /** From here on nothing comes out, not even an end, and nobody is told. */
  sever(): void {
    this.#over = true;
    this.#entries.length = 0;
  }

  /** Holds what comes, until `release` was called as often. */
  hold(): void {
    this.#holds += 1;
  }

  release(): void {
    this.#holds -= 1;
    if (this.#holds === 0 && this.#entries.length > 0) this.#ends.at(this.#ends.now());
  }

  /** Gives what is due. */
  deliver(): void {
    const { now, arrived, ended, left } = this.#ends;
    while (this.#holds === 0) {
      const [first] = this.#entries;
      if (!first || first.due > now() + rounding) return;
      this.#entries.shift();
      const { content, bytes, sentAt } = first;
      if (typeof content === "string" || content instanceof Uint8Array) {
        arrived(content, sentAt);
        left(bytes);
      } else ended(content);
    }
  }

  #put(content: Frame | CloseReason, bytes: number, later: number): void {
    const sentAt = this.#ends.now();
    const due = Math.max(this.#lastDue, sentAt + this.#ends.delay() + later);
    this.#lastDue = due;
    this.#entries.push({ content, bytes, due, sentAt });
    this.#ends.at(due);
  }
}
