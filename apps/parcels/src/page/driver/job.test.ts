import type { Released, TaskContext } from "@eventwire/core";
import { expect, test } from "vitest";
import { Job } from "./job.js";

function offer() {
  const controller = new AbortController();
  const parcel = { parcel: "ann-1", from: "SEA", to: "BOS" };
  const delays: unknown[] = [];
  const release: TaskContext["release"] = (options) => {
    delays.push(options?.delay);
    controller.abort();
    return {} as Released;
  };
  const task = { attempt: 2, signal: controller.signal, leasedUntil: 30_000, release };
  return { controller, delays, job: new Job("parcel.pickup", parcel, task) };
}

test("a job ends as the driver says first", async () => {
  const { job } = offer();
  job.done();
  job.fail("Too late");
  await expect(job.ended).resolves.toBeUndefined();
  const other = offer().job;
  other.fail("Nobody was there");
  await expect(other.ended).rejects.toThrow("Nobody was there");
});

test("a job that is declined is handed back, and not failed", async () => {
  const { job, delays } = offer();
  job.decline();
  await expect(job.ended).rejects.toMatchObject({ name: "AbortError" });
  expect(job.declined).toBe(true);
  expect(delays).toEqual([5_000]);
});

test("a job that is no longer the driver's ends with the reason", async () => {
  const { controller, job } = offer();
  controller.abort(new Error("The lease is over"));
  await expect(job.ended).rejects.toThrow("The lease is over");
});
