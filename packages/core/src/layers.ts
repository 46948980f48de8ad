import { MisuseError } from "@eventwire/queue";
import type { Contract } from "./contract.js";
import type { Middleware } from "./middleware.js";
import { isThenable } from "./thenable.js";

interface Named {
  readonly name: string;
}

/** `next` returns a promise where what it runs is asynchronous. */
export type Layer = (subject: never, next: () => never) => unknown;

/** Middleware as it is kept: what runs around an emit, a handler or a worker, for the names of one contract. */
export interface Layers {
  readonly contract: Contract;
  readonly middleware: Middleware;
}

/**
 * Runs `last` inside of `layers`, the first outermost.
 *
 * @param late gets what a layer fails with after it returned.
 * @throws what `last` or a layer throws; {@link MisuseError} when one calls `next` twice, or not before it returns.
 */
export function around(
  layers: readonly Layer[],
  subject: Named,
  last: () => void,
  late: (error: unknown) => void,
): void {
  const [layer, ...inner] = layers;
  if (!layer) {
    last();
    return;
  }
  const { next, end } = once(subject, () => around(inner, subject, last, late));
  const result = layer(subject as never, next as () => never);
  if (isThenable(result)) result.then(undefined, late);
  end();
}

/**
 * As {@link around}, for what is asynchronous. Resolves with what `last` does: a layer can make a failure of a success,
 * and never a success of a failure.
 */
export async function aroundAsync<Result>(
  layers: readonly Layer[],
  subject: Named,
  last: () => Result | Promise<Result>,
): Promise<Result> {
  const [layer, ...inner] = layers;
  if (!layer) return last();
  const { next, end } = once(subject, () => {
    const result = aroundAsync(inner, subject, last);
    // The layer may fail before it has looked at it: what fails then is the layer.
    result.catch(() => undefined);
    return result;
  });
  await layer(subject as never, next as () => never);
  return end();
}

/** Sees to it that a layer runs what it is around once, before its end. */
function once<Result>({ name }: Named, run: () => Result): { next(): Result; end(): Result } {
  let wrong: string | undefined;
  let outcome = (): Result => misuse("did not call next()");
  const misuse = (what: string): never => {
    throw new MisuseError(
      `A middleware ${what} for "${name}". Call it once before it ends, or throw to refuse.`,
      { name },
    );
  };
  return {
    next() {
      if (wrong) misuse(wrong);
      wrong = "called next() twice";
      outcome = outcomeOf(run);
      return outcome();
    },
    end() {
      wrong ??= "called next() too late";
      return outcome();
    },
  };
}

/** Gives what `run` returned, or throws what it threw, however often it is asked. */
function outcomeOf<Result>(run: () => Result): () => Result {
  try {
    const result = run();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
