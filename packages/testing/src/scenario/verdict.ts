import { differences } from "../differences.js";
import type { Came } from "../miss.js";
import { show } from "../show.js";

/** Why an expectation fails: lines for people, and what test runners compare. */
export interface Verdict {
  readonly lines: readonly string[];
  readonly expected?: unknown;
  readonly actual?: unknown;
}

export interface Emitted extends Came {
  /** When, in milliseconds from the beginning. */
  readonly at: number;
}

/** How a request ended: with a code, if it failed. */
export interface Answer {
  readonly code: string | undefined;
  /** What it was answered with, or the failure's detail. */
  readonly value: unknown;
}

/** Compares one event that is expected, or the end of them, with one that was emitted, or the end of them. */
export function judgeEvent(
  expected: readonly [name: string, data?: unknown] | undefined,
  emitted: Emitted | undefined,
  from: number,
): Verdict | undefined {
  const [name, data] = expected ?? [];
  const wrong: string[] = [];
  if (expected && emitted) {
    if (name !== emitted.name) wrong.push("it is another event");
    else if (data !== undefined) wrong.push(...differences(emitted.data, data));
    const early = from - emitted.at;
    if (early > 0) wrong.push(`it was emitted ${early.toLocaleString("en")} ms too early`);
    if (wrong.length === 0) return undefined;
  }
  const lines = [
    "The reaction did not emit what was expected.",
    "",
    `expected  ${name === undefined ? "nothing more" : message(name, data)}`,
    `emitted   ${emitted ? message(emitted.name, emitted.data) : "nothing more"}`,
    ...wrong.map((difference) => `  ${difference}`),
  ];
  return { lines, expected: data, actual: emitted?.data };
}

/** Compares how a request is to end with how it ended. */
export function judgeAnswer(name: string, expected: Answer, actual: Answer): Verdict | undefined {
  const same = expected.code === actual.code;
  const some = expected.code === undefined || expected.value !== undefined;
  const wrong = same && some ? differences(actual.value, expected.value) : [];
  if (same && wrong.length === 0) return undefined;
  const lines = [
    `"${name}" was not answered as expected.`,
    "",
    `expected  ${answer(expected)}`,
    `answered  ${answer(actual)}`,
    ...wrong.map((difference) => `  ${difference}`),
  ];
  return { lines, expected: expected.value, actual: actual.value };
}

/** A message as people read it. */
export function message(name: string, data: unknown): string {
  return data === undefined ? name : `${name} ${show(data)}`;
}

export function answer({ code, value }: Answer): string {
  return code === undefined ? show(value) : message(`the failure ${code}`, value);
}
