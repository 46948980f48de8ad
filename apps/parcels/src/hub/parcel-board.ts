import type { Data, MessageOf } from "@eventwire/core";
import type { ParcelState, Parcels } from "../contract.js";

/** The events that say how a parcel stands. */
export const boardEvents = [
  "parcel.accepted",
  "parcel.pickedUp",
  "parcel.inTransit",
  "parcel.delivered",
  "parcel.failed",
  "parcel.redriven",
] as const;
export type BoardEvent = MessageOf<Parcels, (typeof boardEvents)[number]>;

/** How a parcel stands after an event of it. */
export function foldParcel(state: ParcelState | undefined, event: BoardEvent): ParcelState | undefined {
  const at = event.time;
  if (event.name === "parcel.accepted") return state ?? accepted(event.data, at);
  if (!state) return undefined;
  if (event.name === "parcel.delivered") {
    const { driver } = event.data;
    return { ...withoutReason(state), status: "delivered", at, driver, deliveries: state.deliveries + 1 };
  }
  // A driver that was given up for lost may still speak.
  if (state.status === "delivered") return state;
  switch (event.name) {
    case "parcel.pickedUp":
      return { ...withoutReason(state), status: "pickedUp", at, driver: event.data.driver };
    case "parcel.inTransit":
      return { ...withoutReason(state), status: "inTransit", at, driver: event.data.driver };
    case "parcel.failed":
      return { ...state, status: "failed", at, reason: event.data.reason };
    case "parcel.redriven":
      return { ...withoutReason(state), status: "accepted", at };
  }
}

function accepted({ from, to }: Data<Parcels, "parcel.accepted">, at: number): ParcelState {
  return { from, to, status: "accepted", acceptedAt: at, at, deliveries: 0 };
}

function withoutReason({ reason: _, ...state }: ParcelState): ParcelState {
  return state;
}
