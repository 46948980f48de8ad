import type { Runtime } from "@eventwire/queue";

/** How long work may hold the event loop, in milliseconds. */
const slice = 5;
/** How many items are worked on between two looks at the clock. */
const stride = 8;

/** Works on items in order and lets the event loop breathe in between. @param work returns false to end it early. */
export async function inSlices<Item>(
  runtime: Runtime,
  items: readonly Item[],
  work: (item: Item) => boolean,
): Promise<void> {
  let until = runtime.monotonic() + slice;
  for (const [index, item] of items.entries()) {
    if (!work(item)) return;
    if ((index + 1) % stride === 0 && runtime.monotonic() >= until) {
      await new Promise<void>((resolve) => runtime.macrotask(resolve));
      until = runtime.monotonic() + slice;
    }
  }
}
