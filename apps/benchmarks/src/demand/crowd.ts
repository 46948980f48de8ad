import type { Point } from "../emit/points.js";

/** A server in a process, and its peers, which each listen to keys of their own. */
export interface Crowd {
  /** Resolves when the peer of the point's key has got it. */
  emit(point: Point): Promise<void>;
  /** How many events each peer has got. */
  arrived(): readonly number[];
}

/** What the demand suite asks of an implementation. */
export interface DemandImplementation {
  readonly version: string;
  /** Has so many peers listen to so many keys each: the first to the keys from 0 on, and so forth. */
  gather(peers: number, keysOfEach: number): Promise<Crowd>;
}
