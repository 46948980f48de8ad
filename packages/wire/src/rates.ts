import { MisuseError, type Runtime } from "@eventwire/core";
import { matches, TokenBucket } from "@eventwire/core/attach";
import type { ConnectedPeer } from "./peer.js";
import { TooOftenError } from "./refusal.js";

/** How often one user may send something. After a rest `most` may be sent at once, and the next ones evenly. */
export interface Rate {
  /** How many, from 1. */
  readonly most: number;
  /** In so many milliseconds. */
  readonly per: number;
}

/** How many users are remembered for each rate; those for whom nothing is missing are forgotten first. */
const mostUsers = 10_000;

interface Metered {
  readonly pattern: string;
  readonly rate: Rate;
  readonly byUser: Map<string, TokenBucket>;
}

/** How often each user may send what, by name or pattern, over all of its connections and however often it connects. */
export class Rates {
  readonly #runtime: Runtime;
  readonly #metered: readonly Metered[];
  readonly #byName = new Map<string, readonly Metered[]>();

  /** @throws {MisuseError} when a rate is none. */
  constructor(runtime: Runtime, rates: Readonly<Record<string, Rate | undefined>> = {}) {
    this.#runtime = runtime;
    this.#metered = Object.entries(rates).flatMap(([pattern, rate]) => {
      if (!rate) return [];
      checkRate(pattern, rate);
      return [{ pattern, rate, byUser: new Map() }];
    });
  }

  /** @throws {OverflowError} when this user has sent as much as it may for now. */
  take({ user }: ConnectedPeer<unknown>, name: string): void {
    if (this.#metered.length === 0) return;
    const { id } = user as { readonly id: string };
    const now = this.#runtime.monotonic();
    const metered = this.#matching(name);
    for (const { rate, byUser } of metered) {
      const wait = (byUser.get(id)?.readyAt ?? now) - now;
      if (wait > 0) throw tooOften(name, rate, wait);
    }
    for (const one of metered) this.#bucket(one, id, now).spend(now);
  }

  #bucket({ pattern, rate, byUser }: Metered, id: string, now: number): TokenBucket {
    let bucket = byUser.get(id);
    if (!bucket) {
      if (byUser.size >= mostUsers) forgetSome(byUser, now);
      bucket = new TokenBucket({ limit: rate.most, interval: rate.per }, now, pattern);
      byUser.set(id, bucket);
    }
    return bucket;
  }

  /** `name` is one of the contract, so that this cannot grow without bound. */
  #matching(name: string): readonly Metered[] {
    let metered = this.#byName.get(name);
    if (!metered) {
      metered = this.#metered.filter(({ pattern }) => matches(pattern, name));
      this.#byName.set(name, metered);
    }
    return metered;
  }
}

/** What was said of a message that came too often, and when it may be sent again. */
function tooOften(name: string, { most, per }: Rate, wait: number): TooOftenError {
  const again = `Try again in ${Math.ceil(wait)} ms.`;
  return new TooOftenError(`"${name}" may be sent ${most} times in ${per} ms. ${again}`, wait, name);
}

function checkRate(pattern: string, { most, per }: Rate): void {
  if (most >= 1 && most < Infinity && per >= 0 && per < Infinity) return;
  throw new MisuseError(
    `rates["${pattern}"] needs { most } of at least 1 and { per } in milliseconds; it has ${most} and ${per}.`,
  );
}

function forgetSome(byUser: Map<string, TokenBucket>, now: number): void {
  for (const [id, { fullAt }] of byUser) if (fullAt <= now) byUser.delete(id);
  // Down to half at once, so that a crowd costs little for each who comes.
  for (const id of byUser.keys()) {
    if (byUser.size <= mostUsers / 2) return;
    byUser.delete(id);
  }
}
