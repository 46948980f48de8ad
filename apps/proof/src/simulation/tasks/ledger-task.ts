import type { NewTask } from "@eventwire/core";
import type { Item } from "../contract.js";

/** A task, as the steps of the journal tell of it. */
export interface LedgerTask {
  readonly id: string;
  readonly name: string;
  /** What it is called outside of the system. */
  readonly job: string;
  readonly key: string | undefined;
  readonly place: number;
  readonly priority: number;
  readonly after: readonly string[];
  state: "open" | "claimed" | "done" | "dead" | "cancelled";
  /** When it may be claimed first, in milliseconds of the time that passes while the machine is up. */
  due: number;
  /** Whether it holds its key while it waits: it is to be tried again. */
  holds: boolean;
  attempt: number;
  token: number;
  until: number;
  /** How often each attempt was claimed, but for those that were given back. */
  readonly claims: Map<number, number>;
  /** What it gave, and in which attempt. */
  result: string | undefined;
  /** Whether it has died with another one. */
  buried: boolean;
}

const decoder = new TextDecoder();

export function newLedgerTask(task: NewTask, place: number, due: number): LedgerTask {
  const { id, name, priority = 0, after = [], body } = task;
  const { id: job, key } = dataOf(body) as Item;
  return {
    ...{ id, name, job, place, priority, after, due },
    key: name === "invoice.print" ? key : undefined,
    ...{ state: "open", holds: false, attempt: 0, token: 0, until: 0, claims: new Map(), buried: false },
    result: undefined,
  };
}

/** What is kept of a task or an event, or of what a task gave. */
export function dataOf(body: Uint8Array): unknown {
  return (JSON.parse(decoder.decode(body)) as readonly unknown[])[0];
}

export function isOpen({ state }: LedgerTask): boolean {
  return state === "open" || state === "claimed";
}
