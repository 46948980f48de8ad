/** How many are under way at once. */
const most = 1_000;

/** Does something with each, so many at a time, in their order. */
export async function inChunks<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < items.length; from += most)
    await Promise.all(items.slice(from, from + most).map(work));
}
