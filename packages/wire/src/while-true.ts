import type { Runtime } from "@eventwire/core";

/** How often it is looked at, in milliseconds. */
const interval = 10;

/** Waits while something is so, up to a time in milliseconds. */
export async function whileTrue(runtime: Runtime, time: number, isSo: () => boolean): Promise<void> {
  const until = runtime.monotonic() + time;
  while (isSo()) {
    const left = until - runtime.monotonic();
    if (left <= 0) return;
    await new Promise<void>((resolve) => runtime.timer(resolve, Math.min(left, interval)));
  }
}
