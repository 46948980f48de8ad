import type { LogRecord } from "../broker.js";
import { Chain } from "../cause.js";
import { InvalidError } from "../errors/invalid-error.js";
import { EventMessage, type Offset } from "../message.js";
import type { Body } from "./body.js";
import { offsetOf } from "./place.js";

/** An event as it comes from the log. */
export class StoredMessage extends EventMessage {
  readonly record: LogRecord;
  /** Why its data cannot be had, where it cannot. */
  readonly flaw: InvalidError | undefined;
  /** What the group listens to that is to do it again; `undefined` of what is for all. */
  readonly redrivenFor: string | undefined;
  readonly #epoch: string;
  readonly #attempt: number;

  constructor(
    record: LogRecord,
    body: Body | InvalidError,
    epoch: string,
    attempt: number,
    redrivenFor?: string,
  ) {
    const { name, key, time, id } = record;
    const flaw = body instanceof InvalidError ? body : undefined;
    const { data, cause } = body instanceof InvalidError ? unreadable : body;
    const [first, ...rest] = cause;
    const parent = first && Chain.of({ ...first, cause: rest });
    super(name, data, key, time, undefined, id, "", parent);
    this.record = record;
    this.flaw = flaw;
    this.redrivenFor = redrivenFor;
    this.#epoch = epoch;
    this.#attempt = attempt;
  }

  /** Its offset within the log's epoch. */
  get number(): number {
    return this.record.offset;
  }

  override get offset(): Offset {
    return offsetOf(this.#epoch, this.number);
  }

  override get attempt(): number {
    return this.#attempt;
  }
}

const unreadable: Body = { data: undefined, cause: [] };
