import { MisuseError } from "@eventwire/queue";
import type { Asked } from "./asked.js";
import type { HandlerContext } from "./bus.js";
import type { BusCore } from "./bus-core.js";
import type { Cancellation } from "./cancellation.js";
import type { RequestDefinition } from "./definition.js";
import { DeclaredError } from "./errors/declared-error.js";
import { InternalError } from "./errors/internal-error.js";
import { NoHandlerError } from "./errors/no-handler-error.js";
import { aroundAsync } from "./layers.js";
import type { RequestMessage } from "./message.js";
import { RequestContext } from "./request-context.js";
import { pour, type Taker } from "./taker.js";
import { isThenable } from "./thenable.js";

export type Handler = (input: unknown, context: HandlerContext) => unknown;

/** Who answers which request. */
export class Handlers {
  readonly #core: BusCore;
  readonly #handlers = new Map<string, Handler>();
  #running = 0;
  #onIdle: (() => void) | undefined;

  constructor(core: BusCore) {
    this.#core = core;
  }

  /** @throws {MisuseError} when the request has a handler already. */
  add(name: string, handler: Handler): () => void {
    if (this.#handlers.has(name)) {
      throw new MisuseError(`"${name}" has a handler already. End that one first: handle() returns how.`, {
        name,
      });
    }
    this.#handlers.set(name, handler);
    return () => this.#handlers.delete(name);
  }

  /**
   * The handler's answer, or a promise of it, which a streamed one fulfils when it has ended. Fails with NoHandler, a declared
   * error, or Internal. A handler's failure that comes too late to be an answer is reported.
   *
   * @param cancellation tells when nobody waits for the answer any more.
   * @param taker of a streamed answer.
   */
  answer(
    { request, chain }: Asked,
    definition: RequestDefinition,
    cancellation: Cancellation,
    taker?: Taker,
  ): unknown {
    const { name, input } = request;
    const handler = this.#handlers.get(name);
    if (!handler) throw new NoHandlerError(name);
    const context = new RequestContext(request, cancellation);
    const { ambient } = this.#core.dispatcher;
    const call = () =>
      taker
        ? ambient.causing(chain, () => pour(handler(input, context), cancellation.signal, taker))
        : ambient.causingBy(handler, chain, () => handler(input, context));
    const failure = (error: unknown) => this.#failure(error, request, definition, cancellation);
    let answer: unknown;
    try {
      const layers = this.#core.layersOf("handle", name);
      answer = layers.length === 0 ? call() : aroundAsync(layers, context, call);
    } catch (error) {
      throw failure(error);
    }
    if (!isThenable(answer)) return answer;
    const done = this.hold();
    return Promise.resolve(answer).then(
      (value) => {
        done();
        return value;
      },
      (error: unknown) => {
        done();
        throw failure(error);
      },
    );
  }

  #failure(
    error: unknown,
    { name, cause }: RequestMessage,
    definition: RequestDefinition,
    { aborted, reason }: Cancellation,
  ): unknown {
    if (isDeclared(error, name, definition)) return error;
    const failure = new InternalError(name, error, cause);
    if (aborted && !isAbort(error, reason)) this.#core.report(failure);
    return failure;
  }

  /** Keeps the bus from ending, within its time, until the result is called: a handler is at work, or its answer leaves. */
  hold(): () => void {
    this.#running += 1;
    return () => {
      this.#running -= 1;
      if (this.#running === 0) this.#onIdle?.();
    };
  }

  /** Resolves when no handler is at work. Asked once, by the end of the bus. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#running > 0) this.#onIdle = resolve;
      else resolve();
    });
  }
}

/** A declared error of another request that a handler lets through is not one of this request. */
function isDeclared(error: unknown, name: string, definition: RequestDefinition): boolean {
  return (
    error instanceof DeclaredError && error.about === name && Object.hasOwn(definition.errors, error.code)
  );
}

/** Whether a handler ended because it was told to, itself or by what it called with its signal. */
function isAbort(error: unknown, reason: unknown): boolean {
  if (error === reason) return true;
  return error instanceof Error && (error.name === "AbortError" || error.cause === reason);
}
