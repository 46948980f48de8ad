/** Events of which it is not known yet how they come. */
export function laterEvents<Item>(
  opened: Promise<AsyncIterableIterator<Item, undefined>>,
): AsyncIterableIterator<Item, undefined> {
  // Whoever takes the next is told.
  opened.catch(() => undefined);
  const events: AsyncIterableIterator<Item, undefined> = {
    next: () => opened.then((iterator) => iterator.next()),
    return: () => opened.then((iterator) => iterator.return!()),
    [Symbol.asyncIterator]: () => events,
  };
  return events;
}
