import type { EventwireError } from "@eventwire/core";
import {
  describe,
  type GroupWorker,
  Interrupted,
  type JoinWish,
  type Membership,
} from "@eventwire/core/attach";
import type { ClientFollowingHost } from "./client-following.js";
import { ClientMembership, type ClientMembershipHost } from "./client-membership.js";
import { type Given, type Missing, maxFollowed, maxReason } from "./messages.js";
import { checkSchema, unsupported } from "./refusal.js";

/** The groups of its server that a client is a member of, link after link. */
export class ClientGroups implements ClientMembershipHost {
  readonly #host: ClientFollowingHost;
  readonly core: ClientMembershipHost["core"];
  readonly #members = new Set<ClientMembership>();
  /** Those that this link's server was asked for. */
  readonly #byRef = new Map<number, ClientMembership>();
  /** How many links there were: what is said of an earlier one is said to nobody. */
  #link = 0;

  constructor(host: ClientFollowingHost) {
    this.#host = host;
    this.core = host.core;
  }

  async join(wish: JoinWish, worker: GroupWorker): Promise<Membership> {
    const { core, differences } = this.#host;
    if (wish.names.length > maxFollowed) {
      throw unsupported(
        wish.pattern,
        `stands for more than the ${maxFollowed} events that a client can share`,
      );
    }
    for (const name of wish.names) {
      checkSchema(name, core.topics.get(name)!.definition.schema);
      const difference = differences.listening(name);
      if (difference) throw difference;
    }
    const membership = new ClientMembership(this, wish, worker);
    this.#members.add(membership);
    this.ask(membership);
    await membership.begun;
    return membership;
  }

  /** There is a new link. */
  connect(): void {
    this.lost();
    for (const membership of [...this.#members]) this.ask(membership);
  }

  /** The link is gone: its server has given what this client had to others. */
  lost(): void {
    this.#link += 1;
    for (const membership of this.#byRef.values()) membership.lost();
    this.#byRef.clear();
  }

  /** Asks again for what was refused: with other credentials it may be allowed. */
  askAgain(): void {
    const differs = (name: string) => this.#host.differences.listening(name) !== undefined;
    for (const membership of this.#members)
      if (membership.refused && !membership.wish.names.some(differs)) this.ask(membership);
  }

  joined(ref: number): void {
    this.#byRef.get(ref)?.begin();
  }

  /** @returns whether it is done here. */
  given(message: Given): boolean {
    const [, ref, delivery] = message;
    const membership = this.#byRef.get(ref);
    if (!membership) {
      this.#host.send(["undone", ref, delivery]);
      return false;
    }
    const link = this.#link;
    membership.work(message).then(
      () => {
        membership.done(message, this.#byRef.has(ref));
        if (link === this.#link) this.#host.send(["done", ref, delivery]);
      },
      (error: unknown) => {
        if (link !== this.#link) return;
        if (error instanceof Interrupted) this.#host.send(["undone", ref, delivery]);
        else this.#host.send(["undone", ref, delivery, describe(error).slice(0, maxReason)]);
      },
    );
    return true;
  }

  missing(ref: number, reason: Missing[2]): void {
    this.#byRef.get(ref)?.worker.gap(reason);
  }

  /** An event that came in parts was not taken: it is too large, or something else is wrong with them. */
  untaken(ref: number, delivery: number, error: EventwireError): void {
    this.#host.core.report(error);
    this.#host.send(["undone", ref, delivery, error.message.slice(0, maxReason)]);
  }

  /** @returns whether it was asked here. */
  refused(ref: number, error: (name: string) => EventwireError): boolean {
    const membership = this.#byRef.get(ref);
    if (!membership) return false;
    this.#byRef.delete(ref);
    membership.lost();
    if (!membership.refuse(error(membership.wish.pattern))) this.#members.delete(membership);
    return true;
  }

  /** What both sides would misunderstand is not done. @returns whether it was. */
  refuseName(name: string, error: EventwireError): boolean {
    const those = [...this.#byRef].filter(([, { wish }]) => wish.names.includes(name));
    for (const [ref] of those) {
      this.#host.send(["unlisten", ref]);
      this.refused(ref, () => error);
    }
    return those.length > 0;
  }

  /** The connection is closed for good. */
  end(error: EventwireError): void {
    this.lost();
    for (const membership of this.#members) membership.end(error);
    this.#members.clear();
  }

  /** By a new number each time, so that nothing that was said of an earlier one is taken for it. */
  ask(membership: ClientMembership): void {
    if (membership.worker.stopped) {
      membership.leave();
      return;
    }
    const ref = this.#host.nextRef();
    this.#byRef.set(ref, membership);
    this.#host.send(membership.asking(ref));
  }

  leave(membership: ClientMembership): void {
    this.#members.delete(membership);
    for (const [ref, each] of this.#byRef) {
      if (each !== membership) continue;
      this.#byRef.delete(ref);
      this.#host.send(["unlisten", ref]);
    }
  }
}
