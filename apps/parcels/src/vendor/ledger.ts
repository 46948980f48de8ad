import type { Parcel, ParcelState, VendorCount } from "../contract.js";

/** Where a vendor's book is kept: lines, in the order in which they were written. */
export interface LedgerLines {
  /** Those that were written before. The last one may be cut short by a crash. */
  readonly lines: readonly string[];
  /** Has a line outlive this process before it returns. */
  write(line: string): void;
}

/** A vendor's own book of what it handed in, kept outside of the hub. */
export class Ledger {
  readonly #parcels = new Map<string, Parcel>();
  readonly #known = new Set<string>();
  readonly #store: LedgerLines;

  constructor(store: LedgerLines) {
    this.#store = store;
    for (const line of store.lines) this.#read(line);
  }

  /** Those of which the hub has not said yet that it has them. */
  get waiting(): readonly Parcel[] {
    return [...this.#parcels.values()].filter(({ parcel }) => !this.#known.has(parcel));
  }

  /** Writes a parcel down, before it is handed in. */
  add(parcel: Parcel): void {
    this.#parcels.set(parcel.parcel, parcel);
    this.#store.write(JSON.stringify(parcel));
  }

  /** Writes down that the hub has a parcel. */
  confirm(parcel: string): void {
    if (this.#known.has(parcel)) return;
    this.#known.add(parcel);
    this.#store.write(JSON.stringify({ known: parcel }));
  }

  /** What became of all that was ever handed in, by what the hub says of its parcels. */
  count(vendor: string, states: Pick<ReadonlyMap<string, ParcelState>, "get">): VendorCount {
    const count = { waiting: 0, underWay: 0, delivered: 0, failed: 0, lost: 0, twice: 0 };
    for (const parcel of this.#parcels.keys()) {
      const state = states.get(parcel);
      if (!state) count[this.#known.has(parcel) ? "lost" : "waiting"] += 1;
      else if (state.status === "delivered" || state.status === "failed") count[state.status] += 1;
      else count.underWay += 1;
      if (state && state.deliveries > 1) count.twice += 1;
    }
    return { vendor, handedIn: this.#parcels.size, ...count };
  }

  #read(line: string): void {
    const entry = parse(line);
    if (entry?.known !== undefined) this.#known.add(entry.known);
    else if (entry) this.#parcels.set(entry.parcel, entry);
  }
}

/** Nothing of a line that was cut short: what it was to say had not been done yet. */
function parse(line: string): (Parcel & { known?: undefined }) | { known: string } | undefined {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
