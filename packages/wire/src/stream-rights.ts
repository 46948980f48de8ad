import { type Decision, denying } from "./decision.js";
import type { Ending, Ends } from "./ends.js";
import type { AnyQuestion, Gate } from "./gate.js";
import { isOwn, type OwnQuestion } from "./own-request.js";

export interface RightsHost {
  readonly gates: { readonly request: Gate };
  readonly ends: Ends;
}

/** A streamed answer under way. */
export interface Running {
  readonly question: AnyQuestion;
  /** When the allowance ends, in milliseconds since the Unix epoch. */
  until: number;
}

export interface RunningStreams<Stream extends Running> {
  all(): readonly Stream[];
  has(stream: Stream): boolean;
  /** Ends it: what is decided lets it go on no longer. */
  refuse(stream: Stream, decision: Decision): void;
}

/** Asks the rules whether one peer may ask, and for as long as an answer is streamed, whether it still may. */
export class StreamRights<Stream extends Running> implements Ending {
  readonly #host: RightsHost;
  readonly #streams: RunningStreams<Stream>;
  /** How often all was asked again: an answer to an earlier question does not count any more. */
  #round = 0;
  /** When an allowance may end next. */
  #nextEnd = Infinity;

  constructor(host: RightsHost, streams: RunningStreams<Stream>) {
    this.#host = host;
    this.#streams = streams;
  }

  /** What the rules say of a request; asked once more where all was asked again meanwhile. A promise where a rule gives one. */
  decide(question: AnyQuestion): Decision | Promise<Decision> {
    const decision = isOwn(question.name)
      ? (question.input as OwnQuestion).decide()
      : this.#host.gates.request.decide(question);
    if (!(decision instanceof Promise)) return decision;
    const round = this.#round;
    return decision.then((settled) => (round === this.#round ? settled : this.decide(question)));
  }

  /** Ends a stream when its allowance does. */
  watch({ until }: Running): void {
    if (until >= this.#nextEnd) return;
    this.#nextEnd = until;
    this.#host.ends.set(this, until);
  }

  /**
   * Asks the rules about all that is streamed again, and ends what they deny now.
   *
   * @returns how many were ended.
   */
  async askAgain(): Promise<number> {
    this.#round += 1;
    const ended = this.#streams.all().map(async (stream) => {
      const decision = await this.decide(stream.question);
      if (!this.#streams.has(stream)) return false;
      if (decision.outcome === "allows") {
        stream.until = decision.until;
        this.watch(stream);
        return false;
      }
      this.#streams.refuse(stream, decision);
      return true;
    });
    return (await Promise.all(ended)).filter(Boolean).length;
  }

  due(now: number): void {
    this.#nextEnd = Infinity;
    for (const stream of this.#streams.all()) {
      if (stream.until <= now) this.#streams.refuse(stream, denying);
      else this.watch(stream);
    }
  }

  /** The peer has left. */
  end(): void {
    this.#host.ends.set(this, Infinity);
  }
}
