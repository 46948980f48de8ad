import { expect } from "vitest";
import type { Frame } from "./link-end.js";

/** Expects these frames and no others. Says where they differ, for whole frames may be long. */
export function expectFrames(actual: readonly Frame[], expected: readonly Frame[]): void {
  const difference = differenceOf(actual, expected);
  if (difference) expect.fail(difference);
}

/** How many are the same, from the first on, of which so many are known to be. */
export function countSame(actual: readonly Frame[], expected: readonly Frame[], known: number): number {
  const most = Math.min(actual.length, expected.length);
  let same = known;
  while (same < most && frameDifference(actual[same]!, expected[same]!) === undefined) same += 1;
  return same;
}

/** What the first difference is, if there is one. */
export function differenceOf(actual: readonly Frame[], expected: readonly Frame[]): string | undefined {
  for (const [index, frame] of expected.entries()) {
    const came = actual[index];
    if (came === undefined) return `${actual.length} of ${expected.length} frames came`;
    const difference = frameDifference(came, frame);
    if (difference) return `frame ${index + 1} of ${expected.length}: ${difference}`;
  }
  return actual.length > expected.length
    ? `${actual.length} frames came, not ${expected.length}; the next is ${shown(actual[expected.length]!)}`
    : undefined;
}

function frameDifference(actual: Frame, expected: Frame): string | undefined {
  if (actual === expected) return undefined;
  const both = `${shown(actual)} came instead of ${shown(expected)}`;
  if (typeof actual !== typeof expected) return both;
  const shorter = Math.min(actual.length, expected.length);
  for (let at = 0; at < shorter; at++) {
    const [one, other] = [unitAt(actual, at), unitAt(expected, at)];
    if (one !== other) return `${both}: ${one.toString(16)} instead of ${other.toString(16)} at ${at}`;
  }
  return actual.length === expected.length ? undefined : both;
}

function unitAt(frame: Frame, index: number): number {
  return typeof frame === "string" ? frame.charCodeAt(index) : frame[index]!;
}

function shown(frame: Frame): string {
  if (typeof frame !== "string") {
    return frame instanceof Uint8Array ? `${frame.length} bytes` : `neither text nor bytes (${typeof frame})`;
  }
  const text = JSON.stringify(frame.slice(0, 40));
  return frame.length > 40 ? `a text of ${frame.length}, ${text}...` : text;
}
