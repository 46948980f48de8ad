import { type Append, type EventwireError, type Producer, UnavailableError } from "@eventwire/core";
import { appendOf, EventMessage, examine, inWords, type Logged, plainIssues } from "@eventwire/core/attach";
import type { AppendingHost } from "./appending.js";
import { clientCauses } from "./client-causes.js";
import type { Decision } from "./decision.js";
import { type Failure, invalidity } from "./failure.js";
import { boundedKey, emitDenial, type Inlet } from "./inlets.js";
import { type AppendAsked, appendsUnderWay } from "./messages.js";
import type { ConnectedPeer } from "./peer.js";
import { probeOf } from "./producer-probe.js";
import { ConflictError, FencedError, TooOftenError } from "./refusal.js";

/** What answers the appends of an outbox. */
export interface LineReplies {
  appended(ref: number, sequence: number, logged: Logged & { readonly type: "appended" }): void;
  /** @param error a failure where it is known already. */
  rejected(ref: number, sequence: number, error: unknown): void;
  tellRejection(ref: number, sequence: number, failure: Failure): void;
  again(ref: number, sequence: number, wait: number): void;
  fail(ref: number, error: unknown): void;
}

/** As whom the log knows an outbox, over this link. */
export interface LineProducer {
  readonly ref: number;
  readonly producer: string;
  /** The id of the user. */
  readonly owner: string;
  readonly epoch: number;
}

/** What became of an append. Told in order. */
type Outcome =
  | Logged
  | { readonly type: "rejected"; readonly tell: () => void }
  | { readonly type: "again"; readonly wait: number }
  | { readonly type: "unknown"; readonly cause: unknown };

/** An append that is not answered yet. */
interface Place {
  readonly sequence: number;
  readonly bytes: number;
  outcome?: Outcome;
}

/** How long to wait before an append comes again that no rule has decided about, in milliseconds. */
const ruleWait = 1_000;
/** The same where too much is under way already. */
const roomWait = 10;
/** After so long without an append the log may have forgotten the producer, in milliseconds. */
const quiet = 30_000;

/**
 * The appends of one outbox, in order. What is decided goes on its way to the log at once, and what is behind it need not wait; but each
 * is answered only behind those before it. Where one is not appended, nothing behind it is: it is expected once more.
 */
export class AppendingLine {
  readonly #host: AppendingHost;
  readonly #peer: ConnectedPeer<unknown>;
  readonly #replies: LineReplies;
  readonly #as: LineProducer;
  readonly #over: () => void;
  readonly #places: Place[] = [];
  #bytes = 0;
  /** The next one that is looked at. */
  #expected: number;
  /** Whether its sender has yet to come back to what is expected: until then what comes was sent before it knew. */
  #goesBack = false;
  /** Counts how often it went back: what was being decided then is not appended. */
  #turn = 0;
  /** The first that was not looked at. */
  #passed: { readonly sequence: number; readonly why: EventwireError | number } | undefined;
  #ended = false;
  /** When the log was last heard to know the producer. */
  #knownAt: number;
  /** It is being asked what stands against the next append: that waits for the answer. */
  #asking: Promise<Logged | undefined> | undefined;

  /** @param over told when nothing more is taken, but from a new beginning. */
  constructor(
    host: AppendingHost,
    peer: ConnectedPeer<unknown>,
    replies: LineReplies,
    as: LineProducer,
    expected: number,
    over: () => void,
  ) {
    this.#host = host;
    this.#peer = peer;
    this.#replies = replies;
    this.#as = as;
    this.#expected = expected;
    this.#over = over;
    this.#knownAt = host.core.runtime.monotonic();
  }

  /** @returns a promise where a rule gives one. It never rejects. */
  take(message: AppendAsked): Promise<void> | undefined {
    const sequence = message[2];
    if (this.#ended || this.#stops || !this.#isExpected(sequence)) return undefined;
    const { limits } = this.#host;
    if (this.#places.length >= appendsUnderWay || (this.#bytes > 0 && this.#bytes >= limits.heldBytes)) {
      this.#settle({ sequence, bytes: 0, outcome: { type: "again", wait: roomWait } });
      return undefined;
    }
    const turn = this.#turn;
    const decided = this.#decide(message);
    if (!(decided instanceof Promise)) {
      this.#checkPassed();
      return undefined;
    }
    return decided.then((store) => {
      if (this.#ended || turn !== this.#turn) return;
      store();
      this.#checkPassed();
    });
  }

  /** One was not looked at. */
  passOver(sequence: number, why: EventwireError | number): void {
    if (this.#ended || this.#stops || this.#passed || (this.#goesBack && sequence !== this.#expected)) return;
    this.#passed = { sequence, why };
    this.#checkPassed();
  }

  end(): void {
    this.#ended = true;
    this.#places.length = 0;
  }

  /** Whether it is yet to be told that one is not appended: what comes before that was sent behind it. */
  get #stops(): boolean {
    const last = this.#places.at(-1)?.outcome?.type;
    return last === "rejected" || last === "again";
  }

  #isExpected(sequence: number): boolean {
    if (sequence === this.#expected) {
      this.#goesBack = false;
      return true;
    }
    // One is missing where it was not told to go back.
    if (!this.#goesBack)
      this.#settle({ sequence: this.#expected, bytes: 0, outcome: { type: "again", wait: 0 } });
    return false;
  }

  /** Answers what was not looked at when its turn has come. */
  #checkPassed(): void {
    if (this.#passed?.sequence !== this.#expected) return;
    const { sequence, why } = this.#passed;
    this.#passed = undefined;
    if (typeof why === "number") this.#settle({ sequence, bytes: 0, outcome: { type: "again", wait: why } });
    else this.#reject(sequence, why);
  }

  /** As a live event is. @returns a promise where a rule gives one, of what is to be done then. */
  #decide([, , sequence, id, name, data, said]: AppendAsked): Promise<() => void> | undefined {
    const { core, gates, logInlets, rates } = this.#host;
    try {
      const inlet = logInlets.of(name);
      const result = examine(inlet.schema, name, data);
      if (result.issues) {
        const issues = plainIssues(result.issues);
        const failure = invalidity(inWords(name, issues), issues);
        this.#refuse(sequence, () => this.#replies.tellRejection(this.#as.ref, sequence, failure));
        return undefined;
      }
      const { value } = result;
      const key = boundedKey(inlet.topic, value);
      rates.take(this.#peer, name);
      const decision = inlet.standing ?? gates.emit.decide({ peer: this.#peer, name, key, data: value });
      const cause = said && clientCauses(core.contract, said);
      const message = new EventMessage(name, value, key, core.runtime.now(), this.#peer, id, "", cause);
      if (decision instanceof Promise)
        return decision.then((settled) => () => this.#heed(inlet, sequence, message, settled));
      this.#heed(inlet, sequence, message, decision);
    } catch (error) {
      if (error instanceof TooOftenError)
        this.#settle({ sequence, bytes: 0, outcome: { type: "again", wait: error.wait } });
      else this.#reject(sequence, error);
    }
    return undefined;
  }

  #heed({ topic }: Inlet, sequence: number, message: EventMessage, { outcome, reason }: Decision): void {
    const { core } = this.#host;
    try {
      // A rule that cannot decide denies nothing: what waited long in an outbox would be lost by a short failure.
      if (outcome !== "allows" && outcome !== "denies") {
        this.#settle({ sequence, bytes: 0, outcome: { type: "again", wait: ruleWait } });
        return;
      }
      if (outcome === "denies") throw emitDenial(topic.name, reason);
      const append = {
        ...appendOf(message, message.data, core.keeper.maxBodyBytes),
        producer: { ...this.#producer, sequence },
      };
      core.inspect?.({ type: "emitted", message });
      const place: Place = { sequence, bytes: append.body.length };
      this.#places.push(place);
      this.#bytes += place.bytes;
      this.#expected = sequence + 1;
      this.#append(append).then(
        (logged) => this.#became(place, logged),
        (cause) => this.#became(place, { type: "unknown", cause }),
      );
    } catch (error) {
      this.#reject(sequence, error);
    }
  }

  /** Where the log has forgotten it since it was asked, it may have an event already that is appended once more. */
  get #producer(): Omit<Producer, "sequence"> {
    const { epoch, owner, producer: id } = this.#as;
    return { id, owner, epoch, begun: true };
  }

  #append(append: Append): Promise<Logged> {
    const { keeper, runtime } = this.#host.core;
    if (this.#places.length === 1 && runtime.monotonic() - this.#knownAt >= quiet) {
      const asked = () => {
        this.#asking = undefined;
      };
      this.#asking = this.#ask();
      // Before what waits for it goes on, so that nothing overtakes that.
      this.#asking.then(asked, asked);
    }
    if (!this.#asking) return keeper.append(append);
    return this.#asking.then((against) => against ?? keeper.append(append));
  }

  /**
   * Asks the log whether it still knows the producer, before an event is at stake of which nobody could say whether it is there.
   *
   * @returns `undefined` where it does.
   */
  async #ask(): Promise<Logged | undefined> {
    const { core } = this.#host;
    const probe = (producer: Omit<Producer, "sequence">) => core.keeper.append(probeOf(core, producer));
    const known = await probe(this.#producer);
    // It is forgotten, or fenced by a newer epoch: that fences whoever begins with this one as well.
    return known.type === "fenced" ? probe({ ...this.#producer, begun: false }) : undefined;
  }

  #became(place: Place, outcome: Outcome): void {
    place.outcome = outcome;
    if (outcome.type === "appended") this.#knownAt = this.#host.core.runtime.monotonic();
    this.#tell();
  }

  #reject(sequence: number, error: unknown): void {
    this.#refuse(sequence, () => this.#replies.rejected(this.#as.ref, sequence, error));
  }

  #refuse(sequence: number, tell: () => void): void {
    this.#settle({ sequence, bytes: 0, outcome: { type: "rejected", tell } });
  }

  /** One is not appended, which is told when those before it are answered. */
  #settle(place: Place): void {
    this.#expected = place.sequence;
    this.#goesBack = true;
    this.#places.push(place);
    this.#tell();
  }

  #tell(): void {
    for (;;) {
      const [first] = this.#places;
      if (!first?.outcome || this.#ended) return;
      this.#places.shift();
      this.#bytes -= first.bytes;
      this.#answer(first.sequence, first.outcome);
    }
  }

  #answer(sequence: number, outcome: Outcome): void {
    const { ref } = this.#as;
    switch (outcome.type) {
      case "appended":
        this.#replies.appended(ref, sequence, outcome);
        return;
      case "rejected":
        this.#goBack(sequence);
        outcome.tell();
        return;
      case "again":
        this.#goBack(sequence);
        this.#replies.again(ref, sequence, outcome.wait);
        return;
      default:
        this.end();
        this.#over();
        this.#replies.fail(ref, failureOf(outcome));
    }
  }

  /** Nothing behind it counts. */
  #goBack(sequence: number): void {
    this.#turn += 1;
    this.#places.length = 0;
    this.#bytes = 0;
    this.#passed = undefined;
    this.#expected = sequence;
    this.#goesBack = true;
  }
}

function failureOf(
  outcome: Exclude<Outcome, { readonly type: "appended" | "rejected" | "again" }>,
): EventwireError {
  if (outcome.type === "fenced") return new FencedError();
  if (outcome.type === "conflict") return new ConflictError();
  // It may be there: were it decided about once more, and refused, another would take its number.
  const { cause } = outcome;
  return new UnavailableError("The log has failed, and may have what was sent or not: begin again.", {
    cause,
  });
}
