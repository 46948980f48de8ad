import type { OutputOf } from "@eventwire/core";
import type { ClientBus } from "@eventwire/socket.io-client";
import type { Parcels } from "../contract.js";

/** Asks for the places until the hub has told them: it may start later than the page. */
export async function askPlaces(bus: ClientBus<Parcels>): Promise<OutputOf<Parcels, "places.list">> {
  for (;;) {
    const outcome = await bus.request("places.list", {}).result();
    if (outcome.ok) return outcome.value;
    if (!outcome.error.retryable) throw outcome.error;
  }
}
