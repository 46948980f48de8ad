import { type Key, type Offset, OverflowError } from "@eventwire/core";
import type { Channel } from "./channel.js";
import { Followed } from "./followed.js";
import type { Wanted } from "./listening.js";
import { type LogStartHost, logStart, positionOf } from "./log-start.js";
import type { ConnectedPeer } from "./peer.js";
import { unsupported } from "./refusal.js";
import type { StoredEvents } from "./stored-events.js";

export interface FollowingsHost extends LogStartHost {
  readonly stored: StoredEvents;
}

/** How often a peer for which nothing came is told how far the log has been looked through, in milliseconds. */
const markEvery = 5_000;

/** What one peer follows of the log. */
export class Followings {
  readonly #host: FollowingsHost;
  readonly #peer: ConnectedPeer<unknown>;
  readonly #channel: Channel;
  readonly #fail: (ref: number, error: unknown) => void;
  readonly #followed = new Map<number, Followed>();
  /** How many are on their way to their beginning, also of those that were ended meanwhile. */
  #beginning = 0;
  #cancelMark: (() => void) | undefined;

  /** @param fail tells the peer that it does not go on. */
  constructor(
    host: FollowingsHost,
    peer: ConnectedPeer<unknown>,
    channel: Channel,
    fail: (ref: number, error: unknown) => void,
  ) {
    this.#host = host;
    this.#peer = peer;
    this.#channel = channel;
    this.#fail = fail;
  }

  follow(ref: number, names: readonly string[], key: Key | undefined, { since, credit }: Wanted): void {
    const { limits, stored } = this.#host;
    const failed = (error: unknown) => {
      // It may have ended meanwhile, and its number be another's.
      if (this.#followed.get(ref) === followed) this.#fail(ref, error);
    };
    // What the peer may read of another history is for the rules to say again.
    const anew = (from: Offset) => void this.#begin(followed, names, key, from).catch(failed);
    const followed = new Followed({ channel: this.#channel, stored, anew, failed }, ref, credit);
    this.#followed.set(ref, followed);
    // To follow and to end it in turns would otherwise ask rules and the log without end.
    if (this.#beginning >= limits.listeners) {
      failed(new OverflowError("Too much of what is followed has not begun yet."));
      return;
    }
    this.#beginning += 1;
    this.#begin(followed, names, key, since)
      .catch(failed)
      .finally(() => {
        this.#beginning -= 1;
      });
    this.#cancelMark ??= this.#host.core.runtime.timer(() => this.#mark(), markEvery);
  }

  unfollow(ref: number): void {
    this.#followed.get(ref)?.end();
    this.#followed.delete(ref);
  }

  /** The peer wants so many more. */
  took(ref: number, count: number): void {
    this.#followed.get(ref)?.took(count);
  }

  /** There is room on the link again. */
  resume(): void {
    for (const followed of this.#followed.values()) followed.resume();
  }

  /** The peer has left. */
  end(): void {
    for (const ref of [...this.#followed.keys()]) this.unfollow(ref);
    this.#cancelMark?.();
    this.#cancelMark = undefined;
  }

  async #begin(
    followed: Followed,
    names: readonly string[],
    key: Key | undefined,
    since: string | number,
  ): Promise<void> {
    const { keeper } = this.#host.core;
    const name = names[0]!;
    if (!keeper.use) throw unsupported(name, "is not kept here");
    const position = positionOf(name, since);
    const start = await logStart(this.#host, this.#peer, { names, key, position });
    followed.begin(await keeper.use((backing) => backing.follow({ names, key }, start, followed)));
  }

  #mark(): void {
    this.#cancelMark = undefined;
    if (this.#followed.size === 0) return;
    for (const followed of this.#followed.values()) followed.mark();
    this.#cancelMark = this.#host.core.runtime.timer(() => this.#mark(), markEvery);
  }
}
