import { ClosedError, type Gap, InvalidError, type Offset, OverflowError } from "@eventwire/core";
import {
  type FollowingFrom,
  offsetOf,
  type Place,
  type Sink,
  type StoredMessage,
} from "@eventwire/core/attach";
import type { Channel } from "./channel.js";
import type { StoredEvents } from "./stored-events.js";

/** How many events are read at once for one peer. */
const atOnce = 64;

export interface FollowedHost {
  readonly channel: Channel;
  readonly stored: StoredEvents;
  /** The log has another history: it is to be followed anew from a place in that. */
  anew(since: Offset): void;
  /** It cannot go on. */
  failed(error: unknown): void;
}

/** What one peer follows of the log: brings it its events at the pace at which it, and its link, take them. */
export class Followed implements Sink {
  readonly #host: FollowedHost;
  readonly #ref: number;
  #credit: number;
  #following: FollowingFrom | undefined;
  /** The peer knows that it has all up to here. */
  #told = 0;
  #ended = false;

  constructor(host: FollowedHost, ref: number, credit: number) {
    this.#host = host;
    this.#ref = ref;
    this.#credit = credit;
  }

  /** Begins, unless it has ended. */
  begin(following: FollowingFrom): void {
    if (this.#ended) {
      following.stop();
      return;
    }
    this.#following = following;
    const { epoch, number } = following.start;
    this.#told = number;
    this.#host.channel.send(["following", this.#ref, offsetOf(epoch, number)]);
    following.resume();
  }

  get room(): number {
    return this.#host.channel.roomy ? Math.min(this.#credit, atOnce) : 0;
  }

  /** The peer wants so many more. */
  took(count: number): void {
    this.#credit += count;
    this.resume();
  }

  /** There may be room again. */
  resume(): void {
    if (this.room > 0) this.#following?.resume();
  }

  put(message: StoredMessage): void {
    if (this.#ended) return;
    const { channel, stored } = this.#host;
    try {
      channel.sendStored(stored.outgoing(this.#ref, message));
      this.#credit -= 1;
      this.#told = message.number;
    } catch (error) {
      // What cannot be read, or is too large for this peer: it is told, and gets what comes after it.
      if (error instanceof InvalidError) this.#missing("invalid", message.offset);
      else if (error instanceof OverflowError) this.#missing("overflow", message.offset);
      else this.#host.failed(error);
    }
  }

  gap(reason: Gap["reason"], from: Place, to: Place = from): void {
    if (reason === "epoch" || reason === "truncated") this.#told = to.number;
    const since = offsetOf(to.epoch, to.number);
    this.#missing(reason, since);
    if (reason !== "epoch" || this.#ended || !this.#following) return;
    this.#following.stop();
    this.#following = undefined;
    this.#host.anew(since);
  }

  failed(error: unknown): void {
    if (!(error instanceof ClosedError)) this.#host.failed(error);
  }

  /** Tells the peer how far it has come where nothing else did. */
  mark(): void {
    const place = this.#following?.place ?? 0;
    if (place <= this.#told || !this.#host.channel.roomy) return;
    this.#told = place;
    this.#host.channel.send(["reached", this.#ref, place]);
  }

  end(): void {
    this.#ended = true;
    this.#following?.stop();
  }

  #missing(reason: Gap["reason"], to: string): void {
    if (!this.#ended) this.#host.channel.send(["missing", this.#ref, reason, to]);
  }
}
