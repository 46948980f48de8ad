import { readFileSync } from "node:fs";
import type { Listener } from "../witness.js";
import { effectsIn } from "./effects.js";

/** What a listener has done, by the file that it keeps, told to its witness as it grows. */
export class Testimony {
  readonly #path: string;
  readonly #witness: Listener;
  #told = 0;

  constructor(path: string, witness: Listener) {
    this.#path = path;
    this.#witness = witness;
  }

  tell(): void {
    const effects = effectsIn(readFileSync(this.#path, "utf8"));
    for (const { id, offset } of effects.slice(this.#told)) {
      if (id !== undefined) this.#witness.got(id, offset);
    }
    this.#told = effects.length;
  }
}
