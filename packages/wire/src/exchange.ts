import type { EventwireError } from "@eventwire/core";
import type { Asking } from "@eventwire/core/attach";
import { Answering, type AnsweringHost, type AnswersOut } from "./answering.js";
import type { Channel } from "./channel.js";
import type { Answers, Cancel, Pull, Request } from "./messages.js";
import type { ConnectedPeer } from "./peer.js";
import { Questions } from "./questions.js";
import { left } from "./refusal.js";
import type { Replies } from "./replies.js";

/** The requests between a server and one peer, in either direction: each half from its first request on. */
export class Exchange implements AnswersOut {
  readonly #host: AnsweringHost;
  readonly #peer: ConnectedPeer<unknown>;
  readonly #channel: Channel;
  readonly #replies: Replies;
  #answering: Answering | undefined;
  #questions: Questions | undefined;
  #lastRef = 0;

  constructor(host: AnsweringHost, peer: ConnectedPeer<unknown>, channel: Channel, replies: Replies) {
    this.#host = host;
    this.#peer = peer;
    this.#channel = channel;
    this.#replies = replies;
  }

  /** Whether it waits for answers. */
  get busy(): boolean {
    return this.#answering?.busy === true;
  }

  /** Asks the peer. Its input has passed its schema. */
  ask(name: string, input: unknown, asking: Asking): Promise<unknown> {
    if (!this.#questions) {
      const { core, deadlines, limits } = this.#host;
      this.#questions = new Questions(core, deadlines, () => ++this.#lastRef, limits.requests);
      this.#questions.connect(this.#channel);
    }
    return this.#questions.ask(name, input, asking, []);
  }

  /** What the peer answers. */
  receive(message: Answers): void {
    this.#questions?.receive(message);
  }

  /** What the peer answers by this number was not taken. */
  refuse(ref: number, error: EventwireError): void {
    this.#questions?.refuse(ref, error);
  }

  /** What the peer asks, or says of that. @returns a promise where what comes after has to wait. */
  take(message: Request | Pull | Cancel): Promise<void> | undefined {
    if (message[0] === "request") {
      this.#answering ??= new Answering(this.#host, this.#peer, this);
      return this.#answering.request(message);
    }
    if (message[0] === "pull") this.#answering?.pull(message[1], message[2]);
    else this.#answering?.cancel(message[1]);
    return undefined;
  }

  /** What is asked for of an answer cannot be given. */
  giveUp(ref: number, error: EventwireError): void {
    this.#answering?.giveUp(ref, error);
  }

  /** Asks the rules again about what is streamed. @returns how much was ended. */
  async askAgain(): Promise<number> {
    return (await this.#answering?.askAgain()) ?? 0;
  }

  /** Ends what is streamed. */
  cutOff(error: (name: string) => EventwireError): void {
    this.#answering?.cutOff(error);
  }

  /** The peer has left. */
  end(why: string): void {
    this.#answering?.end();
    this.#questions?.end((name) => left(name, why));
  }

  send(message: Answers, name: string): void {
    this.#channel.sendData(message, name);
  }

  withdraw(ref: number): void {
    this.#channel.withdraw(["answer", ref]);
  }

  fail(ref: number, error: unknown): void {
    this.#replies.fail(ref, error);
  }
}
