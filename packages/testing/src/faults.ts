import { MisuseError } from "@eventwire/core";

/**
 * What befalls a connection by itself. All are off unless given. A chance is a number from 0 to 1, drawn anew for each
 * frame from the network's seed.
 *
 * What a fault does depends on the link. One whose `facts.reliable` is true, the default, keeps the promise of the
 * `Link` port as TCP keeps it: order and no holes until it closes. The link of datagrams, `reliable: false`, shows the
 * faults themselves.
 */
export interface Faults {
  /** How long each frame is on its way, in milliseconds. Connecting takes twice that, there and back. */
  readonly latency?: number | undefined;
  /** Up to how many milliseconds longer that takes. Reliable: a late frame holds up those behind it. Datagrams overtake. */
  readonly jitter?: number | undefined;
  /** How many bytes a second fit through each way. */
  readonly bandwidth?: number | undefined;
  /** The chance that a frame is late by the whole of latency and jitter once more, at least 1 ms. As for jitter. */
  readonly reorder?: number | undefined;
  /** The chance that a datagram arrives twice. Reliable: nothing, a transport that counts drops the second one. */
  readonly duplicate?: number | undefined;
  /**
   * The chance that a frame never arrives. Reliable: nor does anything behind it, while the other way works, until the
   * receiver notices the silence and closes. Datagrams: the others arrive.
   */
  readonly drop?: number | undefined;
  /** The chance that the connection breaks at a frame: both ends are told at once, and all that is on its way is lost. */
  readonly cut?: number | undefined;
  /** The chance that an attempt to connect fails; another follows after the network's retry delay. */
  readonly refuse?: number | undefined;
}

/** Faults with the defaults for those that are not given. */
export type AllFaults = { readonly [Name in keyof Faults]-?: number };

const none: AllFaults = {
  latency: 0,
  jitter: 0,
  bandwidth: Number.POSITIVE_INFINITY,
  reorder: 0,
  duplicate: 0,
  drop: 0,
  cut: 0,
  refuse: 0,
};
const chances: readonly string[] = [
  "reorder",
  "duplicate",
  "drop",
  "cut",
  "refuse",
] satisfies (keyof Faults)[];

/** @throws {MisuseError} when one of them is no such fault. */
export function allFaults(given: Faults): AllFaults {
  const faults: Record<keyof Faults, number> = { ...none };
  for (const name of Object.keys(given) as (keyof Faults)[]) {
    const value = given[name];
    if (value === undefined) continue;
    if (!Object.hasOwn(none, name)) throw new MisuseError(`"${name}" is no fault of a network.`);
    const most = chances.includes(name) ? 1 : Number.POSITIVE_INFINITY;
    const fits =
      name === "bandwidth" ? value > 0 : value >= 0 && value <= most && value < Number.POSITIVE_INFINITY;
    if (!fits) throw new MisuseError(`The fault "${name}" cannot be ${value}.`);
    faults[name] = value;
  }
  return faults;
}
