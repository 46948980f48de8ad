import { type Gap, OverflowError } from "@eventwire/core";
import {
  type BusCore,
  type EventMessage,
  Interrupted,
  type JoinedMember,
  validate,
} from "@eventwire/core/attach";
import type { AnswerPace } from "./answer-pace.js";
import type { Channel } from "./channel.js";
import { durableDefinitionOf } from "./refusal.js";

export interface MembershipHost {
  readonly core: BusCore;
  readonly channel: Channel;
  readonly pace: AnswerPace;
  /** It cannot go on. */
  failed(error: unknown): void;
}

/** What it joined, and as what. */
export interface JoinedAs {
  readonly group: string;
  readonly pattern: string;
}

/** An event that the peer is to do, until it says what became of it. */
interface Given {
  readonly message: EventMessage;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** So many events in a row it may give back that it has not begun. */
const mostUnbegun = 1_000;

/** A peer as a member of a group: is given what the member that stands for it here is to do, and says what became of that. */
export class Membership {
  readonly names: readonly string[];
  readonly group: string;
  readonly #pattern: string;
  readonly #host: MembershipHost;
  readonly #ref: number;
  #member: JoinedMember | undefined;
  #last = 0;
  /** What the peer was sent, by the number that it answers. */
  readonly #given = new Map<number, Given>();
  /** What the peer's link has no room for yet. */
  #waiting: Given[] = [];
  /** How many in a row it has not begun, and what is yet to be told of those that it has answered. */
  #unbegun = 0;
  readonly #returning = new Set<() => void>();
  /** Whether it is given nothing more. */
  left = false;

  constructor(host: MembershipHost, ref: number, names: readonly string[], { group, pattern }: JoinedAs) {
    this.#host = host;
    this.#ref = ref;
    this.names = names;
    this.group = group;
    this.#pattern = pattern;
  }

  /** Whether the peer has not answered all that it was given. */
  get busy(): boolean {
    return this.#given.size > 0;
  }

  /** Begins with the member that stands for the peer, unless the peer has left. */
  begin(member: JoinedMember): void {
    this.#member = member;
    if (this.left) member.stop();
    member.ready.then(
      () => {
        if (!this.left) this.#host.channel.send(["joined", this.#ref]);
      },
      (error: unknown) => this.#host.failed(error),
    );
    void member.ended.then(() => {
      // The member itself has said why; the end of the bus is told by a goodbye.
      if (!this.left && !this.#host.core.closed) this.#host.failed(new Error("The member has ended."));
    });
  }

  /** What the member calls. Resolves when the peer has done it. */
  readonly give = (_: unknown, message: EventMessage): Promise<void> =>
    new Promise((done, failed) => {
      if (this.left) {
        failed(new Interrupted(false));
        return;
      }
      this.#waiting.push({ message, done, failed });
      this.resume();
    });

  readonly gap = ({ reason }: Gap): void => {
    if (!this.left) this.#host.channel.send(["missing", this.#ref, reason]);
  };

  /** There may be room on the link. */
  resume(): void {
    while (this.#waiting.length > 0 && this.#host.channel.roomy) this.#send(this.#waiting.shift()!);
  }

  done(delivery: number): void {
    const given = this.#take(delivery);
    if (!given) return;
    this.#unbegun = 0;
    given.done();
  }

  /** @param reason nothing where the peer had not begun it. */
  undone(delivery: number, reason: string | undefined): void {
    const given = this.#take(delivery);
    if (!given) return;
    const outcome = reason === undefined ? new Interrupted(false) : new Error(reason);
    const wait = this.left ? 0 : this.#host.pace.spend();
    if (wait <= 0) given.failed(outcome);
    else this.#failLater(given, outcome, wait);
    if (this.left) return;
    this.#unbegun = reason === undefined ? this.#unbegun + 1 : 0;
    if (this.#unbegun >= mostUnbegun) this.#remove();
  }

  /** Gives the peer nothing more. What it was given it will answer. */
  leave(): void {
    this.left = true;
    this.#member?.stop();
    for (const { failed } of this.#waiting.splice(0)) failed(new Interrupted(false));
    for (const now of [...this.#returning]) now();
  }

  /** The peer will answer nothing more. */
  end(): void {
    this.leave();
    for (const { failed } of this.#given.values()) failed(new Interrupted(true));
    this.#given.clear();
  }

  #failLater(given: Given, outcome: Error, wait: number): void {
    const now = () => {
      cancel();
      this.#returning.delete(now);
      given.failed(outcome);
    };
    const cancel = this.#host.core.runtime.timer(now, wait);
    this.#returning.add(now);
  }

  /** It keeps from others what it does not do. */
  #remove(): void {
    const words = `${mostUnbegun} events of "${this.#pattern}" in a row were given back unbegun: they are for others.`;
    this.#host.failed(new OverflowError(words, { name: this.#pattern }));
    this.leave();
  }

  #take(delivery: number): Given | undefined {
    const given = this.#given.get(delivery);
    this.#given.delete(delivery);
    return given;
  }

  #send(given: Given): void {
    const { core, channel } = this.#host;
    const { name, id, time, offset, attempt, data } = given.message;
    const delivery = ++this.#last;
    // Before it is sent: that may end the link, and with it what was given.
    this.#given.set(delivery, given);
    try {
      // What a schema does not know stays here: the log may hold more than its type says.
      const value = validate(durableDefinitionOf(core.contract, name).schema, name, data);
      channel.sendData(["given", this.#ref, delivery, name, value, id, time, offset!, attempt], name);
    } catch (error) {
      // What is more than this peer takes is an attempt that failed.
      this.#take(delivery)?.failed(error);
    }
  }
}
