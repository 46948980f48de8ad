import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { expect, it } from "vitest";
import type { Moment } from "./log-state.js";
import { TaskReplica } from "./task-replica.js";

const known = 60_000;

function replicaAt(moment: { now: Moment }) {
  const errors: unknown[] = [];
  const runtime = Object.assign(new VirtualClock(), { uncaught: (error: unknown) => errors.push(error) });
  return { replica: new TaskReplica(runtime, () => moment.now, known, new Set()), errors };
}

const at = (uptime: number, boot = "first"): Moment => ({ now: 1_000 + uptime, boot, uptime });
const body = new TextEncoder().encode("[1]");
const task = (id: string, more: object) => ({ id, name: "a", key: undefined, time: 0, body, ...more });
const claiming = { names: ["a"], owner: "me", lease: 1_000, limit: 1 };

it("comes to the same where it was looked at, at a later time, before another's step came", async () => {
  const [here, there] = [{ now: at(0) }, { now: at(0) }];
  const asked = replicaAt(here);
  const looked = replicaAt(there);
  const later = task("later", { dueAt: 1_100, priority: 1 });
  const { entries } = await asked.replica.enqueue([later, task("now", {})]);
  for (const entry of entries) looked.replica.add(entry);
  there.now = at(150);
  expect(await looked.replica.reading.counts("a")).toMatchObject({ waiting: 2, delayed: 0 });
  here.now = at(80);
  const { entry, claimed } = await asked.replica.claim(claiming);
  expect(claimed.map(({ id }) => id)).toEqual(["now"]);
  looked.replica.add(entry!);
  const states = await looked.replica.reading.states(["now", "later"]);
  expect(states.map((one) => one?.state)).toEqual(["claimed", "waiting"]);
  expect(looked.errors).toEqual([]);
});

it("goes by the steps, and not by when it was looked at, for how long the machine was up", async () => {
  const [here, there] = [{ now: at(0) }, { now: at(0) }];
  const asked = replicaAt(here);
  const looked = replicaAt(there);
  const { entries } = await asked.replica.enqueue([task("later", { dueAt: 1_100 })]);
  for (const entry of entries) looked.replica.add(entry);
  there.now = at(90);
  await looked.replica.reading.counts("a");
  here.now = at(60, "second");
  there.now = at(60, "second");
  for (const { replica } of [asked, looked]) {
    expect(await replica.reading.counts("a")).toMatchObject({ waiting: 0, delayed: 1 });
  }
});
