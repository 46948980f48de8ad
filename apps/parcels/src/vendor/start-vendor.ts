import type { ClientBus } from "@eventwire/socket.io-client";
import type { Parcel, Parcels } from "../contract.js";
import { keepBook } from "./keep-book.js";
import type { Ledger } from "./ledger.js";

export interface VendorParts {
  readonly bus: ClientBus<Parcels>;
  readonly name: string;
  readonly ledger: Ledger;
  /** The codes of the places between which it sends. */
  readonly places: readonly string[];
  /** How long it waits from one parcel to the next, in milliseconds. */
  readonly pause: number;
  /** From 0 to 1, as `Math.random` gives it. */
  readonly random: () => number;
}

/** How many of its parcels a vendor has on their way at most. */
const MOST = 20;

/** Hands in parcels, one after the other, also while the hub cannot be heard. */
export function startVendor({ bus, name, ledger, places, pause, random }: VendorParts): () => void {
  const book = keepBook(bus, name, ledger);
  const one = (among: readonly string[]) => among[Math.floor(random() * among.length)]!;
  const make = (): Parcel => {
    const from = one(places);
    const to = one(places.filter((place) => place !== from));
    return { parcel: newParcelId(name, random), from, to };
  };
  const handing = setInterval(() => {
    const { waiting, underWay } = ledger.count(name, book.states);
    // What becomes of it is on the board; what was not accepted stays in the book.
    if (waiting + underWay < MOST) book.handIn(make()).catch(() => undefined);
  }, pause);
  return () => {
    clearInterval(handing);
    book.stop();
  };
}

/** An id that no other parcel of the vendor has. */
export function newParcelId(vendor: string, random: () => number): string {
  return `${vendor}-${Math.floor(random() * 36 ** 10).toString(36)}`;
}
