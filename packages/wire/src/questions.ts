import {
  AbortedError,
  DeclaredError,
  type EventwireError,
  InvalidError,
  OverflowError,
  type Schema,
} from "@eventwire/core";
import {
  type Asking,
  type BusCore,
  type Cause,
  encodeJson,
  type RequestDefinition,
  requestDefinition,
  validate,
} from "@eventwire/core/attach";
import type { Channel } from "./channel.js";
import type { Deadlines } from "./deadlines.js";
import { type Failure, fromFailure } from "./failure.js";
import type { Answers } from "./messages.js";
import { ownDefinition, ownPrefix } from "./own-request.js";
import { type Askable, type Asker, Question } from "./question.js";
import type { ReceivedItems } from "./received-items.js";
import { checkSchema, unsupported } from "./refusal.js";

/**
 * How many of the protocol's own may be under way at once; the others are sent as these are answered. A server takes 256 requests of a
 * peer unless it says otherwise, and the application asks as well.
 */
const ownAtOnce = 128;

/** What questions are sent over. */
export type QuestionChannel = Pick<Channel, "send" | "sendEncoded" | "withdraw">;

/** What one side asks the other, until it is answered: the questions of a client to its server, or of a server to one peer. */
export class Questions implements Asker {
  readonly #core: BusCore;
  readonly #nextRef: () => number;
  readonly #limit: number;
  readonly #byRef = new Map<number, Question>();
  readonly #deadlines: Deadlines;
  /** Of which all is checked: those of the contract, so that they are few. */
  readonly #askables = new Map<string, Askable>();
  /** Paced ones that wait for others to be answered. */
  readonly #held = new Set<Question>();
  #pacedSent = 0;
  #channel: QuestionChannel | undefined;

  /**
   * @param nextRef gives numbers that are those of no other message that is answered by number.
   * @param limit how many may wait for an answer at once.
   */
  constructor(core: BusCore, deadlines: Deadlines, nextRef: () => number, limit = Number.POSITIVE_INFINITY) {
    this.#core = core;
    this.#deadlines = deadlines;
    this.#nextRef = nextRef;
    this.#limit = limit;
  }

  /**
   * Resolves with the answer, of a streamed one when its last item has been taken. Without a connection it waits for one.
   * Rejects with a {@link TimeoutError} or an {@link AbortedError} when its time is over or its signal aborts before.
   *
   * @throws {UnsupportedError} when nothing would be checked; {@link OverflowError} when too many wait;
   * {@link InvalidError} when the input cannot be encoded.
   */
  ask(name: string, input: unknown, asking: Asking, cause: readonly Cause[]): Promise<unknown> {
    return this.#ask(this.#askables.get(name) ?? this.#askable(name), input, asking, cause);
  }

  /**
   * As `ask`, of the protocol's own.
   *
   * @param name what it is about.
   * @param paced whether it may wait until others of these are answered, however long that takes.
   */
  askOwn(own: string, name: string, input: unknown, asking: Asking, cause: readonly Cause[], paced: boolean) {
    const definition = ownDefinition(asking.taker !== undefined);
    const askable = { name, quoted: JSON.stringify(ownPrefix + own), definition, paced };
    return this.#ask(askable, input, asking, cause);
  }

  #ask(askable: Askable, input: unknown, asking: Asking, cause: readonly Cause[]): Promise<unknown> {
    const { name } = askable;
    if (this.#byRef.size >= this.#limit) {
      throw new OverflowError(`"${name}" was not asked: ${this.#limit} requests wait for this peer.`, {
        name,
      });
    }
    const encoded = encodeJson(input, name) + (cause.length > 0 ? `,${JSON.stringify(cause)}` : "");
    // To read the input may have called what aborts it.
    if (asking.signal?.aborted) throw new AbortedError(name, asking.signal.reason);
    const question = new Question(this, this.#nextRef(), askable, encoded, asking);
    this.#byRef.set(question.ref, question);
    this.#deadlines.add(question, asking.timeout);
    if (this.#channel) this.#offer(this.#channel, question, asking.timeout);
    return question.answer;
  }

  #askable(name: string): Askable {
    const definition = requestDefinition(this.#core.contract, name);
    for (const schema of schemasOf(definition)) checkSchema(name, schema);
    const askable: Askable = { name, quoted: JSON.stringify(name), definition };
    this.#askables.set(name, askable);
    return askable;
  }

  /** There is a connection: asks what was not asked yet, with the time that is left. */
  connect(channel: QuestionChannel): void {
    this.#channel = channel;
    const now = this.#core.runtime.monotonic();
    for (const question of this.#byRef.values()) {
      if (this.#channel === channel && !question.sent) this.#offer(channel, question, question.dueAt - now);
    }
  }

  /** The answers to what was sent can no longer come. What may be asked twice is asked again over the next connection. */
  disconnect(error: (name: string) => EventwireError): void {
    this.#channel = undefined;
    this.#held.clear();
    for (const question of this.#byRef.values()) {
      if (!question.sent) continue;
      const { name, definition } = question.askable;
      if (definition.idempotent && !question.items?.begun) question.sent = false;
      else this.#fail(question, error(name));
    }
  }

  /** Nobody waits for any answer any more. */
  giveUpAll(error: (name: string) => EventwireError): void {
    for (const question of this.#byRef.values()) this.giveUp(question, error(question.askable.name));
  }

  /** There will be no connection any more. */
  end(error: (name: string) => EventwireError): void {
    this.#channel = undefined;
    for (const question of this.#byRef.values()) this.#fail(question, error(question.askable.name));
  }

  /** @returns whether it answers one of these questions. */
  receive(message: Answers): boolean {
    const [type, ref] = message;
    const question = this.#byRef.get(ref);
    if (!question) return false;
    try {
      if (type === "failed") throw failureOf(question.askable, message[2]);
      if (type === "streaming") this.#begin(question);
      else if (type === "item") this.#item(question, message[2]);
      else this.#answer(question, message[2]);
    } catch (error) {
      if (type === "streaming" || type === "item") this.#channel?.send(["cancel", ref]);
      this.#fail(question, error);
    }
    return true;
  }

  /** Its answer, or an item of it, came and was not taken. */
  refuse(ref: number, error: EventwireError): void {
    const question = this.#byRef.get(ref);
    if (!question) return;
    this.#channel?.send(["cancel", ref]);
    this.#fail(question, error);
  }

  pull({ ref }: Question, count: number): void {
    if (this.#byRef.has(ref)) this.#channel?.send(["pull", ref, count]);
  }

  giveUp(question: Question, error: EventwireError): void {
    const { ref, sent } = question;
    this.#forget(question);
    question.rejectNow(error);
    // Where the other side has not all of the question, it never hears of it.
    if (sent && !this.#channel?.withdraw(["request", ref])) this.#channel?.send(["cancel", ref]);
  }

  /** From now on it takes as long as it takes. */
  #begin(question: Question): void {
    streamed(question).begin();
    this.#deadlines.remove(question);
  }

  #item(question: Question, item: unknown): void {
    const { name, definition } = question.askable;
    if (streamed(question).put(validate(definition.output, name, item))) return;
    throw new OverflowError(`"${name}" was answered with more items than were asked for.`, { name });
  }

  #answer(question: Question, output: unknown): void {
    const { askable, items } = question;
    const { name, definition } = askable;
    if (items && !items.begun) throw unsupported(name, "is not streamed at the other side");
    const answer = items ? undefined : validate(definition.output, name, output);
    this.#forget(question);
    question.resolve(answer);
  }

  /** Sends it, unless it has to wait for others to be answered. */
  #offer(channel: QuestionChannel, question: Question, left: number): void {
    if (!question.askable.paced) this.#send(channel, question, left);
    else if (this.#pacedSent >= ownAtOnce) this.#held.add(question);
    else {
      this.#pacedSent += 1;
      this.#send(channel, question, left);
    }
  }

  /** Sends it with the time that is left. Its input is as it was when it was asked. */
  #send(channel: QuestionChannel, question: Question, left: number): void {
    const { ref, askable, encoded, items } = question;
    const timeout = Math.ceil(Math.max(0, Math.min(left, Number.MAX_SAFE_INTEGER)));
    question.sent = true;
    try {
      channel.sendEncoded(`["request",${ref},${askable.quoted},${timeout},${encoded}]`, ["request", ref]);
      if (items) channel.send(["pull", ref, items.window]);
    } catch (error) {
      this.#fail(question, error);
    }
  }

  #fail(question: Question, error: unknown): void {
    this.#forget(question);
    question.reject(error);
  }

  #forget(question: Question): void {
    if (!this.#byRef.delete(question.ref)) return;
    this.#deadlines.remove(question);
    question.end();
    if (!question.askable.paced) return;
    this.#held.delete(question);
    if (!question.sent) return;
    this.#pacedSent -= 1;
    const [next] = this.#held;
    if (!next || !this.#channel) return;
    this.#held.delete(next);
    this.#offer(this.#channel, next, next.dueAt - this.#core.runtime.monotonic());
  }
}

function schemasOf({ input, output, errors }: RequestDefinition): readonly Schema[] {
  return [input, output, ...Object.values(errors)];
}

function streamed({ askable, items }: Question): ReceivedItems {
  if (items) return items;
  throw unsupported(askable.name, "is streamed at the other side, and not here");
}

/** The error that a failure stands for: a declared one with its detail, or one that any request may fail with. */
function failureOf({ name, definition }: Askable, failure: Failure): EventwireError {
  const { errors } = definition;
  const { code, detail } = failure;
  const schema = Object.hasOwn(errors, code) ? errors[code] : undefined;
  return schema ? new DeclaredError(name, code, validate(schema, name, detail)) : fromFailure(failure, name);
}
