import { ClosedError, type Key, MisuseError, OverflowError } from "@eventwire/core";
import { type BusCore, matches, type Topic } from "@eventwire/core/attach";
import { AnswerPace } from "./answer-pace.js";
import type { Channel } from "./channel.js";
import type { Gate } from "./gate.js";
import type { Shared } from "./listening.js";
import { type LogStartHost, logStart, positionOf } from "./log-start.js";
import { Membership } from "./membership.js";
import type { ConnectedPeer } from "./peer.js";
import { durableDefinitionOf, invalid, unsupported } from "./refusal.js";

export interface MembershipsHost extends LogStartHost {
  readonly gates: { readonly history: Gate; readonly group: Gate };
}

/** The groups that one peer is a member of. */
export class Memberships {
  readonly #host: MembershipsHost;
  readonly #peer: ConnectedPeer<unknown>;
  readonly #channel: Channel;
  readonly #fail: (ref: number, error: unknown) => void;
  readonly #byRef = new Map<number, Membership>();
  /** How many have not given everything back, also of those that the peer has left. */
  #count = 0;
  readonly #pace: AnswerPace;
  /** Whether the peer is given nothing more, and joins nothing. */
  #relieved = false;

  /** @param fail tells the peer that it is none. */
  constructor(
    host: MembershipsHost,
    peer: ConnectedPeer<unknown>,
    channel: Channel,
    fail: (ref: number, error: unknown) => void,
  ) {
    this.#host = host;
    this.#peer = peer;
    this.#channel = channel;
    this.#fail = fail;
    this.#pace = new AnswerPace(host.core.runtime);
  }

  join(ref: number, names: readonly string[], shared: Shared): void {
    // It asks again over its next link, which comes soon.
    if (this.#relieved) return;
    const { core, limits } = this.#host;
    const failed = (error: unknown) => {
      // The peer may have left meanwhile. One whose server closes is told goodbye, and asks again where it goes next.
      if (!core.closed && this.#byRef.get(ref) === membership) this.#fail(ref, error);
    };
    const membership = new Membership(
      { core, channel: this.#channel, pace: this.#pace, failed },
      ref,
      names,
      shared,
    );
    // A number that is used again stands for nothing that was given by it before.
    this.#byRef.get(ref)?.end();
    this.#byRef.set(ref, membership);
    if (this.#count >= limits.memberships) {
      const words = `A peer may be a member of ${limits.memberships} groups at once.`;
      failed(new OverflowError(words, { name: shared.pattern }));
      return;
    }
    this.#count += 1;
    this.#begin(membership, names, shared)
      .catch(failed)
      .finally(() => {
        this.#count -= 1;
        if (membership.left && this.#byRef.get(ref) === membership) this.#byRef.delete(ref);
      });
  }

  /** @param told whether the peer will say what became of what it was given. */
  leave(ref: number, told: boolean): void {
    const membership = this.#byRef.get(ref);
    if (told) {
      membership?.leave();
      return;
    }
    membership?.end();
    this.#byRef.delete(ref);
  }

  done(ref: number, delivery: number): void {
    this.#byRef.get(ref)?.done(delivery);
  }

  undone(ref: number, delivery: number, reason: string | undefined): void {
    this.#byRef.get(ref)?.undone(delivery, reason);
  }

  /** Whether the peer has not answered all that it was given. */
  get busy(): boolean {
    return [...this.#byRef.values()].some(({ busy }) => busy);
  }

  /**
   * Asks the rules again about groups that the peer has left, and that it has not answered all of; what it is still in is asked about where it
   * joined.
   *
   * @returns how many of them were ended.
   */
  async askAgain(): Promise<number> {
    const left = [...this.#byRef].filter(([, membership]) => membership.left);
    const ended = left.map(async ([ref, membership]) => {
      if (await this.#mayAnswer(membership)) return false;
      if (this.#byRef.get(ref) === membership) this.leave(ref, false);
      return true;
    });
    return (await Promise.all(ended)).filter(Boolean).length;
  }

  async #mayAnswer({ names, group }: Membership): Promise<boolean> {
    for (const name of names) {
      const { outcome } = await this.#host.gates.group.decide({ peer: this.#peer, name, group });
      if (outcome !== "allows") return false;
    }
    return true;
  }

  /** Gives the peer nothing more, whatever it is a member of. */
  relieve(): void {
    this.#relieved = true;
    for (const membership of this.#byRef.values()) membership.leave();
  }

  /** There is room on the link again. */
  resume(): void {
    for (const membership of this.#byRef.values()) membership.resume();
  }

  /** The peer has left, or may do nothing more. */
  end(): void {
    for (const membership of this.#byRef.values()) membership.end();
    this.#byRef.clear();
  }

  /** Resolves when the member has given everything back. */
  async #begin(membership: Membership, names: readonly string[], shared: Shared): Promise<void> {
    const { group, pattern, since, concurrency, attempts, backoff } = shared;
    const { core } = this.#host;
    const { keeper } = core;
    if (!keeper.use) throw unsupported(pattern, "is not kept here");
    const topics = topicsOf(core, pattern, names);
    const position = positionOf(pattern, since);
    const key: Key | undefined = undefined;
    const options = { group, concurrency, attempts, backoff, onGap: membership.gap };
    const start = () => logStart(this.#host, this.#peer, { names, key, position });
    const member = await keeper.use(async (backing) => {
      if (core.closed) throw new ClosedError(`The group "${group}" was not joined`);
      try {
        return backing.join(pattern, topics, options, start, membership.give);
      } catch (error) {
        // What makes no sense came from the peer.
        throw error instanceof MisuseError ? invalid(pattern, error.message) : error;
      }
    });
    membership.begin(member);
    await member.ended;
  }
}

/** @throws {UnsupportedError} when the pattern stands for other names here: who does not know one would pass over its events. */
function topicsOf(core: BusCore, pattern: string, names: readonly string[]): readonly Topic[] {
  const topics = [...core.topics.values()].filter(({ name }) => matches(pattern, name));
  for (const { name } of topics) durableDefinitionOf(core.contract, name);
  const known = new Set(topics.map(({ name }) => name));
  const other = [
    ...names.filter((name) => !known.has(name)),
    ...[...known].filter((name) => !names.includes(name)),
  ];
  if (other.length === 0) return topics;
  throw unsupported(
    pattern,
    `is not the same here and at the client, by "${other[0]}": a member of a group does all that it stands for`,
  );
}
