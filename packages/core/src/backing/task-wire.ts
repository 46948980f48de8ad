import type { Cause } from "../cause.js";
import type { Key } from "../key.js";
import type { TaskReceipt, TaskStatus } from "../work.js";

/** What a client asks its server about tasks, and what it is answered. */
export interface TaskAsks {
  readonly enqueue: { readonly input: EnqueueAsked; readonly output: TaskReceipt };
  readonly state: { readonly input: TaskAsked; readonly output: TaskStatus | null };
  /** A stream of how a task stands, that ends when it is over; `null` where nothing is known of it. */
  readonly watch: { readonly input: TaskAsked; readonly output: TaskStatus | null };
  /** How many were. */
  readonly cancel: { readonly input: CancelAsked; readonly output: number };
  /** A stream of {@link WorkItem}. */
  readonly work: { readonly input: WorkAsked; readonly output: WorkItem };
  /** Wants nothing more. What it has it settles. */
  readonly rest: { readonly input: WorkerAsked; readonly output: null };
  readonly settle: { readonly input: SettleAsked; readonly output: Settled };
  readonly progress: { readonly input: ProgressAsked; readonly output: null };
}

export interface EnqueueAsked {
  readonly name: string;
  readonly data: unknown;
  /** Made at the client, so that one that is sent again is known. */
  readonly id: string;
  readonly delay?: number | undefined;
  /** In milliseconds since the Unix epoch. */
  readonly at?: number | undefined;
  readonly priority?: number | undefined;
  readonly dedupe?: string | undefined;
  readonly after?: readonly string[] | undefined;
}

export interface TaskAsked {
  readonly name: string;
  readonly id: string;
}

export interface CancelAsked {
  readonly name: string;
  readonly ids: readonly string[];
}

/** Which worker of which client it is, link after link. */
export interface WorkerAsked {
  readonly session: string;
  readonly worker: number;
}

export interface WorkAsked extends WorkerAsked {
  readonly name: string;
  readonly concurrency?: number | undefined;
  readonly timeout?: number | undefined;
  readonly lease?: number | undefined;
  /** Whether it wants to be told when leases are renewed. */
  readonly renewals?: boolean | undefined;
}

/** A claim. */
export interface ClaimAsked extends WorkerAsked {
  readonly id: string;
  readonly token: number;
}

export interface ProgressAsked extends ClaimAsked {
  readonly data: unknown;
}

export interface SettleAsked extends ClaimAsked {
  readonly outcome: SaidOutcome;
}

export type SaidOutcome =
  | {
      readonly type: "done";
      readonly result?: unknown;
      /** Written with its end. */
      readonly events?: readonly { readonly name: string; readonly data: unknown }[] | undefined;
      readonly tasks?: readonly EnqueueAsked[] | undefined;
    }
  | { readonly type: "failed"; readonly reason: string }
  /** Handed back, for others to do after so many milliseconds. It is no attempt. */
  | { readonly type: "released"; readonly delay?: number | undefined };

export interface Settled {
  /** Whether it counted: the lease held. */
  readonly held: boolean;
  /** Why it was an attempt that failed, although it was said to be done. */
  readonly failed?: string | undefined;
}

export type WorkItem =
  /** What this worker still has from before, at first: all else is others'. */
  | {
      readonly type: "held";
      readonly claims: readonly (readonly [id: string, token: number, attempt?: number])[];
    }
  | {
      readonly type: "task";
      readonly id: string;
      readonly token: number;
      readonly attempt: number;
      /** For how many milliseconds more it is this worker's, unless that is renewed. */
      readonly lease?: number | undefined;
      readonly time: number;
      readonly data: unknown;
      readonly key?: Key | undefined;
      readonly cause: readonly Cause[];
    }
  /** All that it has is its own for so many milliseconds more. */
  | { readonly type: "renewed"; readonly lease: number }
  /** Nothing that is done of it counts any more. */
  | { readonly type: "lost"; readonly id: string; readonly token: number; readonly code: string };
