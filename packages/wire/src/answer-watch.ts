import type { Runtime } from "@eventwire/core";

/** How long an answer may take before that is told, in milliseconds. */
export const answerPatience = 30_000;

/** Watches whether what is asked is answered, whatever the answer. A row of silences is told once, over however many links. */
export class AnswerWatch {
  readonly #runtime: Runtime;
  readonly #tell: () => void;
  #told = false;
  #cancel: (() => void) | undefined;

  constructor(runtime: Runtime, tell: () => void) {
    this.#runtime = runtime;
    this.#tell = tell;
  }

  /** Something is asked. */
  asked(): void {
    if (this.#told) return;
    this.#cancel ??= this.#runtime.timer(() => this.#silent(), answerPatience, true);
  }

  /** There was an answer. @param more whether another one is to come. */
  answered(more: boolean): void {
    this.pause();
    this.#told = false;
    if (more) this.asked();
  }

  /** No answer is to come. */
  pause(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #silent(): void {
    this.#cancel = undefined;
    this.#told = true;
    this.#tell();
  }
}
