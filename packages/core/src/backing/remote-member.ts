import { backoff, type EventwireError } from "@eventwire/queue";
import type { Begun } from "../begun.js";
import type { GroupWorker, Membership } from "../bus-core.js";
import type { Gap } from "../gap.js";
import type { Listener } from "../listeners.js";
import { isThenable } from "../thenable.js";
import type { Source } from "./feed.js";
import type { GroupWish } from "./group-options.js";
import { Interrupted } from "./interrupted.js";
import { Lanes } from "./lanes.js";
import type { StoredMessage } from "./stored-message.js";

type MemberSource = Pick<Source, "core" | "progress">;

/** An event that the server gave, until it is known what became of it. */
class Given {
  readonly name: string;
  readonly key: StoredMessage["key"];
  readonly message: StoredMessage;
  readonly outcome: Promise<void>;
  begun = false;
  /** Whether it is not to be begun any more. */
  recalled = false;
  resolve!: () => void;
  reject!: (error: unknown) => void;

  constructor(message: StoredMessage) {
    this.name = message.name;
    this.key = message.key;
    this.message = message;
    this.outcome = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

/** A listener of a group whose log, and whose shards, are across a link: the server gives it one event after the other. */
export class RemoteMember implements Begun, GroupWorker {
  readonly ready: Promise<void>;
  readonly #source: MemberSource;
  readonly #wish: GroupWish;
  readonly #lanes: Lanes<Given>;
  /** What is under way, by its offset and id: a log that has lost its end gives an offset again. */
  readonly #underWay = new Map<string, Given>();
  #call: Listener;
  #membership: Membership | undefined;
  #stopped = false;

  /** @param join becomes a member. */
  constructor(
    source: MemberSource,
    wish: GroupWish,
    join: (worker: GroupWorker) => Promise<Membership>,
    call: Listener,
  ) {
    this.#source = source;
    this.#wish = wish;
    this.#call = call;
    // The server waits by it; what it is told has to make sense.
    backoff(wish.backoff, () => 0);
    this.#lanes = new Lanes({
      concurrency: wish.concurrency,
      work: (given) => this.#work(given),
      after: () => undefined,
      onOver: () => source.progress.made(),
    });
    this.ready = join(this).then((membership) => {
      this.#membership = membership;
      if (this.#stopped) membership.leave();
    });
    this.ready.catch(() => this.stop());
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** Whether nothing is under way. */
  get idle(): boolean {
    return this.#lanes.held === 0;
  }

  give(message: StoredMessage): Promise<void> {
    const place = `${message.offset} ${message.id}`;
    // Given again while it is under way, over another link: one call of the listener is enough.
    const known = this.#underWay.get(place);
    if (known) return known.outcome;
    const given = new Given(message);
    this.#underWay.set(place, given);
    const over = () => {
      if (this.#underWay.get(place) === given) this.#underWay.delete(place);
    };
    given.outcome.then(over, over);
    this.#lanes.put(given);
    return given.outcome;
  }

  recall(): void {
    for (const [place, given] of this.#underWay) {
      if (given.begun) continue;
      given.recalled = true;
      this.#underWay.delete(place);
      given.reject(new Interrupted(false));
    }
  }

  gap(reason: Gap["reason"], error?: EventwireError): void {
    this.#wish.gap(reason, undefined, undefined, error);
  }

  /** Begins nothing more, and gives back what it was given and has not begun. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#membership?.leave();
    this.recall();
    this.#source.progress.made();
  }

  #work(given: Given): undefined | Promise<undefined> {
    const { message, resolve, reject } = given;
    if (this.#stopped || given.recalled) {
      reject(new Interrupted(false));
      return undefined;
    }
    given.begun = true;
    const { core } = this.#source;
    const { ambient } = core.dispatcher;
    const call = this.#call;
    const failed = (error: unknown): undefined => {
      core.failed(message, error);
      reject(error);
    };
    try {
      let result: unknown;
      ambient.within(message, () => {
        result = call(message.data, message);
      });
      if (isThenable(result)) {
        this.#call = ambient.carrying(call);
        return Promise.resolve(result).then(() => void resolve(), failed);
      }
    } catch (error) {
      return failed(error);
    }
    resolve();
    return undefined;
  }
}
