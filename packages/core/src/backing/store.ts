import { ClosedError, EventwireError, OverflowError, type Runtime } from "@eventwire/queue";
import type { Broker, Log, Tasks } from "../broker.js";
import { withDeadline } from "../deadline.js";
import { BrokerError } from "../errors/broker-error.js";
import type { Schema } from "../schema.js";
import { validate } from "../validate.js";
import type { Body } from "./body.js";
import { Pauses } from "./pauses.js";

/** How long to wait after a failure of the broker's, in milliseconds: the first time, and at most. */
const firstWait = 50;
const longestWait = 5_000;
/** How much longer than its drain a broker may take to close, in milliseconds. */
const grace = 1_000;

/** What was given to the broker may be there or not. */
export class UnknownOutcome extends Error {
  constructor(failure: unknown) {
    super("The outcome is unknown.", { cause: failure });
  }
}

interface Persistence {
  /** For how long it may be tried again, in milliseconds. Default: it may be done twice. */
  readonly within?: number;
  /** Whether it is tried again also where the broker says that it cannot be done now. */
  readonly insists?: boolean;
}

/** The broker, opened, and patience for its failures. */
export class Store {
  readonly broker: Broker;
  readonly runtime: Runtime;
  readonly pauses: Pauses;
  /** The log's, as far as is known. */
  epoch = "";
  readonly #report: (error: unknown) => void;
  readonly #opened: Promise<void>;
  /** What ends the waiting for each answer of the broker that is under way. */
  readonly #waiting = new Set<(reason: Error) => void>();
  /** Whether there is something to close: others may share the broker, so what did not open must not be closed. */
  #opens = false;
  #ended = false;

  constructor(broker: Broker, runtime: Runtime, report: (error: unknown) => void) {
    this.broker = broker;
    this.runtime = runtime;
    this.pauses = new Pauses(runtime);
    this.#report = report;
    this.#opened = this.#open();
    // Who asks next is told.
    this.#opened.catch(() => undefined);
  }

  get log(): Log {
    return this.broker.log;
  }

  get tasks(): Tasks {
    return this.broker.tasks;
  }

  /**
   * Does what may be done twice, and again until it succeeds. A failure is reported, once for a row of them.
   *
   * Rejects with an `EventwireError` that the broker gives, and with a `ClosedError` at the end of the bus.
   */
  async persist<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    await this.#opened;
    return this.#persist(what, work);
  }

  /** As `persist`, of what nobody waits for who could try it again: also where the broker says that it cannot be done now. */
  async insist<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    await this.#opened;
    return this.#persist(what, work, { insists: true });
  }

  /**
   * Does what the broker knows for a repetition by ids, as long as it does.
   *
   * Rejects with an `EventwireError` that the broker gives at first, with an `UnknownOutcome` when it gives one after a
   * failure, when that time is over or the bus ends after a failure, and with a `ClosedError` when it has ended before.
   */
  async persistByIds<Result>(
    what: string,
    work: () => Promise<Result>,
    { insists = false }: Pick<Persistence, "insists"> = {},
  ): Promise<Result> {
    await this.#opened;
    return this.#persist(what, work, {
      within: this.broker.features.dedupeWindow,
      insists,
    });
  }

  /**
   * Checks what was kept where it may be another version's of the program, and gives what the schema made of it. What
   * ends with this process was written by it.
   *
   * @throws {InvalidError}
   */
  check(schema: Schema, name: string, body: Body): Body {
    if (this.broker.features.durability === "memory") return body;
    return { ...body, data: validate(schema, name, body.data) };
  }

  async #open(): Promise<void> {
    await this.#persist("open", async () => {
      this.#opens = true;
      try {
        await this.broker.open();
      } catch (failure) {
        this.#opens = false;
        throw failure;
      }
    });
    this.epoch = await this.#persist("tell its epoch", () => this.log.epoch());
  }

  /** Resolves in any case: a broker that does not end in time, or fails to, is reported. */
  async close(drain: number): Promise<void> {
    this.#ended = true;
    this.pauses.end();
    const { runtime, broker } = this;
    try {
      const close = () => broker.close({ drain });
      if (this.#opens)
        await withDeadline(runtime, "the end of the broker", { timeout: drain + grace }, close);
    } catch (failure) {
      this.#report(new BrokerError("close", failure, false));
    }
    for (const end of this.#waiting) end(new Error("the bus ended before it answered"));
  }

  /** What the broker answers; rejects where it still has not when the bus has ended. */
  async #answered<Result>(work: () => Promise<Result>): Promise<Result> {
    let end: (reason: Error) => void = () => undefined;
    const ended = new Promise<never>((_, reject) => {
      end = reject;
    });
    this.#waiting.add(end);
    try {
      return await Promise.race([work(), ended]);
    } finally {
      this.#waiting.delete(end);
    }
  }

  /** Tells how long ago it was made: by the clock that says more, since the one may stand while the machine sleeps, and the other be set. */
  #stopwatch(): () => number {
    const { runtime } = this;
    const now = runtime.now();
    const monotonic = runtime.monotonic();
    return () => Math.max(runtime.now() - now, runtime.monotonic() - monotonic);
  }

  async #persist<Result>(
    what: string,
    work: () => Promise<Result>,
    { within, insists = false }: Persistence = {},
  ): Promise<Result> {
    if (this.#ended) throw closed(what);
    const tried = this.#stopwatch();
    for (let tries = 0; ; tries++) {
      try {
        return await this.#answered(work);
      } catch (failure) {
        // What was tried before may have got there, whatever becomes of this try.
        if (EventwireError.is(failure) && !(insists && isTemporary(failure)))
          throw within !== undefined && tries > 0 ? new UnknownOutcome(failure) : failure;
        // Half of it by chance, so that many who failed together do not come back together.
        const wait = Math.min(longestWait, firstWait * 2 ** tries) * (0.5 + this.runtime.random() / 2);
        const isOver = (wait: number) => this.#ended || (within !== undefined && tried() + wait >= within);
        let over = isOver(wait);
        if (!over) {
          if (tries === 0) this.#report(new BrokerError(what, failure));
          await this.pauses.pause(wait);
          // The process may have stood still for longer.
          over = isOver(0);
        }
        if (over) throw within === undefined ? closed(what) : new UnknownOutcome(failure);
      }
    }
  }
}

/** Whether the broker cannot do it now, and not because of what it is. */
function isTemporary(failure: EventwireError): boolean {
  return failure.retryable && !(failure instanceof OverflowError);
}

function closed(what: string): ClosedError {
  return new ClosedError(`The broker was not made to ${what}`);
}
