import type { EventwireError, Runtime } from "@eventwire/core";
import { type Cause, encodeJson } from "@eventwire/core/attach";

interface Question {
  readonly name: string;
  /** Its input, and what led to it where something did. */
  readonly encoded: string;
  readonly deadline: number;
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: EventwireError) => void;
  sent: boolean;
}

/** The requests of a client that are not answered yet. */
export class Questions {
  readonly #runtime: Runtime;
  readonly #nextRef: () => number;
  readonly #byRef = new Map<number, Question>();

  /** @param nextRef gives numbers that are those of no other message that is answered by number. */
  constructor(runtime: Runtime, nextRef: () => number) {
    this.#runtime = runtime;
    this.#nextRef = nextRef;
  }

  /** @throws {InvalidError} when the input cannot be encoded. */
  add(
    name: string,
    input: unknown,
    timeout: number,
    settle: Pick<Question, "resolve" | "reject">,
    cause: readonly Cause[] = [],
  ): number {
    const encoded = encodeJson(input, name) + (cause.length > 0 ? `,${JSON.stringify(cause)}` : "");
    const deadline = this.#runtime.monotonic() + timeout;
    const ref = this.#nextRef();
    this.#byRef.set(ref, { name, encoded, deadline, ...settle, sent: false });
    return ref;
  }

  /** The message that asks it, with the time that is left. Its input is as it was when it was asked. */
  send(ref: number): string | undefined {
    const question = this.#byRef.get(ref);
    if (!question) return undefined;
    question.sent = true;
    const left = Math.max(
      0,
      Math.min(question.deadline - this.#runtime.monotonic(), Number.MAX_SAFE_INTEGER),
    );
    return `["request",${ref},${JSON.stringify(question.name)},${Math.ceil(left)},${question.encoded}]`;
  }

  unsent(): readonly number[] {
    return [...this.#byRef].filter(([, { sent }]) => !sent).map(([ref]) => ref);
  }

  /** Removes it, to be settled; `undefined` where nobody waits any more. */
  take(ref: number): Question | undefined {
    const question = this.#byRef.get(ref);
    this.#byRef.delete(ref);
    return question;
  }

  /** Rejects those that were sent, or all: their answers can no longer come. */
  rejectAll(error: (name: string) => EventwireError, which: "sent" | "all"): void {
    for (const [ref, question] of this.#byRef) {
      if (which === "sent" && !question.sent) continue;
      this.#byRef.delete(ref);
      question.reject(error(question.name));
    }
  }
}
