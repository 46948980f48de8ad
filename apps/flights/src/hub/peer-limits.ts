import { TokenBucket, type TokenBucketOptions } from "./token-bucket.js";

/** How many peers may be remembered before those that have been quiet are forgotten. */
const CROWD = 1_000;

/**
 * A rate limit for each peer, by what stays the same when it connects again.
 *
 * @example
 * const limits = new PeerLimits({ burst: 5, interval: 2_000, now: () => performance.now() });
 * limits.of(peer.user.id).take(); // false once the peer has used up its five
 */
export class PeerLimits {
  readonly #options: TokenBucketOptions;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(options: TokenBucketOptions) {
    this.#options = options;
  }

  /** The bucket of a peer, full when it is new here. */
  of(peer: string): TokenBucket {
    const known = this.#buckets.get(peer);
    if (known) return known;
    if (this.#buckets.size >= CROWD) this.#forgetQuiet();
    const bucket = new TokenBucket(this.#options);
    this.#buckets.set(peer, bucket);
    return bucket;
  }

  /** How many peers are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  #forgetQuiet(): void {
    for (const [peer, bucket] of this.#buckets) if (bucket.full) this.#buckets.delete(peer);
  }
}
