import type { LogRecord } from "../broker.js";
import { Chain } from "../cause.js";
import { EventMessage, type Offset } from "../message.js";
import { type Body, decodeBody } from "./body.js";
import { offsetOf } from "./place.js";

/** An event as it comes from the log. */
export class StoredMessage extends EventMessage {
  /** Its offset within the log's epoch. */
  readonly number: number;
  readonly #epoch: string;
  readonly #attempt: number;

  constructor(record: LogRecord, { data, cause }: Body, epoch: string, attempt: number) {
    const [first, ...rest] = cause;
    const parent = first && Chain.of({ ...first, cause: rest });
    super(record.name, data, record.key, record.time, undefined, record.id, "", parent);
    this.number = record.offset;
    this.#epoch = epoch;
    this.#attempt = attempt;
  }

  override get offset(): Offset {
    return offsetOf(this.#epoch, this.number);
  }

  override get attempt(): number {
    return this.#attempt;
  }
}

/** @throws {SyntaxError | TypeError} when its body is none of this bus's making. */
export function readMessage(record: LogRecord, epoch: string): StoredMessage {
  return new StoredMessage(record, decodeBody(record.body), epoch, 1);
}
