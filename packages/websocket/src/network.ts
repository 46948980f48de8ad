interface Page {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/**
 * Calls `offline` when the network is gone, where the platform tells of it: in pages and their workers, not in Node. It may be
 * wrong, so it only hurries what would come about anyway.
 */
export function watchOffline(offline: () => void, page: Page = globalThis as Page): () => void {
  page.addEventListener?.("offline", offline);
  return () => page.removeEventListener?.("offline", offline);
}
