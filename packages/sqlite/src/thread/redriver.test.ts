import type { NewTask } from "@eventwire/core";
import { expect, it, vi } from "vitest";
import { createPath, openBroker } from "../../fixtures/broker.js";
import { GroupCommit } from "./group-commit.js";
import { openFile } from "./open-file.js";
import { Queues } from "./queues.js";
import { Redrive } from "./redriver.js";
import { inSteps } from "./task-steps.js";

const many = 2_500;
const patience = { timeout: 30_000, interval: 5 };
let last = 0;

function task(name: string, after: readonly string[] = []): NewTask {
  last += 1;
  return { id: `t.${last}`, name, key: undefined, time: last, body: Uint8Array.of(1), after };
}

/** How many of a name each transaction redrives. */
async function redriveAll(
  path: string,
  name: string,
  ids: readonly string[] | "all",
): Promise<readonly number[]> {
  const file = await openFile(path, 1_000);
  const limits = {
    dedupeWindow: 600_000,
    producerWindow: 1_000_000,
    producersPerOwner: 1_000,
    busyTimeout: 1_000,
  };
  const events = { committed: () => undefined, undone: () => undefined };
  const commits = new GroupCommit(file.writer, path, limits, events);
  const queues = new Queues(file.writer, commits.names, limits.dedupeWindow);
  const redrive = new Redrive(commits.names.find(name)!, ids, Number.MAX_SAFE_INTEGER);
  const counts: number[] = [];
  await new Promise((resolve) =>
    inSteps(
      commits,
      (_, { state }) => {
        const done = queues.redrive(redrive, Date.now(), state);
        counts.push(done.result.count);
        return done;
      },
      resolve,
    ),
  );
  file.reader.close();
  file.writer.close();
  return counts;
}

it("Many that died of one are redriven with it in steps, also those that died before it", async () => {
  const path = createPath();
  const broker = await openBroker(path);
  const { tasks } = broker;
  const roots = [task("a"), task("a")];
  const children = Array.from({ length: many }, () =>
    task(
      "a",
      roots.map(({ id }) => id),
    ),
  );
  await tasks.enqueue(roots);
  await tasks.enqueue(children);
  await tasks.enqueue(children.map(({ id }) => task("a", [id])));
  // The second dies when all that wait for it are dead of the first.
  const claimed = await tasks.claim({ names: ["a"], owner: "w", lease: 60_000, limit: 2 });
  for (const [index, { id, token }] of claimed.entries()) {
    await tasks.settle([{ id, token, outcome: { type: "dead", reason: "no" } }]);
    const dead = 2 * many + index + 1;
    await vi.waitFor(async () => expect(await tasks.counts("a")).toMatchObject({ dead }), patience);
  }
  await broker.close({ drain: 1_000 });

  const counts = await redriveAll(path, "a", "all");
  expect(Math.max(...counts)).toBeLessThanOrEqual(1_000);
  expect(counts.reduce((sum, count) => sum + count)).toBe(2 * many + 2);
  await broker.open();
  expect(await tasks.counts("a")).toMatchObject({ waiting: 2, blocked: 2 * many, dead: 0 });
  await broker.close({ drain: 1_000 });
}, 60_000);

it("Some are redriven without looking at the others that are dead", async () => {
  const path = createPath();
  const broker = await openBroker(path);
  const { tasks } = broker;
  const dying = Array.from({ length: many }, () => task("a"));
  await tasks.enqueue([...dying, task("b")]);
  const claimed = await tasks.claim({ names: ["a", "b"], owner: "w", lease: 60_000, limit: many + 1 });
  const outcome = { type: "dead", reason: "no" } as const;
  await tasks.settle(claimed.map(({ id, token }) => ({ id, token, outcome })));
  await broker.close({ drain: 1_000 });

  const some = [dying[7]!, dying[2_000]!].map(({ id }) => id);
  const counts = await redriveAll(path, "a", [...some, some[0]!, "never", claimed.at(-1)!.id]);
  expect(counts).toEqual([2]);
  await broker.open();
  const again = await tasks.claim({ names: ["a", "b"], owner: "w", lease: 60_000, limit: many });
  expect(again.map(({ id }) => id)).toEqual(some);
  await broker.close({ drain: 1_000 });
}, 60_000);
