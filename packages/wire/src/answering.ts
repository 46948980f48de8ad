import {
  DeclaredError,
  DeniedError,
  type EventwireError,
  InternalError,
  OverflowError,
} from "@eventwire/core";
import {
  type Asked,
  type BusCore,
  type RequestDefinition,
  validate,
  withDeadline,
} from "@eventwire/core/attach";
import { clientCauses } from "./client-causes.js";
import type { Decision } from "./decision.js";
import { toFailure } from "./failure.js";
import type { Gate } from "./gate.js";
import type { Limits } from "./limits.js";
import { encodeMessage, type Request } from "./messages.js";
import type { ConnectedPeer } from "./peer.js";
import type { Rates } from "./rates.js";
import { checkSchema, closing, definitionOf, denied, invalid, unsupported } from "./refusal.js";

export interface AnsweringHost {
  readonly core: BusCore;
  readonly limits: Limits;
  readonly gates: { readonly request: Gate };
  readonly rates: Rates;
}

export interface Answers {
  /** @throws {OverflowError} when it is more than the peer's link takes. */
  send(encoded: string): void;
  fail(ref: number, error: unknown): void;
}

/** Answers the requests of one peer. */
export class Answering {
  readonly #host: AnsweringHost;
  readonly #peer: ConnectedPeer<unknown>;
  readonly #answers: Answers;
  readonly #unanswered = new Map<number, AbortController>();
  /** Handlers at work, also on what is answered already by a deadline or a cancel. */
  #atWork = 0;
  #ended = false;

  constructor(host: AnsweringHost, peer: ConnectedPeer<unknown>, answers: Answers) {
    this.#host = host;
    this.#peer = peer;
    this.#answers = answers;
  }

  /** @returns a promise where a rule gives one. It never rejects. */
  request(message: Request): Promise<void> | undefined {
    const [, ref, name, , input] = message;
    const { core, gates, limits, rates } = this.#host;
    try {
      if (this.#unanswered.has(ref)) throw invalid(name, "this number is in use");
      const definition = checkedRequest(core, gates.request, name);
      if (core.closed) throw closing(name);
      if (this.#atWork >= limits.requests) {
        throw new OverflowError(`A peer may have ${limits.requests} requests in flight.`, { name });
      }
      const value = validate(definition.input, name, input);
      rates.take(this.#peer, name);
      const decision = gates.request.decide({ peer: this.#peer, name, input: value });
      if (decision instanceof Promise) {
        const since = core.runtime.monotonic();
        return decision.then((settled) => {
          if (!this.#ended) this.#ask(message, definition, value, settled, core.runtime.monotonic() - since);
        });
      }
      this.#ask(message, definition, value, decision, 0);
    } catch (error) {
      this.#answers.fail(ref, error);
    }
    return undefined;
  }

  /** @param waited how much of its time has passed, in milliseconds. */
  #ask(
    [, ref, name, timeout, , said = []]: Request,
    definition: RequestDefinition,
    value: unknown,
    { outcome, reason }: Decision,
    waited: number,
  ): void {
    const { core, limits } = this.#host;
    const controller = new AbortController();
    try {
      if (outcome !== "allows") throw askDenial(name, reason);
      if (core.closed) throw closing(name);
      this.#unanswered.set(ref, controller);
      const done = core.handlers.hold();
      const options = {
        timeout: Math.max(0, Math.min(timeout, limits.requestTimeout) - waited),
        signal: controller.signal,
      };
      const asked = core.asked(name, value, this.#peer, clientCauses(core.contract, said));
      void core
        .answering(asked, () =>
          withDeadline(core.runtime, name, options, (signal) => this.#work(asked, definition, signal)),
        )
        .then(
          (output) => {
            this.#reply(ref, () =>
              encodeMessage(["answer", ref, validate(definition.output, name, output)], name),
            );
          },
          (error: unknown) => this.#fail(ref, name, definition, error),
        )
        .finally(done);
    } catch (error) {
      this.#answers.fail(ref, error);
    }
  }

  cancel(ref: number): void {
    this.#unanswered.get(ref)?.abort();
  }

  /** The peer has left: handlers are told, and what they answer goes nowhere. */
  end(): void {
    this.#ended = true;
    const controllers = [...this.#unanswered.values()];
    this.#unanswered.clear();
    for (const controller of controllers) controller.abort();
  }

  async #work(asked: Asked, definition: RequestDefinition, signal: AbortSignal): Promise<unknown> {
    this.#atWork += 1;
    try {
      return await this.#host.core.handlers.answer(asked, definition, signal);
    } finally {
      this.#atWork -= 1;
    }
  }

  #fail(ref: number, name: string, definition: RequestDefinition, error: unknown): void {
    if (!(error instanceof DeclaredError)) {
      if (!this.#unanswered.delete(ref)) return;
      if (error instanceof InternalError) this.#host.core.report(error);
      this.#answers.fail(ref, error);
      return;
    }
    this.#reply(ref, () => {
      const detail = validate(definition.errors[error.code]!, name, error.detail);
      const failure = toFailure(new DeclaredError(name, error.code, detail));
      return encodeMessage(["failed", ref, failure], name);
    });
  }

  /** Only what its schema made of an answer is sent: what the schema does not know stays here. */
  #reply(ref: number, encode: () => string): void {
    if (!this.#unanswered.delete(ref)) return;
    let encoded: string;
    try {
      encoded = encode();
    } catch (error) {
      this.#host.core.report(error);
      this.#answers.fail(ref, new Error("The answer is not one that may be sent."));
      return;
    }
    try {
      this.#answers.send(encoded);
    } catch (error) {
      // How much is asked for may be up to the peer.
      this.#host.core.report(error);
      this.#answers.fail(ref, error);
    }
  }
}

/**
 * The definition of a request that a client may ask if the rules let it.
 *
 * @throws {EventwireError} when it may not, whatever rules say.
 */
export function checkedRequest({ contract }: BusCore, gate: Gate, name: string): RequestDefinition {
  const definition = definitionOf(contract, name) as RequestDefinition;
  if (definition.kind !== "request") throw unsupported(name, `is no request but a ${definition.kind}`);
  if (definition.streamed) throw unsupported(name, "is streamed; streams do not cross a link yet");
  if (definition.from === "server") throw denied(name, "asked by clients");
  checkSchema(name, definition.input);
  checkSchema(name, definition.output);
  for (const schema of Object.values(definition.errors)) checkSchema(name, schema);
  if (!gate.mentions(name)) throw askDenial(name, undefined);
  return definition;
}

function askDenial(name: string, reason: string | undefined): EventwireError {
  return reason === undefined ? denied(name, "asked by this user") : new DeniedError(reason, { name });
}
