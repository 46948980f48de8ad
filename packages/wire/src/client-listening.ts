import type { EventwireError, Gap, Key } from "@eventwire/core";
import type { Begun, BusCore } from "@eventwire/core/attach";
import type { Channel } from "./channel.js";
import { checkListenedKey } from "./checked-key.js";
import type { ContractDifferences } from "./contract-differences.js";
import { checkSchema } from "./refusal.js";
import type { TraitsEntry } from "./traits.js";
import { type WishChanges, Wishes } from "./wishes.js";

/** What else listens to names, in its own way. */
export interface ListensToo {
  /** It is to listen to this no longer. @returns whether it did. */
  refuseName(name: string, error: EventwireError): boolean;
}

/** What a client's bus listens to on its server, link after link, and what it is told where that was interrupted or ends. */
export class ClientListening {
  readonly #core: BusCore;
  readonly #differences: ContractDifferences;
  readonly #wishes: Wishes;

  constructor(core: BusCore, differences: ContractDifferences, changes: WishChanges) {
    this.#core = core;
    this.#differences = differences;
    this.#wishes = new Wishes(core, changes);
  }

  listen(name: string, key: Key | undefined): Begun {
    try {
      this.#check(name, key);
    } catch (error) {
      return { ready: Promise.reject(error), stop: () => undefined };
    }
    return this.#wishes.add(name, key);
  }

  /** Asks for all of it over a new link. */
  connect(channel: Channel): void {
    // What is over the new link's size must not keep back what comes after it.
    for (const message of this.#wishes.all()) this.#core.attempt(() => channel.send(message));
  }

  /** Asks again for what was refused before: with other credentials it may be allowed. */
  askAgain(channel: Channel): void {
    for (const listen of this.#wishes.refused((name) => !this.#differences.listening(name)))
      channel.send(listen);
  }

  /** Events of this number are sent from here on. Where they were before, those between are missing. */
  granted(ref: number): void {
    const { gaps, topics } = this.#core;
    const again = this.#wishes.grant(ref);
    if (!again || topics.get(again.name)!.definition.delivery !== "live") return;
    const gap: Gap = { ...again, reason: "disconnected", missed: undefined };
    if (!gaps.tellExactly(gap)) gaps.report(gap);
  }

  refused(ref: number, error: (name: string) => EventwireError): void {
    const lost = this.#wishes.refuse(ref, error);
    if (!lost) return;
    // It was granted before, so nobody awaits it any more.
    const told = this.#core.gaps.tellExactly({ ...lost, reason: "denied", missed: undefined });
    const reason = error(lost.name);
    if (!told || reason.code !== "Denied") this.#core.report(reason);
  }

  /** The server's contract is another one: what both would misunderstand is not listened to. */
  learn(
    channel: Channel,
    entries: readonly TraitsEntry[],
    others: readonly (ListensToo | undefined)[],
  ): void {
    this.#differences.learn(entries, (name, error) => {
      const refs = this.#wishes.of(name);
      for (const ref of refs) {
        channel.send(["unlisten", ref]);
        this.refused(ref, () => error);
      }
      const refused = others.filter((other) => other?.refuseName(name, error));
      return refused.length > 0 || refs.length > 0;
    });
  }

  /** The link is gone. */
  lost(): void {
    this.#wishes.lost();
  }

  /** The connection is closed for good. */
  end(error: EventwireError): void {
    this.#wishes.refuseAll(error);
  }

  /** @throws {EventwireError} when it cannot be listened to. */
  #check(name: string, key: Key | undefined): void {
    checkSchema(name, this.#core.topics.get(name)!.definition.schema);
    checkListenedKey(name, key);
    const difference = this.#differences.listening(name);
    if (difference) throw difference;
  }
}
