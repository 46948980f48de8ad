import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { expect, it } from "vitest";
import { TroubledBroker } from "../fixtures/troubled-broker.js";
import { createBus, defineContract, type Inspection, task, unchecked } from "./index.js";
import { memory } from "./memory.js";

const post = defineContract({
  "mail.send": task(unchecked<string>()),
  "mail.count": task(unchecked<string>()),
});

/** A bus on which each mail that is sent is to be counted, once a day, and what is told of the counting. */
function createPost() {
  const clock = new VirtualClock();
  const broker = new TroubledBroker(memory({ runtime: clock }));
  const bus = createBus(post, { broker, runtime: clock, onError: () => undefined });
  const told: boolean[] = [];
  bus.inspect((inspection: Inspection) => {
    if (inspection.type === "task.enqueued" && inspection.name === "mail.count")
      told.push(inspection.duplicate);
  });
  bus.work("mail.send", (_, { onDone }) => void onDone.enqueue("mail.count", "today", { dedupe: "today" }));
  return { bus, broker, clock, told };
}

it("What a task enqueues with its end is told as a duplicate where it was there before", async () => {
  const { bus, clock, told } = createPost();
  for (const mail of ["a", "b"]) {
    await bus.enqueue("mail.send", mail);
    await clock.settle();
  }
  expect(told).toEqual([false, true]);
  await bus.close();
});

it("What a task enqueues with its end is told as new where the end was written by a try whose answer was lost", async () => {
  const { bus, broker, clock, told } = createPost();
  let isLost = false;
  broker.trouble = async (operation, go) => {
    const result = await go();
    if (operation !== "write" || isLost) return result;
    isLost = true;
    throw new Error("no answer");
  };
  await bus.enqueue("mail.send", "a");
  await clock.advance(1_000);
  expect(told).toEqual([false]);
  await bus.close();
});
