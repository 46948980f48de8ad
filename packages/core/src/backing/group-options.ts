import { type Backoff, MisuseError } from "@eventwire/queue";
import type { DurableOptions } from "../backing.js";
import type { Wish } from "./wish.js";

/** What somebody wants of the durable events as one of a group. */
export interface GroupWish extends Wish {
  readonly group: string;
  readonly pattern: string;
  readonly attempts: number;
  readonly backoff: Backoff;
}

/** What listening in a group leaves out. */
const defaultAttempts = 5;
const defaultBackoff: Backoff = { initial: 1_000, max: 3_600_000 };

const namePattern = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;
const maxNameLength = 100;

/** @throws {MisuseError} when an option is not what it has to be. */
export function groupOf(name: string, { key, attempts = defaultAttempts, backoff }: DurableOptions) {
  if (key !== undefined) throw new MisuseError(`The group "${name}" does all keys; listen without { key }.`);
  if (!(attempts >= 1) || (attempts !== Number.POSITIVE_INFINITY && !Number.isInteger(attempts))) {
    throw new MisuseError(`A group needs a whole number of attempts, at least 1; it has ${attempts}.`);
  }
  return { group: checkGroup(name), attempts, backoff: { ...defaultBackoff, ...backoff } };
}

/** @throws {MisuseError} */
export function checkGroup(name: string): string {
  return checkName("group", name);
}

/** @throws {MisuseError} */
export function checkName(what: string, name: string): string {
  if (name.length <= maxNameLength && namePattern.test(name)) return name;
  throw new MisuseError(
    `"${name}" cannot name a ${what}: use up to ${maxNameLength} letters, digits, - and _, in words joined by dots.`,
  );
}
