import type { EventwireError } from "@eventwire/core";
import type { Channel } from "./channel.js";
import { Followings, type FollowingsHost } from "./followings.js";
import { Listening, type ListeningHost, type ListeningReplies } from "./listening.js";
import { Memberships, type MembershipsHost } from "./memberships.js";
import type { Done, Follow, Join, Listen, Took, Undone, Unlisten } from "./messages.js";
import type { ConnectedPeer } from "./peer.js";
import type { Replies } from "./replies.js";

export interface SubscriptionsHost<Peer> extends ListeningHost<Peer>, FollowingsHost, MembershipsHost {
  readonly gates: ListeningHost<Peer>["gates"] & MembershipsHost["gates"];
}

/** Which events one peer is sent, as long as rules let it: those that it listens to, that it follows in the log, and that it does as one of groups. */
export class Subscriptions<Peer extends ConnectedPeer<unknown>> implements ListeningReplies {
  readonly #host: SubscriptionsHost<Peer>;
  readonly #peer: Peer;
  readonly #channel: Channel;
  readonly #replies: Replies;
  readonly #listening: Listening<Peer>;
  /** From when it first follows the log on. */
  #followings: Followings | undefined;
  /** From when it first is one of a group on. */
  #memberships: Memberships | undefined;

  constructor(host: SubscriptionsHost<Peer>, peer: Peer, channel: Channel, replies: Replies) {
    this.#host = host;
    this.#peer = peer;
    this.#channel = channel;
    this.#replies = replies;
    this.#listening = new Listening(host, peer, this);
  }

  /** Whether it has not answered what it was given to do. */
  get busy(): boolean {
    return this.#memberships?.busy === true;
  }

  /** Whether it listens to something by this number, or waits to. */
  has(ref: number): boolean {
    return this.#listening.has(ref);
  }

  take(message: Listen | Follow | Join | Unlisten | Took | Done | Undone): void {
    switch (message[0]) {
      case "listen":
        this.#listening.listen(message);
        return;
      case "follow":
        this.#listening.follow(message);
        return;
      case "join":
        this.#listening.join(message);
        return;
      case "unlisten":
        this.#listening.unlisten(message[1]);
        return;
      case "took":
        this.#followings?.took(message[1], message[2]);
        return;
      case "done":
        this.#memberships?.done(message[1], message[2]);
        return;
      case "undone":
        this.#memberships?.undone(message[1], message[2], message[3]);
    }
  }

  /** Gives it nothing more to do. */
  relieve(): void {
    this.#memberships?.relieve();
  }

  /** There is room on its link again. */
  resume(): void {
    this.#followings?.resume();
    this.#memberships?.resume();
  }

  /** Asks the rules about all of it again. @returns how much was ended. */
  async askAgain(): Promise<number> {
    const ended = await this.#listening.askAgain();
    // Behind what it listens to, which may end some of them.
    return ended + ((await this.#memberships?.askAgain()) ?? 0);
  }

  /** Ends all of it. */
  cutOff(error: (name: string) => EventwireError): void {
    this.#listening.cutOff(error);
    // Those too that it has left, and has not answered all of.
    this.#memberships?.end();
  }

  /** The peer has left. */
  end(): void {
    this.#listening.end();
    this.#followings?.end();
    this.#memberships?.end();
  }

  follow(...asked: Parameters<Followings["follow"]>): void {
    this.#followings ??= new Followings(this.#host, this.#peer, this.#channel, this.#giveUp);
    this.#followings.follow(...asked);
  }

  unfollow(ref: number): void {
    this.#followings?.unfollow(ref);
  }

  join(...asked: Parameters<Memberships["join"]>): void {
    this.#memberships ??= new Memberships(this.#host, this.#peer, this.#channel, this.#giveUp);
    this.#memberships.join(...asked);
  }

  leave(ref: number, told: boolean): void {
    this.#memberships?.leave(ref, told);
  }

  granted(ref: number): void {
    this.#replies.granted(ref);
  }

  fail(ref: number, error: unknown): void {
    this.#replies.fail(ref, error);
  }

  /** What was granted cannot go on. */
  readonly #giveUp = (ref: number, error: unknown): void => {
    this.#listening.giveUp(ref);
    this.#replies.fail(ref, error);
  };
}
