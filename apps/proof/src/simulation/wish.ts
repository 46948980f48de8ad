import type { Wants } from "../events.js";
import type { Chance } from "./chance.js";
import { keys } from "./contract.js";

const patterns = ["*", "order.*", "order.placed", "stock.counted"] as const;

/** What somebody listens to. */
export interface Wish {
  readonly pattern: (typeof patterns)[number];
  /** Where all that the pattern stands for has one. */
  readonly key?: string;
}

export function newWish(chance: Chance): Wish {
  const pattern = chance.pick(patterns);
  const keyed = pattern.startsWith("order.") && chance.of(0.4);
  return keyed ? { pattern, key: chance.pick(keys) } : { pattern };
}

export function wantedBy({ pattern, key }: Wish): Wants {
  const prefix = pattern.endsWith("*") ? pattern.slice(0, -1) : undefined;
  return (event) =>
    (prefix === undefined ? pattern === event.name : event.name.startsWith(prefix)) &&
    (key === undefined || key === event.key);
}
