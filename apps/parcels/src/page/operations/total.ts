import type { VendorCount } from "../../contract.js";

const FIELDS = ["handedIn", "waiting", "underWay", "delivered", "failed", "lost", "twice"] as const;
/** All parcels of all vendors. */
export type Total = Omit<VendorCount, "vendor">;

/** Adds up what the vendors count. */
export function totalOf(counts: Iterable<VendorCount>): Total {
  const total = Object.fromEntries(FIELDS.map((field) => [field, 0])) as unknown as {
    -readonly [F in keyof Total]: number;
  };
  for (const count of counts) for (const field of FIELDS) total[field] += count[field];
  return total;
}

/** Whether every parcel that was handed in is where it should be, in words. */
export function verdictOf({ handedIn, waiting, underWay, delivered, failed, lost, twice }: Total): {
  readonly sound: boolean;
  readonly words: string;
} {
  const missing = handedIn - waiting - underWay - delivered - failed;
  const sound = lost === 0 && twice === 0 && missing === 0;
  if (sound) return { sound, words: "It adds up: none is lost, none was delivered twice" };
  return { sound, words: `It does not add up: ${missing} lost, ${twice} delivered twice` };
}
