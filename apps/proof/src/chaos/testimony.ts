import { closeSync, openSync, readSync } from "node:fs";
import { placeOf } from "../events.js";
import type { Listener } from "../witness.js";
import { type Effect, effectsIn } from "./effects.js";

/** What is read of a file at once, in bytes. */
const chunk = 65_536;

/** What a listener has done, by the file that it keeps, told to its witness as it grows. */
export class Testimony {
  readonly #path: string;
  readonly #witness: Listener;
  readonly #heard: (id: string) => boolean;
  readonly #buffer = Buffer.alloc(chunk);
  /** How much of the file is read, in bytes. */
  #position = 0;
  /** The number of the last event that it has done; 0 without any. */
  last = 0;
  /** What is read, and not told. */
  readonly #waiting: Effect[] = [];

  /** @param heard whether it was heard that an event was attempted: the file may be read before that is. */
  constructor(path: string, witness: Listener, heard: (id: string) => boolean) {
    this.#path = path;
    this.#witness = witness;
    this.#heard = heard;
  }

  /**
   * @param all whether everything was heard that was ever said.
   * @returns what is new.
   */
  tell(all = false): readonly Effect[] {
    this.#waiting.push(...this.#read());
    const first = this.#waiting.findIndex(({ id }) => id !== undefined && !this.#heard(id));
    const effects = this.#waiting.splice(0, all || first < 0 ? this.#waiting.length : first);
    for (const { id, offset } of effects) {
      this.last = placeOf(offset).number;
      if (id !== undefined) this.#witness.got(id, offset);
    }
    return effects;
  }

  #read(): readonly Effect[] {
    const effects: Effect[] = [];
    const file = openSync(this.#path, "a+");
    try {
      for (;;) {
        const read = readSync(file, this.#buffer, 0, chunk, this.#position);
        // A line that is not whole may be taken back by the next process.
        const whole = this.#buffer.lastIndexOf(10, read - 1) + 1;
        if (read === 0 || whole === 0) return effects;
        effects.push(...effectsIn(this.#buffer.toString("utf8", 0, whole)));
        this.#position += whole;
      }
    } finally {
      closeSync(file);
    }
  }
}
