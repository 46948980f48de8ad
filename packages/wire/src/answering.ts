import {
  DeclaredError,
  EventwireError,
  InternalError,
  OverflowError,
  type Peer,
  TimeoutError,
} from "@eventwire/core";
import {
  type BusCore,
  Cancellation,
  type Chain,
  pour,
  type RequestDefinition,
  validate,
  within,
} from "@eventwire/core/attach";
import { askDenial } from "./checked-request.js";
import { clientCauses } from "./client-causes.js";
import type { Deadlines } from "./deadlines.js";
import { allowed, type Decision } from "./decision.js";
import { toFailure } from "./failure.js";
import type { AnyQuestion } from "./gate.js";
import type { Limits } from "./limits.js";
import type { Answers, Request } from "./messages.js";
import { isOwn, type OwnQuestion } from "./own-request.js";
import type { ConnectedPeer } from "./peer.js";
import { PulledItems } from "./pulled-items.js";
import type { Rates } from "./rates.js";
import { closing, invalid } from "./refusal.js";
import type { RequestInlets } from "./request-inlets.js";
import type { Running, RunningStreams, StreamRights } from "./stream-rights.js";

export interface AnsweringHost {
  readonly core: BusCore;
  readonly limits: Pick<Limits, "requests" | "requestTimeout" | "streamIdle">;
  readonly requests: RequestInlets;
  readonly deadlines: Deadlines;
  /** Looks after the right to what is streamed, on a server. */
  readonly rightsTo?: <Stream extends Running>(streams: RunningStreams<Stream>) => StreamRights<Stream>;
  readonly rates?: Rates;
}

export interface AnswersOut {
  /**
   * @param name the request's.
   * @throws {OverflowError} when it is more than the peer's link takes.
   * @throws what it fails with to be encoded.
   */
  send(message: Answers, name: string): void;
  /** Nobody wants the answer any more. */
  withdraw(ref: number): void;
  fail(ref: number, error: unknown): void;
}

interface Unanswered extends Running {
  readonly ref: number;
  readonly name: string;
  readonly definition: RequestDefinition;
  readonly cancellation: Cancellation;
  /** Of a streamed answer. */
  items: PulledItems | undefined;
}

/** Answers the requests of one peer. Used alike by both sides. */
export class Answering {
  readonly #host: AnsweringHost;
  readonly #peer: Peer;
  readonly #answers: AnswersOut;
  readonly #unanswered = new Map<number, Unanswered>();
  /** Where there are rules. */
  readonly #rights: StreamRights<Unanswered> | undefined;
  /** Handlers at work, also on what is answered already by a deadline or a cancel. */
  #atWork = 0;
  #ended = false;

  constructor(host: AnsweringHost, peer: Peer, answers: AnswersOut) {
    this.#host = host;
    this.#peer = peer;
    this.#answers = answers;
    this.#rights = host.rightsTo?.(this.#streams());
  }

  /** Whether something is to be answered. */
  get busy(): boolean {
    // What is streamed of the protocol's own goes on elsewhere.
    return [...this.#unanswered.values()].some(({ items, name }) => !(items && isOwn(name)));
  }

  /** @returns a promise where a rule gives one. It never rejects. */
  request(message: Request): Promise<void> | undefined {
    const [, ref, name, , input] = message;
    const { core, requests, limits, rates } = this.#host;
    try {
      if (this.#unanswered.has(ref)) throw invalid(name, "this number is in use");
      const { definition, standing, own } = requests.of(name);
      if (core.closed && !own?.late) throw closing(name);
      if (own?.counts !== false && this.#atWork >= limits.requests) {
        throw new OverflowError(`A peer may have ${limits.requests} requests in flight.`, { name });
      }
      const peer = this.#peer as ConnectedPeer<unknown>;
      const value = own ? own.prepare(peer, input) : validate(definition.input, name, input);
      if (!own) rates?.take(peer, name);
      const question = { peer, name, input: value };
      const decision = standing ?? this.#rights?.decide(question) ?? allowed;
      if (decision instanceof Promise) {
        const since = core.runtime.monotonic();
        return decision.then((settled) => {
          if (!this.#ended)
            this.#ask(message, definition, question, settled, core.runtime.monotonic() - since);
        });
      }
      this.#ask(message, definition, question, decision, 0);
    } catch (error) {
      this.#answers.fail(ref, error);
    }
    return undefined;
  }

  /** @param waited how much of its time has passed, in milliseconds. */
  #ask(
    [, ref, name, timeout, , said]: Request,
    definition: RequestDefinition,
    question: AnyQuestion,
    decision: Decision,
    waited: number,
  ): void {
    const { core, deadlines, limits } = this.#host;
    const cancellation = new Cancellation();
    try {
      if (decision.outcome !== "allows") throw refusalOf(question, decision);
      const { until } = decision;
      const { own } = this.#host.requests.of(name);
      if (core.closed && !own?.late) throw closing(name);
      const unanswered = { ref, name, definition, cancellation, items: undefined, question, until };
      this.#unanswered.set(ref, unanswered);
      if (definition.streamed) this.#rights?.watch(unanswered);
      const options = {
        timeout: Math.max(0, Math.min(timeout, limits.requestTimeout) - waited),
        signal: cancellation,
      };
      const cause = said && clientCauses(core.contract, said);
      const answered = (asked: (cancellation: Cancellation, items: PulledItems | undefined) => unknown) =>
        within(deadlines, name, options, (signal, begun) =>
          this.#work(ref, definition, signal, begun, asked, own?.counts !== false),
        );
      const { handlers } = core;
      let answer: unknown;
      if (own) answer = answered((signal, items) => this.#answerOwn(question, cause, signal, items));
      else {
        const asked = core.asked(name, question.input, this.#peer, cause);
        answer = core.answering(asked, () =>
          answered((signal, items) => handlers.answer(asked, definition, signal, items)),
        );
      }
      if (answer instanceof Promise) this.#await(ref, answer, own?.streamed !== true);
      else this.#answer(ref, answer);
    } catch (error) {
      if (this.#unanswered.has(ref)) this.#fail(ref, error);
      else this.#answers.fail(ref, error);
    }
  }

  /** @param holds whether the bus does not end before, within its time. */
  #await(ref: number, answer: Promise<unknown>, holds: boolean): void {
    const done = holds ? this.#host.core.handlers.hold() : undefined;
    void answer
      .then(
        (output) => this.#answer(ref, output),
        (error: unknown) => this.#fail(ref, error),
      )
      .then(done);
  }

  cancel(ref: number): void {
    this.#answers.withdraw(ref);
    this.#unanswered.get(ref)?.cancellation.abort();
  }

  /** Asks for so many further items. Of what is answered already, or is not streamed, it means nothing. */
  pull(ref: number, count: number): void {
    this.#unanswered.get(ref)?.items?.pull(count);
  }

  /** Answers with a failure, and tells the handler. */
  giveUp(ref: number, error: unknown): void {
    const unanswered = this.#unanswered.get(ref);
    if (!this.#unanswered.delete(ref)) return;
    this.#answers.fail(ref, error);
    unanswered!.cancellation.abort(error);
  }

  /** Asks the rules about what is streamed again, and ends what they deny now. @returns how many streams were ended. */
  async askAgain(): Promise<number> {
    return (await this.#rights?.askAgain()) ?? 0;
  }

  /** Ends what is streamed: who asked may see no more of it. */
  cutOff(error: (name: string) => EventwireError): void {
    for (const [ref, { name, items }] of this.#unanswered) if (items) this.giveUp(ref, error(name));
  }

  /** The peer has left: handlers are told, and what they answer goes nowhere. */
  end(): void {
    this.#ended = true;
    this.#rights?.end();
    const cancellations = [...this.#unanswered.values()].map(({ cancellation }) => cancellation);
    this.#unanswered.clear();
    for (const cancellation of cancellations) cancellation.abort();
  }

  #streams(): RunningStreams<Unanswered> {
    return {
      all: () => [...this.#unanswered.values()].filter(({ definition }) => definition.streamed),
      has: (stream) => this.#unanswered.get(stream.ref) === stream,
      refuse: ({ ref, question }, decision) => this.giveUp(ref, refusalOf(question, decision)),
    };
  }

  #answerOwn(
    { input }: AnyQuestion,
    cause: Chain | undefined,
    { signal }: Cancellation,
    items: PulledItems | undefined,
  ): unknown {
    const answer = (input as OwnQuestion).answer({ signal, cause, left: () => this.#ended });
    return items ? pour(answer, signal, items) : answer;
  }

  #work(
    ref: number,
    definition: RequestDefinition,
    cancellation: Cancellation,
    begun: () => void,
    asked: (cancellation: Cancellation, items: PulledItems | undefined) => unknown,
    counts: boolean,
  ): unknown {
    const items = definition.streamed ? this.#items(ref, definition, cancellation.signal, begun) : undefined;
    const answer = asked(cancellation, items);
    if (!counts || !(answer instanceof Promise)) return answer;
    this.#atWork += 1;
    const ended = () => {
      this.#atWork -= 1;
    };
    answer.then(ended, ended);
    return answer;
  }

  #items(ref: number, definition: RequestDefinition, signal: AbortSignal, begun: () => void): PulledItems {
    const { core, limits } = this.#host;
    const unanswered = this.#unanswered.get(ref)!;
    const { name } = unanswered;
    const items = new PulledItems({
      runtime: core.runtime,
      signal,
      streamIdle: limits.streamIdle,
      begun: () => {
        begun();
        if (!signal.aborted) this.#answers.send(["streaming", ref], name);
      },
      give: (item) => {
        const failed = this.#send(name, () => ["item", ref, validate(definition.output, name, item)]);
        if (failed) this.giveUp(ref, failed);
      },
      idle: () => this.giveUp(ref, new TimeoutError(name, limits.streamIdle)),
    });
    unanswered.items = items;
    return items;
  }

  #answer(ref: number, output: unknown): void {
    const unanswered = this.#unanswered.get(ref);
    if (!unanswered) return;
    const { name, definition } = unanswered;
    this.#unanswered.delete(ref);
    const failed = this.#send(name, () =>
      definition.streamed ? ["answer", ref] : ["answer", ref, validate(definition.output, name, output)],
    );
    if (failed) this.#answers.fail(ref, failed);
  }

  #fail(ref: number, error: unknown): void {
    const unanswered = this.#unanswered.get(ref);
    if (!unanswered) return;
    const { name, definition } = unanswered;
    this.#unanswered.delete(ref);
    let failed = error;
    if (error instanceof DeclaredError) {
      failed = this.#send(name, () => {
        const detail = validate(definition.errors[error.code]!, name, error.detail);
        return ["failed", ref, toFailure(new DeclaredError(name, error.code, detail))];
      });
    } else if (error instanceof InternalError || !EventwireError.is(error)) this.#host.core.report(error);
    if (failed) this.#answers.fail(ref, failed);
  }

  /**
   * Only what its schema made of an answer is sent: what the schema does not know stays here.
   *
   * @returns what the peer is to be told where it could not be sent; it is reported.
   */
  #send(name: string, make: () => Answers): unknown {
    try {
      this.#answers.send(make(), name);
      return undefined;
    } catch (error) {
      this.#host.core.report(error);
      // How much is asked for may be up to the peer.
      return error instanceof OverflowError ? error : new Error("The answer is not one that may be sent.");
    }
  }
}

function refusalOf({ name, input }: AnyQuestion, decision: Decision): EventwireError {
  return isOwn(name) ? (input as OwnQuestion).refusal(decision) : askDenial(name, decision.reason);
}
