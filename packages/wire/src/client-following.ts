import { type EventwireError, InvalidError, type Offset } from "@eventwire/core";
import {
  type BusCore,
  type Following,
  type FollowWish,
  offsetOf,
  type Place,
  placeOf,
  type Sink,
  StoredMessage,
  validate,
} from "@eventwire/core/attach";
import { AskingAgain } from "./asking-again.js";
import { checkListenedKey } from "./checked-key.js";
import type { ContractDifferences } from "./contract-differences.js";
import { type Follow, type FromClient, type Missing, reservedRefs, type Stored } from "./messages.js";
import { checkSchema } from "./refusal.js";

export interface ClientFollowingHost {
  readonly core: BusCore;
  readonly differences: ContractDifferences;
  /** A number that no other message is answered by. */
  readonly nextRef: () => number;
  /** Sends it where there is a link. */
  readonly send: (message: FromClient) => void;
}

/** A place that is asked for. */
interface Asked {
  readonly resolve: (offset: Offset) => void;
  readonly reject: (error: EventwireError) => void;
}

/** What a client follows of its server's log, link after link: each where it has come to. */
export class ClientFollowing {
  readonly #host: ClientFollowingHost;
  readonly #followed = new Map<number, RemoteFollowing>();
  /** Numbers of what ended over this link: the server may still answer them. */
  readonly #spent = new Set<number>();
  readonly #positions = new Map<number, Asked>();
  #end: EventwireError | undefined;

  constructor(host: ClientFollowingHost) {
    this.#host = host;
  }

  async follow(wish: FollowWish, sink: Sink): Promise<Following> {
    // It may have been loaded just when the connection was closed.
    if (this.#end) throw this.#end;
    const { core, differences } = this.#host;
    for (const name of wish.names) {
      checkSchema(name, core.topics.get(name)!.definition.schema);
      checkListenedKey(name, wish.key);
      const difference = differences.listening(name);
      if (difference) throw difference;
    }
    const ref = this.#freeRef();
    const following = new RemoteFollowing(this.#host, ref, wish, sink, () => {
      this.#followed.delete(ref);
      this.#spent.add(ref);
    });
    this.#followed.set(ref, following);
    following.ask();
    await following.begun;
    return following;
  }

  async position(): Promise<Offset> {
    if (this.#end) throw this.#end;
    const ref = this.#host.nextRef();
    const asked = new Promise<Offset>((resolve, reject) => this.#positions.set(ref, { resolve, reject }));
    this.#host.send(["position", ref]);
    return asked;
  }

  /** Asks for all of it over a new link. */
  connect(): void {
    this.#spent.clear();
    for (const following of [...this.#followed.values()]) following.ask();
    for (const ref of this.#positions.keys()) this.#host.send(["position", ref]);
  }

  /** Asks again for what was refused: with other credentials it may be allowed. */
  askAgain(): void {
    const differs = (name: string) => this.#host.differences.listening(name) !== undefined;
    for (const following of this.#followed.values())
      if (following.refused && !following.names.some(differs)) following.ask();
  }

  follows(ref: number, since: string): void {
    this.#followed.get(ref)?.begin(since);
  }

  /** @returns whether it is followed. */
  stored(message: Stored): boolean {
    const following = this.#followed.get(message[1]);
    following?.take(message);
    return following !== undefined;
  }

  reached(ref: number, number: number): void {
    this.#followed.get(ref)?.reach(number);
  }

  missing([, ref, reason, to = ""]: Missing): void {
    this.#followed.get(ref)?.miss(reason, to);
  }

  /** An event that came in parts was not taken: it is too large. */
  lost(ref: number, error: EventwireError): void {
    this.#followed.get(ref)?.lose();
    this.#host.core.report(error);
  }

  positioned(ref: number, offset: Offset): void {
    this.#positions.get(ref)?.resolve(offset);
    this.#positions.delete(ref);
  }

  /** @returns whether it was asked here. */
  refused(ref: number, error: (name: string) => EventwireError): boolean {
    const asked = this.#positions.get(ref);
    asked?.reject(error("position()"));
    this.#positions.delete(ref);
    const following = this.#followed.get(ref);
    following?.refuse(error);
    return asked !== undefined || following !== undefined;
  }

  /** What both sides would misunderstand is not followed. @returns whether it was. */
  refuseName(name: string, error: EventwireError): boolean {
    const those = [...this.#followed.values()].filter(({ names }) => names.includes(name));
    for (const following of those) {
      this.#host.send(["unlisten", following.ref]);
      following.refuse(() => error);
    }
    return those.length > 0;
  }

  /** The connection is closed for good. */
  end(error: EventwireError): void {
    this.#end = error;
    for (const following of [...this.#followed.values()]) following.end(error);
    for (const { reject } of this.#positions.values()) reject(error);
    this.#positions.clear();
  }

  /** Clients that follow the same use the same numbers, as long as they can, so that they are sent the same. */
  #freeRef(): number {
    for (let ref = 0; ref < reservedRefs; ref++)
      if (!this.#followed.has(ref) && !this.#spent.has(ref)) return ref;
    return this.#host.nextRef();
  }
}

/** How many more must be wanted before the server is told, unless nothing is on its way. */
const worthTelling = 64;

/** One listener's way through the server's log. */
class RemoteFollowing implements Following {
  readonly ref: number;
  readonly begun: Promise<void>;
  readonly #host: ClientFollowingHost;
  readonly #wish: FollowWish;
  readonly #sink: Sink;
  readonly #forget: () => void;
  #begin!: () => void;
  #fail!: (error: unknown) => void;
  /** All up to here came, or is not wanted; unknown before it begins. */
  #at: Place | undefined;
  /** Up to where it was told that what was trimmed is missing. */
  #trimmed: Place | undefined;
  /** How many the server may still send. */
  #credit = 0;
  /**
   * What this link's server has said to it. Whatever comes before it has begun was meant for an earlier question: a refusal is small, and
   * overtakes what is large.
   */
  #state: "asked" | "begun" | "refused" = "asked";
  /** Whether it has ever begun: until then a refusal is told to who waits for that. */
  #started = false;
  #stopped = false;
  readonly #again: AskingAgain;

  constructor(host: ClientFollowingHost, ref: number, wish: FollowWish, sink: Sink, forget: () => void) {
    this.#host = host;
    this.ref = ref;
    this.#wish = wish;
    this.#sink = sink;
    this.#forget = forget;
    this.#again = new AskingAgain(host.core, () => this.ask());
    this.begun = new Promise((resolve, reject) => {
      this.#begin = resolve;
      this.#fail = reject;
    });
  }

  get names(): readonly string[] {
    return this.#wish.names;
  }

  get place(): number {
    return this.#at?.number ?? 0;
  }

  /** Whether it is refused, for good or for now. */
  get refused(): boolean {
    return this.#state === "refused";
  }

  /** Asks for it from where it has come to, unless who listened has stopped before it had begun. */
  ask(): void {
    this.#again.stop();
    if (this.#sink.stopped) this.#drop();
    else this.#host.send(this.#asking());
  }

  #asking(): Follow {
    const { names, key, since } = this.#wish;
    this.#state = "asked";
    this.#credit = Math.max(0, this.#sink.room);
    const from = this.#at
      ? offsetOf(this.#at.epoch, this.#at.number)
      : since instanceof Date
        ? since.getTime()
        : since;
    return key === undefined
      ? ["follow", this.ref, names, from, this.#credit]
      : ["follow", this.ref, names, from, this.#credit, key];
  }

  begin(since: string): void {
    this.#at = placeOf(since) ?? this.#at;
    this.#state = "begun";
    this.#started = true;
    this.#again.answered();
    this.#begin();
    // What was taken while it was asked for.
    this.resume();
  }

  take([, , number, name, data, id, time]: Stored): void {
    const { core } = this.#host;
    const from = this.#at;
    if (!from || this.#state !== "begun") return;
    this.#credit -= 1;
    const topic = core.topics.get(name);
    if (number <= from.number || !topic || !this.names.includes(name)) {
      this.resume();
      return;
    }
    this.#at = { epoch: from.epoch, number };
    try {
      const value = validate(topic.definition.schema, name, data);
      const record = { offset: number, id, name, key: topic.key(value), time, body: none };
      const message = new StoredMessage(record, { data: value, cause: [] }, from.epoch, 1);
      core.dispatcher.run(() => this.#sink.put(message));
    } catch (error) {
      if (error instanceof InvalidError) this.#sink.gap("invalid", from, this.#at);
      core.report(error);
      // The sink has room that it was never without.
      this.resume();
    }
  }

  reach(number: number): void {
    if (this.#state === "begun" && this.#at && number > this.#at.number) this.#at = { ...this.#at, number };
  }

  miss(reason: Missing[2], to: string): void {
    const place = placeOf(to);
    if (!place || this.#state === "refused") return;
    const from = this.#at ?? placeOf(String(this.#wish.since)) ?? { epoch: place.epoch, number: 0 };
    // What is trimmed may have gaps: some of what is before may still come.
    if (reason !== "trimmed") this.#at = place;
    // A server of a later link does not know that it was told.
    else if (place.epoch === this.#trimmed?.epoch && place.number <= this.#trimmed.number) return;
    else this.#trimmed = place;
    this.#sink.gap(reason, from, place);
    this.resume();
  }

  /** One of which it is not known which was not taken. */
  lose(): void {
    if (!this.#at || this.#state !== "begun") return;
    this.#credit -= 1;
    this.#sink.gap("overflow", this.#at, undefined);
    this.resume();
  }

  refuse(error: (name: string) => EventwireError): void {
    const reason = error(this.names[0]!);
    this.#state = "refused";
    // A server that closes denies nothing: over the next link it is asked for again.
    if (reason.code === "Disconnected") return;
    if (reason.code === "Unavailable") {
      this.#again.later(reason);
      return;
    }
    if (!this.#started) {
      this.end(reason);
      return;
    }
    this.#again.answered();
    this.#sink.gap("denied", this.#at!, undefined, reason);
    if (reason.code !== "Denied") this.#host.core.report(reason);
  }

  resume(): void {
    const more = this.#sink.room - this.#credit;
    // The server knows nothing yet of what it is still asked for.
    if (this.#stopped || this.#state !== "begun" || more <= 0 || (this.#credit > 0 && more < worthTelling))
      return;
    this.#credit += more;
    this.#host.send(["took", this.ref, more]);
  }

  /** Ends what this link's server knows nothing of. */
  #drop(): void {
    this.#stopped = true;
    this.#again.stop();
    this.#forget();
    this.#begin();
  }

  stop(): void {
    if (this.#stopped) return;
    this.#drop();
    this.#host.send(["unlisten", this.ref]);
  }

  /** Nothing more can come. */
  end(error: EventwireError): void {
    this.#stopped = true;
    this.#again.stop();
    this.#forget();
    this.#fail(error);
    if (this.#started) this.#sink.failed(error);
  }
}

const none = new Uint8Array(0);
