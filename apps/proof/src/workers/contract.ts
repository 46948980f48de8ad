import { defineContract, event, type Schema, task } from "@eventwire/core";

export interface Parcel {
  readonly number: number;
  readonly key: string;
  readonly nature: Nature;
}

/** What an attempt has done, as it is written in one transaction with the end of its task. */
export interface Carried {
  readonly number: number;
  readonly key: string;
  readonly attempt: number;
  /** On the clock of all processes, in milliseconds. */
  readonly began: number;
  readonly ended: number;
}

/** How a parcel is: one that stumbles, is late or takes its worker along is so at its first attempt, and then sound. */
export type Nature =
  | "sound"
  /** Its attempt throws. */
  | "stumbles"
  /** It is worked on until long after its worker was told that it has lost it. */
  | "late"
  /** Its worker's process ends. */
  | "exits"
  /** Each of its attempts throws. */
  | "poison";

const schemaOf = <T>(isOne: (value: object) => boolean): Schema & Typed<T> => ({
  "~standard": {
    version: 1,
    vendor: "proof",
    validate: (value) =>
      typeof value === "object" && value !== null && isOne(value)
        ? { value }
        : { issues: [{ message: "it is not what was handed in" }] },
  },
});

type Typed<T> = { readonly "~standard": { readonly types?: { input: T; output: T } } };

const parcel = schemaOf<Parcel>((value) => {
  const { number } = value as Partial<Parcel>;
  return typeof number === "number" && (value as Parcel).nature === parcelOf(number).nature;
});
const keyed = { key: ({ key }: Parcel) => key, backoff: { initial: 200 } };

/** How often what is poison is tried. */
export const poisonAttempts = 3;

export const carrying = defineContract({
  "parcel.carry": task(parcel, { ...keyed, attempts: Number.POSITIVE_INFINITY }),
  "parcel.poison": task(parcel, { ...keyed, attempts: poisonAttempts }),
  "parcel.carried": event(
    schemaOf<Carried>((value) => typeof (value as Carried).number === "number"),
    { delivery: "durable", from: "both", key: ({ key }) => key },
  ),
});

export const names = ["parcel.carry", "parcel.poison"] as const;

const keys = 40;

/** All that a parcel is follows from its number, so that any other is garbage. */
export function parcelOf(number: number): Parcel {
  return { number, key: `street ${(number * 7) % keys}`, nature: natureOf(number) };
}

export function nameOf({ nature }: Parcel): (typeof names)[number] {
  return nature === "poison" ? "parcel.poison" : "parcel.carry";
}

function natureOf(number: number): Nature {
  if (number % 2_000 === 1_003) return "exits";
  if (number % 400 === 51) return "late";
  if (number % 50 === 20) return "poison";
  return number % 30 === 5 ? "stumbles" : "sound";
}
