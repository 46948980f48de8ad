import type { Settlement, TaskQuery } from "@eventwire/core";
import type { Entry } from "../../log/entries.js";
import type { Claim, TaskEntry } from "../../log/task-entries.js";
import { maxLosses } from "../../workers/work-oracle.js";
import { attemptsOf, mostSent, type TaskName } from "../contract.js";
import type { Journaled } from "../journaled.js";
import { dataOf, isOpen, type LedgerTask, newLedgerTask } from "./ledger-task.js";

/** What an ended task has left in the log. */
export interface Effect {
  /** What it is called outside of the system; not known of one that was let go. */
  readonly id: string | undefined;
  readonly job: string;
}

/** What is wrong with the steps themselves. */
export interface LedgerWrongs {
  readonly unexpected: string[];
  readonly duplicated: string[];
  readonly inverted: string[];
}

/** The journal's own account of tasks, read past the log, each step held against what was promised: who held what, when and in which order. */
export class Ledger {
  readonly tasks = new Map<string, LedgerTask>();
  readonly effects: Effect[] = [];
  readonly wrongs: LedgerWrongs = { unexpected: [], duplicated: [], inverted: [] };
  readonly #byJob = new Map<string, LedgerTask[]>();
  readonly #paused = new Set<string>();
  #boot = "";
  #uptime = 0;
  #before = 0;
  #read = 0;
  #last: Entry | undefined;

  /** @returns this one, with what has come; or another, where the journal was written anew. */
  upTo({ entries }: Pick<Journaled, "entries">): Ledger {
    if (this.#last !== entries[this.#read - 1]) return new Ledger().upTo({ entries });
    for (const entry of entries.slice(this.#read)) this.#add(entry);
    this.#read = entries.length;
    this.#last = entries.at(-1);
    return this;
  }

  /** Those of one outside id: one, unless something is wrong. */
  of(job: string): readonly LedgerTask[] {
    return this.#byJob.get(job) ?? [];
  }

  /** Those that are not due within a time, in milliseconds. */
  dueAfter(milliseconds: number): readonly LedgerTask[] {
    const later = this.#before + this.#uptime + milliseconds;
    return [...this.tasks.values()].filter((task) => task.state === "open" && task.due > later);
  }

  #add(entry: Entry): void {
    if (entry.type === "task") this.#do(entry);
    if (entry.type !== "event" || entry.name !== "invoice.ready") return;
    const id = entry.body.length === 0 ? undefined : (dataOf(entry.body) as { id: string }).id;
    this.effects.push({ id, job: String(entry.key) });
  }

  #do({ boot, uptime, now, step }: TaskEntry): void {
    if (boot !== this.#boot) this.#before += this.#uptime;
    this.#boot = boot;
    this.#uptime = uptime;
    const time = this.#before + uptime;
    switch (step.type) {
      case "enqueue":
        for (const task of step.tasks) {
          const due = task.dueAt === undefined ? 0 : time + Math.max(0, task.dueAt - now);
          this.#enqueue(newLedgerTask(task, this.tasks.size, due));
        }
        break;
      case "claim":
        this.#loseLeases(step.query, time);
        for (const claim of step.gave) this.#claim(claim, time, time + step.query.lease);
        break;
      case "reclaim":
        for (const claim of step.gave) this.#reclaim(claim, time + step.query.lease);
        break;
      case "settle":
        for (const settlement of step.settlements) this.#settle(settlement, time, now);
        break;
      case "redrive":
        this.#redrive(step.name, step.ids);
        break;
      case "cancel":
        for (const id of step.ids) this.#cancel(id);
        break;
      case "pause":
        if (step.paused) this.#paused.add(step.name);
        else this.#paused.delete(step.name);
    }
  }

  #enqueue(task: LedgerTask): void {
    this.tasks.set(task.id, task);
    const all = this.#byJob.get(task.job) ?? [];
    this.#byJob.set(task.job, all);
    all.push(task);
    if (all.length > 1)
      this.wrongs.duplicated.push(`task ${task.job}, as ${all.map(({ id }) => id).join(" and ")}`);
    const lost = task.after.find((id) => this.#isLost(id));
    if (lost !== undefined) this.#bury(task);
  }

  /** What is over is lost with the next claim of its name, and goes first of its key. */
  #loseLeases({ names }: TaskQuery, time: number): void {
    for (const task of this.tasks.values()) {
      if (task.state !== "claimed" || task.until > time) continue;
      if (!names.includes(task.name) || this.#paused.has(task.name)) continue;
      task.state = "open";
      task.holds = true;
    }
  }

  #claim({ id, token, attempt }: Claim, time: number, until: number): void {
    const { unexpected, inverted } = this.wrongs;
    const task = this.tasks.get(id);
    if (!task) {
      unexpected.push(`${id} was claimed, and never enqueued`);
      return;
    }
    const { job, name } = task;
    if (!isOpen(task)) unexpected.push(`${job} was claimed, and is ${task.state}`);
    if (task.state === "claimed") unexpected.push(`at once: ${job} was claimed twice`);
    if (this.#paused.has(name)) unexpected.push(`${job} was claimed while ${name} is paused`);
    if (task.due > time) unexpected.push(`${job} was claimed before it was due`);
    if (token <= task.token) unexpected.push(`${job} was claimed by an older token`);
    const most = attemptsOf[name as TaskName] + maxLosses + 1;
    if (attempt !== task.attempt + 1 || attempt > most) unexpected.push(`attempts: ${job} is at ${attempt}`);
    const before = task.after.find((other) => isWaitedFor(this.tasks.get(other)));
    if (before) unexpected.push(`before what it comes after: ${job}`);
    for (const other of this.tasks.values()) {
      if (other === task || other.name !== name || other.key === undefined || other.key !== task.key)
        continue;
      if (other.state === "claimed") unexpected.push(`at once: ${job} and ${other.job} of ${other.key}`);
      else if (this.#goesBefore(other, task, time)) inverted.push(`task ${job}: before ${other.job}`);
    }
    Object.assign(task, { state: "claimed", token, attempt, until, holds: true });
    task.claims.set(attempt, (task.claims.get(attempt) ?? 0) + 1);
    if (name === "invoice.send" && this.#claimed(name) > mostSent)
      unexpected.push(`at once: too many with ${job}`);
  }

  /** Who has it goes on with it, and who goes by the token of before has lost it. */
  #reclaim({ id, token, attempt }: Claim, until: number): void {
    const task = this.tasks.get(id);
    if (task?.state !== "claimed" || token <= task.token || attempt !== task.attempt) {
      this.wrongs.unexpected.push(`${task?.job ?? id} was claimed anew, and is ${task?.state}`);
      return;
    }
    Object.assign(task, { token, until });
  }

  #goesBefore(other: LedgerTask, task: LedgerTask, time: number): boolean {
    if (other.state !== "open") return false;
    if (other.holds) return true;
    if (task.holds || other.due > time || other.after.some((id) => isWaitedFor(this.tasks.get(id))))
      return false;
    return other.priority === task.priority ? other.place < task.place : other.priority > task.priority;
  }

  #claimed(name: string): number {
    return [...this.tasks.values()].filter((task) => task.state === "claimed" && task.name === name).length;
  }

  #settle({ id, token, outcome }: Settlement, time: number, now: number): void {
    const task = this.tasks.get(id);
    if (task?.state !== "claimed" || task.token !== token) {
      this.wrongs.unexpected.push(`fenced: ${task?.job ?? id} was settled by who had lost it`);
      if (!task) return;
    }
    switch (outcome.type) {
      case "extend":
        task.until = time + outcome.lease;
        break;
      case "retry":
        task.state = "open";
        task.due = time + Math.max(0, outcome.at - now);
        break;
      case "release":
        task.claims.set(task.attempt, (task.claims.get(task.attempt) ?? 0) - 1);
        Object.assign(task, { state: "open", attempt: task.attempt - 1, holds: false });
        if (outcome.at !== undefined && outcome.at > now)
          Object.assign(task, { due: time + outcome.at - now, holds: true });
        break;
      case "done":
        task.state = "done";
        task.result = outcome.result && String(dataOf(outcome.result));
        break;
      case "dead":
        this.#die(task);
    }
  }

  #die(task: LedgerTask): void {
    const least = attemptsOf[task.name as TaskName];
    if (task.attempt < least)
      this.wrongs.unexpected.push(`attempts: ${task.job} is dead after ${task.attempt}`);
    task.state = "dead";
    this.#buryBehind(task);
  }

  #cancel(id: string): void {
    const task = this.tasks.get(id);
    if (!task || task.state === "done" || task.state === "cancelled") return;
    task.state = "cancelled";
    this.#buryBehind(task);
  }

  #bury(task: LedgerTask): void {
    task.state = "dead";
    task.buried = true;
    this.#buryBehind(task);
  }

  #buryBehind({ id }: LedgerTask): void {
    for (const other of this.tasks.values()) {
      if (other.state === "open" && other.after.includes(id)) this.#bury(other);
    }
  }

  /** Those are again that wait for nothing that is dead or cancelled, in whatever order they are named. */
  #redrive(name: string, ids: readonly string[] | "all"): void {
    const wanted = new Set(
      [...this.tasks.values()].filter((task) => task.name === name && task.state === "dead"),
    );
    if (ids !== "all") for (const task of wanted) if (!ids.includes(task.id)) wanted.delete(task);
    for (let again = true; again; ) {
      again = false;
      for (const task of wanted) {
        if (task.after.some((id) => this.#isLost(id))) continue;
        Object.assign(task, { state: "open", attempt: 0, due: 0, holds: false, buried: false });
        wanted.delete(task);
        again = true;
      }
    }
  }

  #isLost(id: string): boolean {
    const state = this.tasks.get(id)?.state;
    return state === "dead" || state === "cancelled";
  }
}

/** What is gone is done. */
function isWaitedFor(task: LedgerTask | undefined): boolean {
  return task !== undefined && task.state !== "done";
}
