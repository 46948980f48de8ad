import type { Runtime } from "@eventwire/core";
import { VirtualClock } from "@eventwire/queue/virtual-clock";

/**
 * Waits until `condition` holds or so many milliseconds have passed; on a virtual clock it lets them pass. `whenChanged`
 * calls back whenever the condition may have come to hold; its result ends that.
 *
 * Rejects with what `condition` throws. However it ends, no timer is left and `whenChanged` is ended.
 *
 * @returns whether it holds.
 */
export async function waitFor(
  runtime: Runtime,
  milliseconds: number,
  condition: () => boolean,
  whenChanged: (look: () => void) => () => void,
): Promise<boolean> {
  if (condition()) return true;
  await settle(runtime);
  if (condition() || !(milliseconds > 0)) return condition();
  let cancel: () => void = () => undefined;
  let stop: () => void = () => undefined;
  const done = new Promise<void>((resolve, reject) => {
    cancel = runtime.timer(resolve, milliseconds);
    // Who calls back is a listener of the bus: what a test's own function throws is not for that to hear.
    stop = whenChanged(() => {
      try {
        if (condition()) resolve();
      } catch (error) {
        reject(error);
      }
    });
  });
  try {
    await (runtime instanceof VirtualClock ? runtime.until(done) : done);
  } finally {
    cancel();
    stop();
  }
  return condition();
}

/** Lets everything run that waits for no time. */
export function settle(runtime: Runtime): Promise<void> {
  if (runtime instanceof VirtualClock) return runtime.settle();
  return new Promise((resolve) => runtime.macrotask(resolve));
}
