import type { Database, Statement } from "./database.js";
import { bytesOf, textOf } from "./text.js";

/** The names of events, each with a number that stands for it. */
export class Names {
  readonly #numbers = new Map<string, number>();
  readonly #texts = new Map<number, string>();
  readonly #find: Statement<{ readonly number: number }>;
  readonly #read: Statement<{ readonly name: Uint8Array }>;
  readonly #insert: Statement<{ readonly number: number }>;

  constructor(db: Database) {
    this.#find = db.prepare("SELECT number FROM names WHERE name = ?");
    this.#read = db.prepare("SELECT name FROM names WHERE number = ?");
    this.#insert = db.prepare("INSERT INTO names (name) VALUES (?) RETURNING number");
  }

  /** The number of a name, where it has one. */
  find(name: string): number | undefined {
    return this.#numbers.get(name) ?? this.#learn(name, this.#find.get(bytesOf(name))?.number);
  }

  /** The number of a name, which gets one where it has none. */
  number(name: string): number {
    return this.find(name) ?? this.#learn(name, this.#insert.get(bytesOf(name))!.number)!;
  }

  /** The name of a number. */
  text(number: number): string | undefined {
    const known = this.#texts.get(number);
    if (known !== undefined) return known;
    const found = this.#read.get(number);
    if (!found) return undefined;
    const name = textOf(found.name);
    this.#learn(name, number);
    return name;
  }

  /** Forgets what a transaction that was undone had given. */
  forget(): void {
    this.#numbers.clear();
    this.#texts.clear();
  }

  #learn(name: string, number: number | undefined): number | undefined {
    if (number === undefined) return undefined;
    this.#numbers.set(name, number);
    this.#texts.set(number, name);
    return number;
  }
}
