/**
 * How long what comes to the event loop at a random moment has to wait while `busy` is under way, in milliseconds, and
 * is not exceeded by 99 of 100.
 *
 * Every turn of the loop is timed. `perf_hooks.monitorEventLoopDelay` would count a turn of a second as one sample among
 * those of a millisecond, and miss one from which it never comes back to its timer.
 */
export async function loopDelay(busy: () => Promise<void>): Promise<number> {
  const turns: number[] = [];
  let last = 0;
  let over = false;
  const ended = new Promise<void>((resolve) => {
    const turn = () => {
      const now = performance.now();
      turns.push(now - last);
      last = now;
      if (over) resolve();
      else setImmediate(turn);
    };
    setImmediate(turn);
  });
  last = performance.now();
  await busy();
  over = true;
  await ended;
  return waitWithin(turns, 0.99);
}

/** The wait that is not exceeded by a share of all moments: in a turn of 5 ms, each wait up to 5 is as likely. */
export function waitWithin(turns: readonly number[], share: number): number {
  const beyond = (wait: number) => turns.reduce((sum, turn) => sum + Math.max(0, turn - wait), 0);
  const exceeding = (1 - share) * beyond(0);
  let [low, high] = [0, turns.reduce((longest, turn) => Math.max(longest, turn), 0)];
  while (high - low > 0.001) {
    const wait = (low + high) / 2;
    if (beyond(wait) > exceeding) low = wait;
    else high = wait;
  }
  return high;
}
