import { defineContract, event, type Schema } from "@eventwire/core";

export interface Item {
  readonly id: string;
  readonly key: string;
  readonly filling: string;
}

type ItemSchema = Schema & { readonly "~standard": { readonly types?: { input: Item; output: Item } } };

const itemSchema: ItemSchema = {
  "~standard": {
    version: 1,
    vendor: "proof",
    validate: (value) =>
      isItem(value) ? { value } : { issues: [{ message: "it is not what was emitted" }] },
  },
};

const keyed = { delivery: "durable", from: "both", key: ({ key }: Item) => key } as const;

export const orders = defineContract({
  "order.placed": event(itemSchema, keyed),
  "order.paid": event(itemSchema, keyed),
});

export const names = ["order.placed", "order.paid"] as const;

export type Name = (typeof names)[number];

const keys = ["a", "b", "c", "d", "e", "f"] as const;

/** The event that an emitter emits as its nth: what it holds follows from its id, so that any other is garbage. */
export function eventOf(by: string, number: number): { readonly name: Name; readonly item: Item } {
  const id = `${by}.${number}`;
  return { name: names[number % names.length]!, item: itemOf(id, keys[(number * 7) % keys.length]!) };
}

/** An event of every key, to come after all others: who has got that has passed whatever it has not got. */
export const conclusion = keys.map((_, index) => eventOf("conclusion", index));

/** What the body of such an event has, and no other. */
export const conclusionMark = '"id":"conclusion.';

export function isOfConclusion(id: string): boolean {
  return id.startsWith("conclusion.");
}

function itemOf(id: string, key: string): Item {
  return { id, key, filling: `${id} `.repeat(Number.parseInt(id.slice(id.lastIndexOf(".") + 1), 10) % 40) };
}

function isItem(value: unknown): value is Item {
  if (typeof value !== "object" || value === null) return false;
  const { id, key, filling } = value as Partial<Item>;
  return typeof id === "string" && typeof key === "string" && filling === itemOf(id, key).filling;
}
