/** What selects ordering, routing and rooms: a flight's id, an order's number, a chat room. */
export type Key = string | number;

/** Whether `value` may be a key: a string or a finite number. */
export function isKey(value: unknown): value is Key {
  return typeof value === "string" || Number.isFinite(value);
}
