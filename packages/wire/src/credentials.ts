import { type CloseReason, DeniedError, type LinkFacts, MisuseError, OverflowError } from "@eventwire/core";
import { type BusCore, TokenBucket, withDeadline } from "@eventwire/core/attach";
import type { Ending, Ends } from "./ends.js";
import type { Limits } from "./limits.js";

/** Who someone is. `id` is what {@link Hub.to} finds them by. */
export interface Principal {
  readonly id: string;
  /**
   * Until when its credentials hold, in milliseconds since the Unix epoch; a JSON Web Token says `exp` in seconds. The client
   * is asked for fresh ones in time; without them what it listens to ends, and then its link. Default: as long as the link.
   */
  readonly expires?: number | undefined;
}

export interface CredentialsHost {
  readonly core: BusCore;
  readonly limits: Limits;
  readonly ends: Ends;
  /** @throws {DeniedError} when this link may not be served. */
  authenticate(facts: LinkFacts): Promise<Principal>;
}

export interface CredentialsActions {
  /** They end in so many milliseconds. */
  expiring(milliseconds: number): void;
  /** They have ended. */
  expired(): void;
  close(reason: CloseReason): void;
}

/** How long before the end the client is first asked for fresh credentials, in milliseconds; never over half of the time. */
const notice = 60_000;
/** It is asked no more when less than this is left, in milliseconds. */
const lastNotice = 2_000;
/** To authenticate is expensive: so many refreshes at once, and in so many milliseconds after that. */
const refreshes = { limit: 6, interval: 60_000 };

/** How long one peer is who it says it is. */
export class Credentials implements Ending {
  readonly #host: CredentialsHost;
  readonly #actions: CredentialsActions;
  /** From the first refresh on. */
  #refreshes: TokenBucket | undefined;
  #expires = Infinity;
  #asks = true;
  #over = false;
  #refreshing = false;

  constructor(host: CredentialsHost, actions: CredentialsActions) {
    this.#host = host;
    this.#actions = actions;
  }

  get expired(): boolean {
    return this.#expires !== Infinity && this.#host.core.runtime.now() >= this.#expires;
  }

  /** Those of this user hold from now on. @returns whether they do: false where they have ended already. */
  accept({ expires = Infinity }: Principal): boolean {
    const now = this.#host.core.runtime.now();
    if (expires <= now) {
      this.#reportSeconds(expires, now);
      return false;
    }
    // The same again will not become more by asking.
    this.#asks = expires > this.#expires || this.#expires === Infinity;
    this.#expires = expires;
    this.#over = false;
    if (expires === Infinity) this.#host.ends.set(this, Infinity);
    else this.#host.ends.set(this, this.#asks ? expires - Math.min(notice, (expires - now) / 2) : expires);
    return true;
  }

  /**
   * Has fresh credentials checked, one after the other and not too often.
   *
   * @throws {OverflowError | DeniedError | TimeoutError}
   */
  async check(facts: LinkFacts): Promise<Principal> {
    const { runtime } = this.#host.core;
    if (this.#refreshing) throw new OverflowError("Credentials are being checked already.");
    const now = runtime.monotonic();
    this.#refreshes ??= new TokenBucket(refreshes, now, "auth");
    const wait = this.#refreshes.readyAt - now;
    if (wait > 0) {
      const again = `Try again in ${Math.ceil(wait)} ms.`;
      throw new OverflowError(`Credentials may not be refreshed this often. ${again}`);
    }
    this.#refreshes.spend(now);
    this.#refreshing = true;
    const timeout = this.#host.limits.helloTimeout;
    try {
      return await withDeadline(runtime, "auth", { timeout }, () => this.#host.authenticate(facts));
    } finally {
      this.#refreshing = false;
    }
  }

  /** The peer has left. */
  end(): void {
    this.#host.ends.set(this, Infinity);
  }

  due(now: number): void {
    const { ends, limits } = this.#host;
    const left = this.#expires - now;
    if (left > 0) {
      if (this.#asks) this.#actions.expiring(left);
      ends.set(this, this.#asks && left / 2 > lastNotice ? now + left / 2 : this.#expires);
      return;
    }
    if (!this.#over) {
      this.#over = true;
      this.#actions.expired();
      ends.set(this, this.#expires + limits.expiryGrace);
      return;
    }
    this.#actions.close(expiredReason);
  }

  #reportSeconds(expires: number, now: number): void {
    // A time in seconds is a thousandth of one in milliseconds, and lies in January 1970.
    if (expires > now / 100) return;
    const message = `authenticate answered with { expires: ${expires} }, which has passed: milliseconds are meant, not seconds.`;
    this.#host.core.report(new MisuseError(message));
  }
}

export const expiredReason: CloseReason = {
  code: "Expired",
  message: "The credentials have expired. Connect again with fresh ones.",
  retryable: true,
};

/** Why somebody whose credentials have expired may do nothing. */
export function expiredCredentials(name: string): DeniedError {
  return new DeniedError(`"${name}" is denied: the credentials have expired. Refresh them.`, { name });
}

/** @throws {MisuseError} when what `authenticate` answered with has no time as its end. */
export function checkExpiry({ expires }: Principal): void {
  if (expires === undefined || (typeof expires === "number" && !Number.isNaN(expires))) return;
  throw new MisuseError(
    `authenticate answered with { expires: ${String(expires)} }, which is no time in milliseconds.`,
  );
}
