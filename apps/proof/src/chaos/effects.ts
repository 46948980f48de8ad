import { closeSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import type { Offset } from "@eventwire/core";

/** What a listener has done, and where it was: a line in a file of its own, there as a whole or not at all. */
export interface Effect {
  /** Without one where only a bug would keep its place. */
  readonly id: string | undefined;
  readonly offset: Offset;
}

export class Effects {
  /** Where it goes on: after the last effect, if there is one. */
  readonly last: Offset | undefined;
  readonly #file: number;

  /** Takes back what a process that was killed has not written to its end. */
  constructor(path: string) {
    this.#file = openSync(path, "a");
    const text = readFileSync(path, "utf8");
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    if (whole.length < text.length) truncateSync(path, Buffer.byteLength(whole));
    this.last = effectsIn(whole).at(-1)?.offset;
  }

  add({ id = "", offset }: Effect): void {
    writeSync(this.#file, `${offset} ${id}\n`);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** What is whole of a file. */
export function effectsIn(text: string): readonly Effect[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const [offset = "", id = ""] = line.split(" ");
      return { offset: offset as Offset, id: id === "" ? undefined : id };
    });
}
