import { expect, test } from "vitest";
import { Job } from "./job.js";

function offer() {
  const controller = new AbortController();
  const parcel = { parcel: "ann-1", from: "SEA", to: "BOS" };
  return { controller, job: new Job("parcel.pickup", parcel, { attempt: 2, signal: controller.signal }) };
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

test("a job that is no longer the driver's ends with the reason", async () => {
  const { controller, job } = offer();
  controller.abort(new Error("The lease is over"));
  await expect(job.ended).rejects.toThrow("The lease is over");
});
