import { differences } from "./differences.js";
import { ExpectationError } from "./expectation-error.js";
import { show } from "./show.js";

/** Something that came: an event, a task. */
export interface Came {
  readonly name: string;
  readonly data: unknown;
}

const maxListed = 20;

/** Says that nothing came that is as expected, what came instead, and how the nearest of it differs. */
export function missed(
  intro: string,
  name: string,
  expected: unknown,
  came: readonly Came[],
): ExpectationError {
  const nearest = nearestOf(name, expected, came);
  const lines = [intro];
  if (expected !== undefined && typeof expected !== "function") lines.push("", `expected  ${show(expected)}`);
  if (nearest) {
    lines.push(
      `nearest   ${show(nearest.data)}`,
      ...nearest.differences.map((difference) => `  ${difference}`),
    );
  }
  lines.push("", ...listed(came));
  return new ExpectationError(lines.join("\n"), { expected, actual: nearest?.data });
}

/** What came, as lines, the newest at the end. */
export function listed(came: readonly Came[]): readonly string[] {
  if (came.length === 0) return ["Nothing came."];
  const lines = came.slice(-maxListed).map(({ name, data }) => `  ${name} ${show(data)}`);
  if (came.length > maxListed) lines.unshift(`  … ${came.length - maxListed} more before`);
  return [`What came (${came.length}):`, ...lines];
}

function nearestOf(name: string, expected: unknown, came: readonly Came[]) {
  const like = came
    .filter((message) => message.name === name)
    .map(({ data }) => ({ data, differences: differences(data, expected) }));
  // The newest of those that differ least.
  return like.reduce<(typeof like)[number] | undefined>(
    (best, one) => (best && best.differences.length < one.differences.length ? best : one),
    undefined,
  );
}
