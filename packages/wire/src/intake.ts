import { type EventwireError, OverflowError } from "@eventwire/core";
import type { Limits } from "./limits.js";
import {
  type Answers,
  type Auth,
  type Done,
  type Events,
  eventsOf,
  type Goodbye,
  type Reads,
  runLength,
  type Took,
  type Undone,
  type Unlisten,
  type WireMessage,
} from "./messages.js";
import { tooMany } from "./refusal.js";
import type { Traffic } from "./traffic.js";
import { Turns, type TurnTaker } from "./turns.js";

/** What waits for no turn. */
export type Prompt = Answers | Took | Done | Undone | Goodbye | Reads | Unlisten | Auth;

/** Does what is taken in. */
export interface IntakeTaker extends TurnTaker<WireMessage> {
  /** What waits for no turn. */
  atOnce(message: Prompt): void;
  /** Whether something is listened to by this number, or waits to be. */
  listens(ref: number): boolean;
  /** Nothing is done of it. */
  reject(message: WireMessage, error: EventwireError): void;
}

/** What one peer sends once it is known: counted, no more of it than may be, and each in its turn. */
export class Intake {
  readonly #traffic: Traffic;
  readonly #taker: IntakeTaker;
  readonly #turns: Turns<WireMessage>;

  constructor(limits: Pick<Limits, "heldMessages" | "heldBytes">, traffic: Traffic, taker: IntakeTaker) {
    this.#traffic = traffic;
    this.#taker = taker;
    this.#turns = new Turns(limits.heldMessages, limits.heldBytes, taker);
  }

  /** @param bytes what it took as it came. */
  take(message: WireMessage, bytes: number): void {
    // What was asked for is not too much, and neither is to ask for more of what was taken.
    switch (message[0]) {
      case "answer":
      case "failed":
      case "streaming":
      case "item":
      case "took":
      case "done":
      case "undone":
        this.#taker.atOnce(message);
        return;
      case "ping":
      case "pull":
        this.#inTurn(message, bytes);
        return;
      case "events":
        this.#run(message, bytes);
        return;
    }
    const wait = this.#traffic.message();
    switch (message[0]) {
      case "goodbye":
      case "reads":
        this.#taker.atOnce(message);
        return;
      case "unlisten":
        // It waits only for the listen that it ends.
        if (this.#taker.listens(message[1])) this.#taker.atOnce(message);
        else this.#inTurn(message, bytes);
        return;
      case "cancel":
        this.#inTurn(message, bytes);
        return;
    }
    if (wait > 0) this.#taker.reject(message, tooMany(wait));
    else if (message[0] === "auth") this.#taker.atOnce(message);
    else this.#inTurn(message, bytes);
  }

  /** The peer has left: what waits is given up. */
  end(): void {
    this.#turns.end();
  }

  /** Each of its events is a message of its own, for the limits. */
  #run(run: Events, bytes: number): void {
    const count = runLength(run);
    const taken = this.#traffic.messages(count);
    if (taken === count) {
      this.#inTurn(run, bytes, count);
      return;
    }
    if (taken > 0)
      this.#inTurn(run.slice(0, 4 + 2 * taken) as unknown as Events, (bytes * taken) / count, taken);
    const wait = this.#traffic.message();
    for (const event of eventsOf(run).slice(taken)) this.#taker.reject(event, tooMany(wait));
  }

  #inTurn(message: WireMessage, bytes: number, count = 1): void {
    if (this.#turns.take(message, bytes, count)) return;
    this.#taker.reject(message, new OverflowError("Too much waits for a decision. Send less at once."));
  }
}
