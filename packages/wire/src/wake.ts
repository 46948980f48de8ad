import type { Runtime } from "@eventwire/core";

/** What is used of a page, or of a worker: its global scope. */
export interface Page {
  readonly document?: { readonly visibilityState: string };
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/** After these a page may find that its connections did not outlive a sleep. */
const types = ["online", "pageshow", "visibilitychange"];
/** How often the clocks are looked at, in milliseconds. */
const interval = 5_000;
/** What more than that a look may come late, in milliseconds. Event loops are busy for less. */
const tolerance = 5_000;

/**
 * Calls `woke` when a page is seen again or its network is back, where the platform tells of it; and where it does not, as in
 * Node, within 5 s of a sleep that was longer than that, by how far the clocks went meanwhile. A hidden page is left alone:
 * browsers slow its timers down, and tell when it is seen again.
 */
export function watchWake(woke: () => void, page: Page, runtime: Runtime): () => void {
  const listener = () => {
    if (page.document?.visibilityState !== "hidden") woke();
  };
  for (const type of types) page.addEventListener?.(type, listener);
  const stopWatching = watchClocks(listener, runtime);
  return () => {
    stopWatching();
    for (const type of types) page.removeEventListener?.(type, listener);
  };
}

function watchClocks(jumped: () => void, runtime: Runtime): () => void {
  const look = () => {
    // On some platforms the monotonic clock stands still in a sleep, and the timers with it.
    const since = { time: runtime.now(), elapsed: runtime.monotonic() };
    return runtime.timer(
      () => {
        const took = Math.max(runtime.now() - since.time, runtime.monotonic() - since.elapsed);
        cancel = look();
        if (took > interval + tolerance) jumped();
      },
      interval,
      true,
    );
  };
  let cancel = look();
  return () => cancel();
}
