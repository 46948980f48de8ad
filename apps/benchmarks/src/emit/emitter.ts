import type { Point } from "./points.js";

/** What a listener may learn besides the point, from an implementation that tells it. */
export interface Context {
  readonly name: string;
}

export type Listener = (point: Point, context?: Context) => void;

export type Emit = (point: Point) => void;

/** An event whose listeners come and go. */
export interface Visited {
  readonly emit: Emit;
  /** Registers one more listener; what it returns takes it away. */
  readonly join: (listener: Listener) => () => unknown;
}

/** What the emit suite asks of an implementation. */
export interface Emitter {
  /**
   * Whether a failing listener stops no other, emits made by listeners wait for their turn, and listeners are given a
   * context. Checked where it is claimed.
   */
  readonly guarded: boolean;
  /** Registers all listeners for one event; a guarded implementation reports what a listener throws. */
  plain(listeners: readonly Listener[], report?: (error: unknown) => void): Emit;
  /** Registers all listeners for one event, like `plain`, and lets others come and go. */
  visited(listeners: readonly Listener[]): Visited;
  /** Registers each listener for the key that is its index; emitting a point reaches the listener of `point.id`. */
  keyed(listeners: readonly Listener[]): Emit;
  /** Like `plain`, while somebody observes all that happens, or has stopped to. Only for who can be observed. */
  inspected?(listeners: readonly Listener[], still: boolean): Emit;
}

/** An implementation as the suite loads it. */
export interface EmitImplementation {
  readonly version: string;
  readonly emitter: Emitter;
}
