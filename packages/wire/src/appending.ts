import { EventwireError, OverflowError, UnavailableError } from "@eventwire/core";
import { type BusCore, textFlaw } from "@eventwire/core/attach";
import { AppendingLine, type LineReplies } from "./appending-line.js";
import type { Principal } from "./credentials.js";
import type { Gate } from "./gate.js";
import type { Inlets } from "./inlets.js";
import type { Limits } from "./limits.js";
import type { AppendAsked, Produce, Producing } from "./messages.js";
import type { ConnectedPeer } from "./peer.js";
import { probeOf } from "./producer-probe.js";
import type { Rates } from "./rates.js";
import { denied, FencedError, invalid, unsupported } from "./refusal.js";

export interface AppendingHost {
  readonly core: BusCore;
  readonly limits: Limits;
  readonly gates: { readonly emit: Gate };
  /** The ways in for what goes into the log. */
  readonly logInlets: Inlets;
  readonly rates: Rates;
  /** How often a user may begin to send from an outbox: each time is a write of the log. */
  readonly outboxRates: Rates;
}

export interface AppendingReplies extends LineReplies {
  producing(told: Producing): void;
  fail(ref: number, error: unknown): void;
}

const logFailed = "The log has failed: begin again.";

/** Takes the durable events of one peer, from its outboxes. */
export class Appending {
  readonly #host: AppendingHost;
  readonly #peer: ConnectedPeer<unknown>;
  readonly #replies: AppendingReplies;
  readonly #lines = new Map<number, AppendingLine | undefined>();

  constructor(host: AppendingHost, peer: ConnectedPeer<unknown>, replies: AppendingReplies) {
    this.#host = host;
    this.#peer = peer;
    this.#replies = replies;
  }

  produce(asked: Produce): void {
    const [, ref] = asked;
    if (this.#lines.has(ref)) {
      this.#replies.fail(ref, invalid("produce", "its number is in use"));
      return;
    }
    try {
      const producer = this.#admit(asked);
      this.#lines.set(ref, undefined);
      void this.#begin(asked, producer);
    } catch (error) {
      this.#replies.fail(ref, error);
    }
  }

  produced(ref: number): void {
    this.#lines.get(ref)?.end();
    this.#lines.delete(ref);
  }

  /** @returns a promise where a rule gives one. It never rejects. */
  append(message: AppendAsked): Promise<void> | undefined {
    const line = this.#lines.get(message[1]);
    if (line) return line.take(message);
    // What was sent before its sender knew that it had failed is passed over.
    return undefined;
  }

  /** An append was not looked at: it is refused for good by an error, or is to come again after so many milliseconds. */
  passOver(ref: number, sequence: number, why: EventwireError | number): void {
    this.#lines.get(ref)?.passOver(sequence, why);
  }

  /** The peer has left. */
  end(): void {
    for (const line of this.#lines.values()) line?.end();
    this.#lines.clear();
  }

  /**
   * @returns what the log knows it by.
   * @throws {EventwireError} when it may not send from there.
   */
  #admit([, , producer, , , user]: Produce): string {
    const { limits, outboxRates } = this.#host;
    const { id } = this.#peer.user as Principal;
    if (user !== null && user !== id)
      throw denied("produce", "said by this user: the outbox is somebody else's");
    if (this.#lines.size >= limits.outboxes)
      throw new OverflowError(`No more than ${limits.outboxes} outboxes may be sent from at once.`);
    const name = `${id}/${producer}`;
    const flaw = textFlaw(name);
    if (flaw) throw invalid("produce", `the id of the user, with that of the outbox, ${flaw}`);
    outboxRates.take(this.#peer, "produce");
    return name;
  }

  async #begin([, ref, , epoch, confirmed]: Produce, producer: string): Promise<void> {
    try {
      const { durability, expected, known } = await this.#probe(producer, epoch, confirmed);
      if (!this.#lines.has(ref)) return;
      const { id } = this.#peer.user as Principal;
      const line = new AppendingLine(
        this.#host,
        this.#peer,
        this.#replies,
        { ref, producer, owner: id, epoch },
        expected,
        () => this.#lines.delete(ref),
      );
      this.#lines.set(ref, line);
      this.#replies.producing(["producing", ref, expected, known, id, durability]);
    } catch (error) {
      if (!this.#lines.delete(ref)) return;
      // The log has not answered within its window of repetitions.
      const failed = EventwireError.is(error) ? error : new UnavailableError(logFailed, { cause: error });
      this.#replies.fail(ref, failed);
    }
  }

  /**
   * Has the log say what it knows of a producer, by what it does not append. The last probe fences whatever of an older epoch is still
   * on its way, here or at another server, so that nothing of it takes the place of what comes now. One comes after the other: each says
   * the same where it has to be asked again.
   */
  async #probe(id: string, epoch: number, confirmed: number) {
    const { core } = this.#host;
    const { keeper } = core;
    if (!keeper.use) throw unsupported("produce", "needs a log, which is not here");
    const { id: owner } = this.#peer.user as Principal;
    return keeper.use(async (backing) => {
      const ask = (epoch: number, begun: boolean) =>
        backing.append(probeOf(core, { id, owner, epoch, begun }));
      // A log that does not know it fences it as well, so the next one tells the two apart.
      let known = confirmed > 0 && (await ask(confirmed - 1, true)).type === "fenced";
      let now = await ask(epoch, known);
      if (known && now.type === "fenced") {
        known = false;
        now = await ask(epoch, false);
      }
      if (now.type !== "conflict") throw new FencedError();
      return { durability: backing.durability, expected: now.expected, known };
    });
  }
}
