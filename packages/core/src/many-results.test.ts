import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { expect, it, vi } from "vitest";
import { createBus, defineContract, task, unchecked } from "./index.js";
import { memory } from "./memory.js";

const post = defineContract({ "mail.send": task(unchecked<string>(), { keep: 600_000 }) });

/** Tasks of which each is kept when it is done, and whose results are waited for. */
async function createWaiting(count: number) {
  const clock = new VirtualClock();
  const broker = memory({ runtime: clock });
  const bus = createBus(post, { broker, runtime: clock });
  const receipts = Array.from({ length: count }, () => bus.enqueue("mail.send", "x"));
  const ids = (await clock.until(Promise.all(receipts))).map(({ id }) => id);
  const states = vi.spyOn(broker.tasks, "states");
  const asked = () => states.mock.calls.reduce((sum, [page]) => sum + page.length, 0);
  const results = ids.map((id) => bus.tasks("mail.send").result(id));
  return { bus, clock, ids, results: Promise.all(results), asked };
}

it("Thousands of results are waited for at a cost that does not grow with how many wait and end", async () => {
  const count = 1_000;
  const { bus, clock, results, asked } = await createWaiting(count);
  bus.work("mail.send", () => new Promise<void>((resolve) => clock.timer(resolve, 1)));
  await clock.until(results);
  expect(asked()).toBeGreaterThanOrEqual(2 * count);
  expect(asked()).toBeLessThan(100 * count);
  await clock.until(bus.close());
});

it("Who comes to wait while thousands do is told at once how its task stands", async () => {
  const { bus, clock, ids, results } = await createWaiting(1_000);
  results.catch(() => undefined);
  await clock.settle();
  const watching = bus.tasks("mail.send").watch(ids[0]!);
  const first = vi.fn();
  void watching.next().then(first);
  await clock.settle();
  expect(first).toHaveBeenCalledOnce();
  await watching.return?.();
  await clock.until(bus.close());
});
