import type { EventwireError } from "@eventwire/queue";
import type { DurableOptions } from "../backing.js";
import type { BusCore } from "../bus-core.js";
import { unhandledGap } from "../errors/gap-error.js";
import type { Gap } from "../gap.js";
import type { Key } from "../key.js";
import type { Topic } from "../topic.js";
import { offsetOf, type Place } from "./place.js";

/** What somebody wants of the durable events, and how. */
export interface Wish {
  readonly names: readonly string[];
  readonly key: Key | undefined;
  /** How many may be worked on at once. */
  readonly concurrency: number;
  /** Told why events are missing, after which place and up to which; and by which error, where the other side has said one. */
  readonly gap: (reason: Gap["reason"], from?: Place, to?: Place, error?: EventwireError) => void;
}

/** @param name what was listened to, which stands for the topics. */
export function wishOf(core: BusCore, name: string, topics: readonly Topic[], options: DurableOptions): Wish {
  const { key, concurrency = Number.POSITIVE_INFINITY, onGap = unhandledGap } = options;
  return {
    names: topics.map((topic) => topic.name),
    key,
    concurrency,
    gap(reason, from, to, error) {
      const where = { from: offset(from), to: offset(to) };
      const gap: Gap = { name, key, reason, missed: undefined, ...where, ...(error && { error }) };
      core.inspect?.({ type: "gap", gap });
      core.attempt(() => onGap(gap));
    },
  };
}

function offset(place: Place | undefined) {
  return place && offsetOf(place.epoch, place.number);
}
