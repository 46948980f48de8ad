import type { Key } from "@eventwire/core";

/** What tells a message apart for who refuses it: an event its id and name, one that is given to a group its two numbers, any other its number. */
export type Subject =
  | readonly [type: "event", id: string, name: string]
  | readonly [type: "append", ref: number, sequence: number]
  | readonly [type: "request" | "answer" | "item" | "failed" | "stored", ref: number]
  | readonly [type: "given", ref: number, delivery: number];

/** The beginning of a message that is sent, as far as it says what it must not overtake. */
export type Beginning = readonly [type: string, ...fields: readonly unknown[]];

/** What waits for all that is sent before it, whatever that is. */
export const everything = "everything";

/** What is sent in order: events of one key, or of one name where they have none. */
export function eventOrder(name: string, key: Key | undefined): string {
  return key === undefined ? `name ${name}` : `${typeof key} ${key}`;
}

/** What is sent in order of anything: of one request what one side says of it. `undefined` where it may be sent at any time. */
export function orderOf([type, ref, name, key]: Beginning): string | undefined {
  switch (type) {
    case "event":
      return eventOrder(name as string, key as Key | undefined);
    case "request":
    case "pull":
    case "cancel":
      return `asked ${ref}`;
    case "streaming":
    case "item":
    case "answer":
    case "failed":
      return `answered ${ref}`;
    case "following":
    case "stored":
    case "reached":
    case "missing":
      return `followed ${ref}`;
    case "produce":
    case "append":
    case "produced":
      return `produced ${ref}`;
    case "sync":
      return everything;
    default:
      return undefined;
  }
}
