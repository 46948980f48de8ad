import { MisuseError } from "@eventwire/queue";
import type { Contract } from "./contract.js";
import type { Middleware } from "./middleware.js";

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
 * @throws what a layer throws; {@link MisuseError} when one calls `next` twice, or not before it returns.
 */
export function around(layers: readonly Layer[], subject: Named, last: () => void): void {
  const [layer, ...inner] = layers;
  if (!layer) {
    last();
    return;
  }
  const { next, end } = once(subject, () => around(inner, subject, last));
  layer(subject as never, next as () => never);
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
  let called = false;
  let over = false;
  let result: Result;
  return {
    next() {
      if (called || over) {
        throw new MisuseError(`A middleware called next() twice for "${name}". Call it once.`, { name });
      }
      called = true;
      result = run();
      return result;
    },
    end() {
      over = true;
      if (called) return result;
      throw new MisuseError(
        `A middleware did not call next() for "${name}". Call it once, or throw to refuse.`,
        { name },
      );
    },
  };
}
