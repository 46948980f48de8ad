import { systemRuntime } from "@eventwire/core";
import type { ConformanceCase } from "./conformance-case.js";

/** For how long a condition is waited for unless an adapter says otherwise, in milliseconds. */
export const defaultPatience = 10_000;

/** How many times its patience a case may take: it waits for a few conditions, one after the other. */
const patiences = 5;

/** How long the test runner is to wait for a case that waits so long for a condition, in milliseconds. */
export function timeoutOf(patience: number): number {
  return (2 * patiences + 1) * patience;
}

/**
 * Runs a case on its stage, and closes that. Rejects when the promise is not kept, also where what the case awaits of the
 * adapter never settles.
 */
export async function runCase<Stage extends { close(): Promise<void> }>(
  { show }: ConformanceCase<Stage>,
  stage: Stage,
  patience: number,
): Promise<void> {
  const within = patiences * patience;
  try {
    await settled(show(stage), within, "The case");
  } catch (error) {
    // The first failure is the one to tell, and not what follows from it.
    await settled(stage.close(), within, "Closing").catch(() => undefined);
    throw error;
  }
  await settled(stage.close(), within, "Closing");
}

async function settled(work: Promise<void>, within: number, what: string): Promise<void> {
  let cancel: () => void = () => undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `${what} has not ended within ${within} ms: something that it awaits does not settle.`;
    cancel = systemRuntime.timer(() => reject(new Error(message)), within);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    cancel();
  }
}
