/** What is used of a page, or of a worker: its global scope. */
export interface Page {
  readonly document?: { readonly visibilityState: string };
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/** After these a page may find that its connections did not outlive a sleep, which no timer of its own has noticed. */
const types = ["online", "pageshow", "visibilitychange"];

/** Calls `woke` when a page is seen again, or its network is back, where the platform tells of it: not in Node. */
export function watchWake(woke: () => void, page: Page): () => void {
  const listener = () => {
    if (page.document?.visibilityState !== "hidden") woke();
  };
  for (const type of types) page.addEventListener?.(type, listener);
  return () => {
    for (const type of types) page.removeEventListener?.(type, listener);
  };
}
