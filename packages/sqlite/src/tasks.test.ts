import type { ClaimedTask } from "@eventwire/core";
import { VirtualClock } from "@eventwire/testing";
import { expect, it } from "vitest";
import { createPath, event, openBroker } from "../fixtures/broker.js";

it("tells all of a reason, also where it has a character 0", async () => {
  const { tasks } = await openBroker(createPath());
  await tasks.enqueue([event()]);
  const [task] = await tasks.claim({ names: ["a"], owner: "one", lease: 60_000, limit: 1 });
  const { id, token } = task!;
  await tasks.settle([{ id, token, outcome: { type: "dead", reason: "a\0b" } }]);
  expect(await tasks.dead("a")).toMatchObject([{ reason: "a\0b" }]);
});

it("lets what outranks it go before a task that was given back, and not begun", async () => {
  const { tasks } = await openBroker(createPath());
  const query = { names: ["a"], owner: "one", lease: 60_000, limit: 2 };
  await tasks.enqueue([event({ key: "k" })]);
  const [{ id, token }] = (await tasks.claim(query)) as [ClaimedTask];
  const urgent = { ...event({ key: "k" }), priority: 1 };
  await tasks.enqueue([event({ key: "k" }), urgent]);
  await tasks.settle([{ id, token, outcome: { type: "release" } }]);
  const order: string[] = [];
  for (let [task] = await tasks.claim(query); task; [task] = await tasks.claim(query)) {
    order.push(task.id);
    await tasks.settle([{ id: task.id, token: task.token, outcome: { type: "done" } }]);
  }
  expect(order.slice(0, 2)).toEqual([urgent.id, id]);
  expect(order).toHaveLength(3);
});

it("redrives thousands in steps, each of them once, and does what else is asked meanwhile", async () => {
  const { tasks, log } = await openBroker(createPath());
  const count = 2_500;
  await tasks.enqueue(Array.from({ length: count }, () => event()));
  const query = { names: ["a"], owner: "one", lease: 60_000, limit: count };
  const claimed = await tasks.claim(query);
  const outcome = { type: "dead", reason: "no" } as const;
  await tasks.settle(claimed.map(({ id, token }) => ({ id, token, outcome })));

  const settled: string[] = [];
  const redriving = tasks.redrive("a", "all").finally(() => settled.push("redriven"));
  const appending = log.append([event()]).finally(() => settled.push("appended"));
  await Promise.all([redriving, appending]);
  expect(settled).toEqual(["appended", "redriven"]);
  expect(await redriving).toBe(count);
  expect((await tasks.claim(query)).map(({ id }) => id)).toEqual(claimed.map(({ id }) => id));
});

it("lets thousands come that are due, or were lost, in steps, the most urgent first, and does what else is asked meanwhile", async () => {
  const clock = new VirtualClock();
  const { tasks, log } = await openBroker(createPath(), { runtime: clock });
  const count = 2_500;
  const dueAt = clock.now() + 1_000;
  const delayed = Array.from({ length: count }, (_, index) => ({
    ...event(index % 2 === 0 ? {} : { key: `k${index}` }),
    dueAt: dueAt + index,
    priority: index,
  }));
  await tasks.enqueue(delayed);
  const query = { names: ["a"], owner: "one", lease: 1_000, limit: count };
  const urgentFirst = delayed.map(({ id }) => id).reverse();
  expect(await tasks.claim(query)).toEqual([]);
  for (const what of ["due", "lost"]) {
    await clock.advance(10_000);
    const settled: string[] = [];
    const claiming = tasks.claim(query).finally(() => settled.push("claimed"));
    const appending = log.append([event()]).finally(() => settled.push("appended"));
    await Promise.all([claiming, appending]);
    expect(settled, what).toEqual(["appended", "claimed"]);
    expect((await claiming).map(({ id }) => id)).toEqual(urgentFirst);
  }
});
