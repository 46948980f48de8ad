import type { Worker } from "node:worker_threads";
import { EventwireError } from "@eventwire/core";
import { VirtualClock } from "@eventwire/testing";
import { expect, it, vi } from "vitest";
import { createPath, event, openBroker, readAll } from "../fixtures/broker.js";

const threads: Worker[] = [];

vi.mock("./spawn.js", async (load) => {
  const { spawn } = await load<typeof import("./spawn.js")>();
  return {
    spawn: (...args: Parameters<typeof spawn>) => {
      const thread = spawn(...args);
      threads.push(thread);
      return thread;
    },
  };
});

it("rejects what is under way as unknown, and another thread goes on with the file", async () => {
  const broker = await openBroker(createPath());
  const heads: number[] = [];
  broker.log.watch((head) => heads.push(head));
  const first = event();
  await broker.log.append([first]);
  const appending = broker.log.append([event()]).catch((error: unknown) => error);
  await threads.at(-1)!.terminate();
  const error = await appending;
  // It may have been appended, or not: a bus repeats it with the same id.
  if (error instanceof Error) expect(EventwireError.is(error)).toBe(false);
  expect(await broker.log.append([first])).toMatchObject([{ duplicate: true }]);
  const last = event();
  await broker.log.append([last]);
  expect((await readAll(broker)).map(({ id }) => id)).toEqual(expect.arrayContaining([first.id, last.id]));
  await vi.waitUntil(async () => heads.at(-1) === (await broker.log.head()), { timeout: 10_000 });
});

it("is reported where nobody waited for it", async () => {
  const clock = new VirtualClock();
  const broker = await openBroker(createPath(), { runtime: clock });
  await threads.at(-1)!.terminate();
  expect(clock.loggedErrors).toMatchObject([{ message: expect.stringContaining("thread") }]);
  expect(await broker.log.head()).toBe(0);
});
