/** What a page is told of its network. It may be wrong, so it only hurries what would come about anyway. */
export interface NetworkEvents {
  readonly online: () => void;
  readonly offline: () => void;
}

interface Page {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/** Watches the network where the platform tells of it: in pages and their workers, not in Node. */
export function watchNetwork(
  { online, offline }: NetworkEvents,
  page: Page = globalThis as Page,
): () => void {
  page.addEventListener?.("online", online);
  page.addEventListener?.("offline", offline);
  return () => {
    page.removeEventListener?.("online", online);
    page.removeEventListener?.("offline", offline);
  };
}
