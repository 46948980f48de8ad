import {
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
import { type Failure, fromFailure } from "./failure.js";
import type { Answer, Failed, Item, Streaming } from "./messages.js";
import { itemWindow, ReceivedItems } from "./received-items.js";
import { checkSchema, unsupported } from "./refusal.js";

interface Question {
  readonly name: string;
  readonly definition: RequestDefinition;
  /** Its input, and what led to it where something did. */
  readonly encoded: string;
  readonly deadline: number;
  /** Of a streamed answer. */
  readonly items: ReceivedItems | undefined;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: unknown) => void;
  sent: boolean;
}

/** What questions are sent over. */
export type QuestionChannel = Pick<Channel, "send" | "sendEncoded" | "withdraw">;

/** What answers a question. */
export type Answers = Answer | Failed | Streaming | Item;

/** What one side asks the other, until it is answered: the questions of a client to its server, or of a server to one peer. */
export class Questions {
  readonly #core: BusCore;
  readonly #nextRef: () => number;
  readonly #limit: number;
  readonly #byRef = new Map<number, Question>();
  /** Names of which all is checked: those of the contract, so that they are few. */
  readonly #checked = new Set<string>();
  #channel: QuestionChannel | undefined;

  /**
   * @param nextRef gives numbers that are those of no other message that is answered by number.
   * @param limit how many may wait for an answer at once.
   */
  constructor(core: BusCore, nextRef: () => number, limit = Number.POSITIVE_INFINITY) {
    this.#core = core;
    this.#nextRef = nextRef;
    this.#limit = limit;
  }

  /**
   * Resolves with the answer, of a streamed one when its last item has been taken. Without a connection it waits for one.
   *
   * @throws {UnsupportedError} when nothing would be checked; {@link OverflowError} when too many wait;
   * {@link InvalidError} when the input cannot be encoded.
   */
  ask(
    name: string,
    input: unknown,
    { timeout, signal, taker }: Asking,
    cause: readonly Cause[],
  ): Promise<unknown> {
    const definition = requestDefinition(this.#core.contract, name);
    if (!this.#checked.has(name)) for (const schema of schemasOf(definition)) checkSchema(name, schema);
    this.#checked.add(name);
    if (this.#byRef.size >= this.#limit) {
      throw new OverflowError(`"${name}" was not asked: ${this.#limit} requests wait for this peer.`, {
        name,
      });
    }
    const encoded = encodeJson(input, name) + (cause.length > 0 ? `,${JSON.stringify(cause)}` : "");
    const deadline = this.#core.runtime.monotonic() + timeout;
    const ref = this.#nextRef();
    return new Promise((resolve, reject) => {
      const pull = (count: number) => {
        if (this.#byRef.has(ref)) this.#channel?.send(["pull", ref, count]);
      };
      const items = taker && new ReceivedItems(taker, pull);
      const question = { name, definition, encoded, deadline, items, resolve, reject, sent: false };
      this.#byRef.set(ref, question);
      signal.addEventListener("abort", () => this.#cancel(ref));
      this.#send(ref, question);
    });
  }

  /** There is a connection: asks what was not asked yet. */
  connect(channel: QuestionChannel): void {
    this.#channel = channel;
    for (const [ref, question] of this.#byRef) if (this.#channel === channel) this.#send(ref, question);
  }

  /** The answers to what was sent can no longer come. What may be asked twice is asked again over the next connection. */
  disconnect(error: (name: string) => EventwireError): void {
    this.#channel = undefined;
    for (const [ref, question] of this.#byRef) {
      if (!question.sent) continue;
      if (question.definition.idempotent && !question.items?.begun) question.sent = false;
      else this.#fail(ref, question, error(question.name));
    }
  }

  /** There will be no connection any more. */
  end(error: (name: string) => EventwireError): void {
    this.#channel = undefined;
    for (const [ref, question] of this.#byRef) this.#fail(ref, question, error(question.name));
  }

  /** @returns whether it answers one of these questions. */
  receive(message: Answers): boolean {
    const [type, ref] = message;
    const question = this.#byRef.get(ref);
    if (!question) return false;
    const { name, definition, items } = question;
    try {
      if (type === "failed") throw failureOf(name, definition, message[2]);
      if (type === "streaming") streamed(name, items).begin();
      else if (type === "item") this.#item(question, message[2]);
      else this.#answer(ref, question, message[2]);
    } catch (error) {
      if (type === "streaming" || type === "item") this.#channel?.send(["cancel", ref]);
      this.#fail(ref, question, error);
    }
    return true;
  }

  /** Its answer, or an item of it, came and was not taken. */
  refuse(ref: number, error: EventwireError): void {
    const question = this.#byRef.get(ref);
    if (!question) return;
    this.#channel?.send(["cancel", ref]);
    this.#fail(ref, question, error);
  }

  #item({ name, definition, items }: Question, item: unknown): void {
    if (streamed(name, items).put(validate(definition.output, name, item))) return;
    throw new OverflowError(`"${name}" was answered with more items than were asked for.`, { name });
  }

  #answer(ref: number, { name, definition, items, resolve }: Question, output: unknown): void {
    if (items && !items.begun) throw unsupported(name, "is not streamed at the other side");
    const answer = items ? undefined : validate(definition.output, name, output);
    this.#byRef.delete(ref);
    if (items) items.end(() => resolve(undefined));
    else resolve(answer);
  }

  /** Sends it with the time that is left. Its input is as it was when it was asked. */
  #send(ref: number, question: Question): void {
    const channel = this.#channel;
    if (question.sent || !channel) return;
    const { name, deadline, encoded, items } = question;
    const left = Math.min(deadline - this.#core.runtime.monotonic(), Number.MAX_SAFE_INTEGER);
    question.sent = true;
    try {
      channel.sendEncoded(
        `["request",${ref},${JSON.stringify(name)},${Math.ceil(Math.max(0, left))},${encoded}]`,
        ["request", ref],
      );
      if (items) channel.send(["pull", ref, itemWindow]);
    } catch (error) {
      this.#fail(ref, question, error);
    }
  }

  #cancel(ref: number): void {
    const question = this.#byRef.get(ref);
    this.#byRef.delete(ref);
    // Where the other side has not all of the question, it never hears of it.
    if (question?.sent && !this.#channel?.withdraw(["request", ref])) this.#channel?.send(["cancel", ref]);
  }

  #fail(ref: number, { items, reject }: Question, error: unknown): void {
    this.#byRef.delete(ref);
    if (items) items.end(() => reject(error));
    else reject(error);
  }
}

function schemasOf({ input, output, errors }: RequestDefinition): readonly Schema[] {
  return [input, output, ...Object.values(errors)];
}

function streamed(name: string, items: ReceivedItems | undefined): ReceivedItems {
  if (items) return items;
  throw unsupported(name, "is streamed at the other side, and not here");
}

/** The error that a failure stands for: a declared one with its detail, or one that any request may fail with. */
function failureOf(name: string, { errors }: RequestDefinition, failure: Failure): EventwireError {
  const { code, detail } = failure;
  const schema = Object.hasOwn(errors, code) ? errors[code] : undefined;
  return schema ? new DeclaredError(name, code, validate(schema, name, detail)) : fromFailure(failure, name);
}
