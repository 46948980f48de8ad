import type { HandlerContext } from "./bus.js";
import type { RequestDefinition } from "./definition.js";
import { DeclaredError } from "./errors/declared-error.js";
import { InternalError } from "./errors/internal-error.js";
import { MisuseError } from "./errors/misuse-error.js";
import { NoHandlerError } from "./errors/no-handler-error.js";
import type { Peer } from "./message.js";

export type Handler = (input: unknown, context: HandlerContext) => unknown;

/** Who answers which request. */
export class Handlers {
  readonly #handlers = new Map<string, Handler>();
  #running = 0;
  #onIdle: (() => void) | undefined;

  has(name: string): boolean {
    return this.#handlers.has(name);
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

  /** Resolves with the handler's answer; rejects with NoHandler, a declared error, or Internal. */
  async answer(
    name: string,
    definition: RequestDefinition,
    input: unknown,
    peer: Peer | undefined,
    signal: AbortSignal,
  ): Promise<unknown> {
    const handler = this.#handlers.get(name);
    if (!handler) throw new NoHandlerError(name);
    const context: HandlerContext = {
      name,
      peer,
      signal,
      error: (code, detail) => new DeclaredError(name, code, detail),
    };
    this.#running += 1;
    try {
      return await handler(input, context);
    } catch (error) {
      throw isDeclared(error, name, definition) ? error : new InternalError(name, error);
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#onIdle?.();
    }
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
