import { defineContract, event, type Schema } from "@eventwire/core";
import type { Chance } from "./chance.js";

/** What every event of the simulation carries. */
export interface Item {
  readonly id: string;
  readonly key: string;
  readonly size: number;
}

/** Versions of the program take items up to a size. */
export const largest = { old: 100, strict: 90 } as const;

export type Version = keyof typeof largest;

export const keys = ["a", "b", "c", "d"] as const;

export type Name = "order.placed" | "order.paid" | "stock.counted";

export const names = ["order.placed", "order.paid", "stock.counted"] as const satisfies readonly Name[];

export function contractOf(version: Version) {
  const item = itemsUpTo(largest[version]);
  const keyed = { from: "both", delivery: "durable", key: ({ key }: Item) => key } as const;
  return defineContract({
    "order.placed": event(item, keyed),
    "order.paid": event(item, keyed),
    "stock.counted": event(item, { from: "both", delivery: "durable" }),
  });
}

export function newItem(chance: Chance, id: string): Item {
  return { id, key: chance.pick(keys), size: 1 + chance.upTo(99) };
}

/** What the contract's key function gives. */
export function keyOf(name: Name, item: Item): string | undefined {
  return name === "stock.counted" ? undefined : item.key;
}

type ItemSchema = Schema & { readonly "~standard": { readonly types?: { input: Item; output: Item } } };

function itemsUpTo(size: number): ItemSchema {
  return {
    "~standard": {
      version: 1,
      vendor: "proof",
      validate: (value) => {
        const item = value as Item;
        if (item.size <= size) return { value: item };
        return { issues: [{ message: `its size is more than ${size}` }] };
      },
    },
  };
}
