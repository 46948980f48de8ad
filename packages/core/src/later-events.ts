import type { DurableEvents } from "./backing.js";

/** Events of which it is not known yet how they come. */
export function laterEvents(opened: Promise<DurableEvents>): DurableEvents {
  // Whoever takes the next is told.
  opened.catch(() => undefined);
  const events: DurableEvents = {
    next: () => opened.then((iterator) => iterator.next()),
    return: () => opened.then((iterator) => iterator.return!()),
    [Symbol.asyncIterator]: () => events,
  };
  return events;
}
