import { offsetOf, type Place } from "./backing/place.js";
import type { BusCore } from "./bus-core.js";
import type { Gap } from "./gap.js";
import type { Key } from "./key.js";

/** Tells who looks on, and one who listens to durable events, of what is missing. */
export function gapTeller(core: BusCore, name: string, key: Key | undefined, onGap: (gap: Gap) => void) {
  return (reason: Gap["reason"], from?: Place, to?: Place): void => {
    const gap: Gap = { name, key, reason, missed: undefined, from: offset(from), to: offset(to) };
    core.inspect?.({ type: "gap", gap });
    core.attempt(() => onGap(gap));
  };
}

function offset(place: Place | undefined) {
  return place && offsetOf(place.epoch, place.number);
}
