/** Everything that is done to a system. */
export const faults = [
  "process-crashed",
  "power-lost",
  "write-lost",
  "write-torn",
  "write-holed",
  "rename-lost",
  "write-failed",
  "sync-failed",
  "disk-slow",
  "paused",
  "paused-beyond-lease",
  "clock-forward",
  "clock-back",
  "hint-lost",
  "answer-lost",
  "restarted",
  "contract-changed",
  "listener-left",
  "listener-slow",
  "member-left",
  "handler-failed",
  "handler-hung",
  "producer-replaced",
  "trimmed",
  "restored",
  "redriven",
  "client-crashed",
  "client-restarted",
  "client-paused",
  "link-cut",
  "link-cut-late",
  "link-left-open",
  "frame-dropped",
  "frame-late",
  "half-open",
  "partitioned",
  "reader-slow",
  "reader-evicted",
  "network-slow",
  "connection-refused",
  "server-changed",
  "outbox-full",
  "retention-outlasted",
  "right-revoked",
  "right-granted",
  "attempt-failed",
  "attempt-hung",
  "settled-late",
  "worker-left",
  "task-cancelled",
  "tasks-paused",
  "tasks-redriven",
] as const;

export type Fault = (typeof faults)[number];

export type FaultCounts = Readonly<Record<Fault, number>>;

/** How often each was. */
export class Faults {
  readonly #counts = new Map<Fault, number>(faults.map((fault) => [fault, 0]));

  count(fault: Fault): void {
    this.#counts.set(fault, (this.#counts.get(fault) ?? 0) + 1);
  }

  get counts(): FaultCounts {
    return Object.fromEntries(this.#counts) as FaultCounts;
  }
}
