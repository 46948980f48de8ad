import type { Offset } from "../message.js";

/** A place in a log: after `number`, in one history of it. */
export interface Place {
  readonly epoch: string;
  readonly number: number;
}

export function offsetOf(epoch: string, number: number): Offset {
  return `${epoch}.${number}` as Offset;
}

/** @returns nothing for what no log gave. */
export function placeOf(offset: string): Place | undefined {
  const dot = offset.lastIndexOf(".");
  const number = Number(offset.slice(dot + 1));
  if (dot < 1 || !/^\d+$/.test(offset.slice(dot + 1)) || !Number.isSafeInteger(number)) return undefined;
  return { epoch: offset.slice(0, dot), number };
}
