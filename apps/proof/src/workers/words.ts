import { openSync, writeSync } from "node:fs";
import type { WorkPlant } from "./plants.js";

/** What a process is started with, as JSON. */
export type WorkRole = { readonly place: number; readonly start: number } & Common &
  (
    | { readonly part: "hub" }
    /** Where it finds a hub. */
    | { readonly part: "vendor" | "worker"; readonly port: number }
  );

export interface Common {
  readonly folder: string;
  readonly pipe: string;
  /** From when on time is in a hurry, in milliseconds since the Unix epoch. */
  readonly since: number;
  readonly plant: WorkPlant | undefined;
}

export type WorkOrder =
  /** To hand in what comes before a number. */
  | { readonly type: "hand-in"; readonly before: number }
  | { readonly type: "close" }
  /** To send its clients to others, and then to close. */
  | { readonly type: "drain" };

/** What a process says through the pipe, one a line: short enough that the kernel writes it as a whole or not at all. */
export type WorkWord =
  | { readonly type: "ready"; readonly port?: number | undefined }
  | { readonly type: "handing-in"; readonly number: number }
  | { readonly type: "handed-in"; readonly number: number }
  | { readonly type: "began"; readonly number: number; readonly attempt: number }
  | { readonly type: "ended"; readonly number: number; readonly attempt: number }
  /** What it has ended does not count any more, and it was told so. */
  | { readonly type: "fenced" }
  | { readonly type: "trouble"; readonly text: string };

/** What all processes have: a way to say something that outlives them. */
export class Voice {
  readonly #pipe: number;
  readonly #place: number;

  constructor({ pipe, place }: WorkRole) {
    this.#pipe = openSync(pipe, "w");
    this.#place = place;
  }

  say(word: WorkWord): void {
    writeSync(this.#pipe, `${JSON.stringify([this.#place, word])}\n`);
  }

  trouble(error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.say({ type: "trouble", text: text.slice(0, 1_000) });
  }
}
