import { AbortedError, type EventwireError, TimeoutError } from "@eventwire/core";
import type { Asking, RequestDefinition } from "@eventwire/core/attach";
import { Timed } from "./deadlines.js";
import { ReceivedItems } from "./received-items.js";

/** What is asked by one name. */
export interface Askable {
  readonly name: string;
  /** The name as JSON. */
  readonly quoted: string;
  readonly definition: RequestDefinition;
  /** Whether few of those that are so wait for their answers at once, and others to be sent. */
  readonly paced?: boolean;
}

/** Who has asked. */
export interface Asker {
  /** Asks for so many further items. */
  pull(question: Question, count: number): void;
  /** Nobody waits for the answer any more. */
  giveUp(question: Question, error: EventwireError): void;
}

/** One question, until it is answered: a thousand may wait at once, so that it consists of as little as can be. */
export class Question extends Timed {
  readonly ref: number;
  readonly askable: Askable;
  /** Its input, and what led to it where something did. */
  readonly encoded: string;
  readonly answer: Promise<unknown>;
  /** Of a streamed answer. */
  readonly items: ReceivedItems | undefined;
  sent = false;
  readonly #asker: Asker;
  readonly #timeout: number;
  readonly #signal: Asking["signal"];
  readonly #abort: (() => void) | undefined;
  #resolve!: (output: unknown) => void;
  #reject!: (error: unknown) => void;

  constructor(
    asker: Asker,
    ref: number,
    askable: Askable,
    encoded: string,
    { timeout, signal, taker }: Asking,
  ) {
    super();
    this.ref = ref;
    this.askable = askable;
    this.encoded = encoded;
    this.#asker = asker;
    this.#timeout = timeout;
    this.#signal = signal;
    this.items = taker && new ReceivedItems(taker, (count) => asker.pull(this, count));
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (!signal) return;
    this.#abort = () => asker.giveUp(this, new AbortedError(askable.name, signal.reason));
    signal.addEventListener("abort", this.#abort);
  }

  override late(): void {
    this.#asker.giveUp(this, new TimeoutError(this.askable.name, this.#timeout));
  }

  /** It waits no longer: leaves nothing with a signal that outlives it. */
  end(): void {
    if (this.#abort) this.#signal?.removeEventListener("abort", this.#abort);
  }

  /** What came of it, a streamed one behind the items that came before. */
  resolve(output: unknown): void {
    if (this.items) this.items.end(() => this.#resolve(undefined));
    else this.#resolve(output);
  }

  reject(error: unknown): void {
    if (this.items) this.items.end(() => this.#reject(error));
    else this.#reject(error);
  }

  /** Rejects at once, whatever has come. */
  rejectNow(error: unknown): void {
    this.#reject(error);
  }
}
