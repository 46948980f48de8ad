import type { Database, Statement } from "./database.js";
import { graceOf } from "./grace.js";
import { bytesOf } from "./text.js";

/** Ids that follow one another and whose events do, too: those of one bus share what comes before a number that rises. */
interface Run {
  readonly first: number;
  readonly last: number;
  /** Of the first. */
  readonly offset: number;
}

/** How many runs are forgotten for each that is added, and beyond. */
const sweep = 16;

/**
 * Which ids are known within the window, and for a grace, as runs: a thousand events of one bus take a row. Used within a transaction,
 * and settled at its end.
 */
export class KnownIds {
  readonly #window: number;
  readonly #next: Statement<Run>;
  readonly #insert: Statement<unknown>;
  readonly #forget: Statement<unknown>;
  /** The run that is being made, and the first number that ends it because it is known. */
  #open:
    | {
        readonly prefix: string;
        readonly first: number;
        last: number;
        readonly offset: number;
        readonly time: number;
        readonly limit: number;
      }
    | undefined;
  #added = 0;

  /** @param dedupeWindow in milliseconds; of 0, none is known. */
  constructor(db: Database, table: "ids" | "task_ids" | "write_ids", dedupeWindow: number) {
    this.#window = dedupeWindow + graceOf(dedupeWindow);
    this.#next = db.prepare(
      `SELECT first, last, "offset" FROM ${table} WHERE prefix = ? AND last >= ? AND time > ? ORDER BY last LIMIT 1`,
    );
    this.#insert = db.prepare(`INSERT INTO ${table} VALUES (?, ?, ?, ?, ?)`);
    this.#forget = db.prepare(
      `DELETE FROM ${table} WHERE time <= ?1 AND "offset" IN (SELECT "offset" FROM ${table} ORDER BY "offset" LIMIT ?2)`,
    );
  }

  /** The offset of an id, where it is known. */
  find(id: string, time: number): number | undefined {
    if (this.#window === 0) return undefined;
    const { prefix, number } = parse(id);
    this.#close();
    const next = this.#next.get(bytesOf(prefix), number, time - this.#window);
    return next && next.first <= number ? next.offset + number - next.first : undefined;
  }

  /** The offset of an id, where it is known; otherwise it is from now on, as that of the event at `offset`. */
  add(id: string, offset: number, time: number): number | undefined {
    if (this.#window === 0) return undefined;
    const { prefix, number } = parse(id);
    const open = this.#open;
    const follows = open?.prefix === prefix && number === open.last + 1 && number < open.limit;
    if (follows && offset === open.offset + number - open.first) {
      open.last = number;
      return undefined;
    }
    this.#close();
    const next = this.#next.get(bytesOf(prefix), number, time - this.#window);
    if (next && next.first <= number) return next.offset + number - next.first;
    const limit = next?.first ?? Number.POSITIVE_INFINITY;
    this.#open = { prefix, first: number, last: number, offset, time, limit };
    return undefined;
  }

  /** To be called at the end of the transaction, with the time of it. */
  settle(time: number): void {
    if (this.#window === 0) return;
    this.#close();
    this.#forget.run(time - this.#window, 2 * this.#added + sweep);
    this.#added = 0;
  }

  /** To be called where it was undone. */
  undo(): void {
    this.#open = undefined;
    this.#added = 0;
  }

  #close(): void {
    if (!this.#open) return;
    const { prefix, first, last, offset, time } = this.#open;
    this.#insert.run(offset, bytesOf(prefix), first, last, time);
    this.#added += 1;
    this.#open = undefined;
  }
}

/** The most digits of base 36 that a safe integer always has room for. */
const maxDigits = 10;
const zero = 48;

/**
 * The number that an id ends with, in base 36, behind all that is neither a digit nor a small letter, and written in one way
 * only: so that two ids never are the same to it. -1 where there is none.
 */
function parse(id: string): { readonly prefix: string; readonly number: number } {
  let from = id.length;
  while (from > 0 && isDigit(id.charCodeAt(from - 1))) from -= 1;
  const digits = id.length - from;
  const numbered =
    from > 0 && digits > 0 && digits <= maxDigits && (digits === 1 || id.charCodeAt(from) !== zero);
  if (!numbered) return { prefix: id, number: -1 };
  return { prefix: id.slice(0, from), number: Number.parseInt(id.slice(from), 36) };
}

function isDigit(unit: number): boolean {
  return (unit >= zero && unit <= 57) || (unit >= 97 && unit <= 122);
}
