import type { ClaimedTask, NewTask, Settlement, TaskOutcome, TaskQuery, Tasks } from "@eventwire/core";
import type { Moment } from "./log-state.js";
import { toBytes, toText } from "./text.js";

/** What was done to the tasks, and when: done again in this order, it comes to the same. */
export interface TaskEntry extends Moment {
  readonly type: "task";
  readonly step: TaskStep;
}

export type TaskStep =
  | { readonly type: "enqueue"; readonly tasks: readonly NewTask[] }
  | { readonly type: "claim"; readonly query: TaskQuery; readonly gave: readonly Claim[] }
  | {
      readonly type: "reclaim";
      readonly query: Reclaim;
      readonly gave: readonly Claim[];
    }
  /** Those whose lease held. */
  | { readonly type: "settle"; readonly settlements: readonly Settlement[] }
  | { readonly type: "redrive"; readonly name: string; readonly ids: readonly string[] | "all" }
  | { readonly type: "cancel"; readonly name: string; readonly ids: readonly string[] }
  | { readonly type: "pause"; readonly name: string; readonly paused: boolean }
  | { readonly type: "forget"; readonly name: string; readonly before: number };

/** Of whom what is claimed is claimed anew. */
export type Reclaim = Parameters<Tasks["reclaim"]>[0];

export type Claim = Pick<ClaimedTask, "id" | "token" | "attempt">;

/** The same with its bytes as text. */
export type WrittenTaskEntry = Omit<TaskEntry, "step"> & { readonly step: WrittenStep };

type WrittenStep =
  | Exclude<TaskStep, { readonly type: "enqueue" | "settle" }>
  | {
      readonly type: "enqueue";
      readonly tasks: readonly (Omit<NewTask, "body"> & { readonly body: string })[];
    }
  | {
      readonly type: "settle";
      readonly settlements: readonly (Omit<Settlement, "outcome"> & { readonly outcome: WrittenOutcome })[];
    };

type WrittenOutcome =
  | Exclude<TaskOutcome, { readonly type: "done" | "extend" }>
  | { readonly type: "done"; readonly result?: string | undefined }
  | { readonly type: "extend"; readonly lease: number; readonly progress?: string | undefined };

export function writtenTask(entry: TaskEntry): WrittenTaskEntry {
  const { step } = entry;
  if (step.type === "enqueue") {
    const tasks = step.tasks.map((task) => ({ ...task, body: toText(task.body) }));
    return { ...entry, step: { ...step, tasks } };
  }
  if (step.type !== "settle") return { ...entry, step };
  const settlements = step.settlements.map((one) => ({ ...one, outcome: writtenOutcome(one.outcome) }));
  return { ...entry, step: { ...step, settlements } };
}

export function readTask(entry: WrittenTaskEntry): TaskEntry {
  const { step } = entry;
  if (step.type === "enqueue") {
    const tasks = step.tasks.map(({ body, ...task }) => ({ ...task, body: toBytes(body) }));
    return { ...entry, step: { ...step, tasks } };
  }
  if (step.type !== "settle") return { ...entry, step };
  const settlements = step.settlements.map((one) => ({ ...one, outcome: readOutcome(one.outcome) }));
  return { ...entry, step: { ...step, settlements } };
}

function writtenOutcome(outcome: TaskOutcome): WrittenOutcome {
  if (outcome.type === "done") return { ...outcome, result: outcome.result && toText(outcome.result) };
  if (outcome.type !== "extend") return outcome;
  return { ...outcome, progress: outcome.progress && toText(outcome.progress) };
}

function readOutcome(outcome: WrittenOutcome): TaskOutcome {
  if (outcome.type === "done") {
    return { ...outcome, result: outcome.result === undefined ? undefined : toBytes(outcome.result) };
  }
  if (outcome.type !== "extend") return outcome;
  return { ...outcome, progress: outcome.progress === undefined ? undefined : toBytes(outcome.progress) };
}
