import type { Settled } from "../settled-shard.js";

/** What a process says through the pipe, one a line: short enough that the kernel writes it as a whole or not at all. */
export type Word =
  /** It is at work; a server at this port. */
  | { readonly type: "ready"; readonly port?: number | undefined }
  | {
      readonly type: "attempted";
      readonly id: string;
      readonly name: string;
      readonly key: string;
      readonly by: string;
    }
  | { readonly type: "acknowledged"; readonly id: string; readonly offset: string | undefined }
  | { readonly type: "refused"; readonly id: string }
  | {
      readonly type: "began";
      readonly id: string;
      readonly offset: string;
      readonly shard: number;
      /** When it last looked whether it holds the shard, on the clock of all processes. */
      readonly checked: number;
    }
  | { readonly type: "did"; readonly id: string; readonly offset: string }
  | {
      readonly type: "saved";
      readonly shard: number;
      readonly settled: Kept;
      /** When the log was asked to keep it, on the clock of all processes. */
      readonly asked: number;
    }
  /** The outbox of a client keeps these, so that they survive the client. */
  | { readonly type: "kept"; readonly ids: readonly string[] }
  /** A server has looked again at who may do what. */
  | { readonly type: "reauthorized" }
  /** The log has let go of what was before a number. */
  | { readonly type: "trimmed" }
  /** Its producer has begun, and fenced those before it. */
  | { readonly type: "producing"; readonly epoch: number }
  /** Somebody has taken the place of its producer. */
  | { readonly type: "fenced"; readonly epoch: number }
  /** Nothing of what it was to rest from is under way any more. */
  | { readonly type: "rested" }
  /** It has emitted what comes after all else. */
  | { readonly type: "concluded" }
  | { readonly type: "gap"; readonly of: "group" | "listener"; readonly reason: string }
  | { readonly type: "trouble"; readonly text: string };

export interface Kept extends Settled {
  readonly done: readonly number[];
}

/** The largest that the kernel writes into a pipe as a whole, in bytes. */
const maxBytes = 4_096;

export function lineOf(place: number, word: Word): string {
  const line = `${JSON.stringify([place, word])}\n`;
  return Buffer.byteLength(line) <= maxBytes ? line : lineOf(place, shorter(word));
}

/** What is left out of a shard's state makes the look at it less strict, and no more. */
function shorter(word: Word): Word {
  if (word.type === "saved") return { ...word, settled: { ...word.settled, done: [] } };
  return { type: "trouble", text: JSON.stringify(word).slice(0, 1_000) };
}

export function parseLine(line: string): readonly [place: number, word: Word] {
  return JSON.parse(line) as [number, Word];
}
