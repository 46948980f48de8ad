import { expect, it } from "vitest";
import { createDepot } from "./depot.js";

const many = 400;

it("A client waits for the results of many tasks at once, and others of them end before the first do", async () => {
  const { clock, errors, serve, connect } = createDepot(1, { latency: 5 });
  const { bus: server } = serve();
  const { bus } = connect();
  const sent = Array.from({ length: many }, (_, index) => bus.enqueue("parcel.weigh", { id: `${index}` }));
  const receipts = await clock.until(Promise.all(sent));
  const ended: string[] = [];
  const queue = bus.tasks("parcel.weigh");
  const results = receipts.map(({ id }) => queue.result(id).then(() => ended.push(id)));
  await clock.advance(2_000);
  // The first are not done before the last are, and their results not before.
  let rest = () => undefined as unknown;
  const late = new Promise<void>((resolve) => {
    rest = () => resolve();
  });
  server.work(
    "parcel.weigh",
    async ({ id }) => {
      if (Number(id) < 100) await late;
    },
    { concurrency: many },
  );
  await clock.until(() => ended.length === many - 100);
  expect(ended).not.toContain(receipts[0]!.id);
  rest();
  await clock.until(Promise.all(results));
  expect(errors).toEqual([]);
});

it("Who gives up to wait, or whose bus ends, is told at once, however many wait before", async () => {
  const { clock, serve, connect } = createDepot();
  serve();
  const { bus } = connect();
  const sent = Array.from({ length: 100 }, (_, index) => bus.enqueue("parcel.weigh", { id: `${index}` }));
  const receipts = await clock.until(Promise.all(sent));
  const controller = new AbortController();
  const queue = bus.tasks("parcel.weigh");
  const results = receipts.map(({ id }, index) =>
    queue.result(id, index === 99 ? { signal: controller.signal } : {}).then(
      () => "done",
      ({ code }) => code,
    ),
  );
  await clock.settle();
  controller.abort();
  expect(await clock.until(results[99]!)).toBe("Aborted");
  await clock.until(bus.close());
  expect(new Set(await clock.until(Promise.all(results)))).toEqual(new Set(["Closed", "Aborted"]));
});
