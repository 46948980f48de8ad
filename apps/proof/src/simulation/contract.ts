import { defineContract, event, type Schema, task } from "@eventwire/core";
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

export type TaskName = "invoice.print" | "invoice.send";

export const taskNames = ["invoice.print", "invoice.send"] as const satisfies readonly TaskName[];

/** How often each is tried. */
export const attemptsOf: Readonly<Record<TaskName, number>> = { "invoice.print": 3, "invoice.send": 2 };

/** How many are sent at once, over all processes. */
export const mostSent = 3;

const backoff = { initial: 100, max: 2_000 } as const;
/** Longer than any run takes, in milliseconds. */
const keep = 86_400_000;

export function contractOf(version: Version) {
  const item = itemsUpTo(largest[version]);
  const keyed = { from: "both", delivery: "durable", key: ({ key }: Item) => key } as const;
  return defineContract({
    "order.placed": event(item, keyed),
    "order.paid": event(item, keyed),
    "stock.counted": event(item, { from: "both", delivery: "durable" }),
    "invoice.ready": event(item, keyed),
    "invoice.print": task(item, {
      ...{ key: ({ key }: Item) => key, attempts: attemptsOf["invoice.print"], backoff },
      ...{ result: text, keep },
    }),
    "invoice.send": task(item, {
      ...{ attempts: attemptsOf["invoice.send"], backoff, concurrency: mostSent },
      ...{ result: text, keep },
    }),
  });
}

export function newItem(chance: Chance, id: string): Item {
  return { id, key: chance.pick(keys), size: 1 + chance.upTo(99) };
}

/** What the contract's key function gives. */
export function keyOf(name: Name, item: Item): string | undefined {
  return name === "stock.counted" ? undefined : item.key;
}

const text: Schema & { readonly "~standard": { readonly types?: { input: string; output: string } } } = {
  "~standard": {
    version: 1,
    vendor: "proof",
    validate: (value) => (typeof value === "string" ? { value } : { issues: [{ message: "it is no text" }] }),
  },
};

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
