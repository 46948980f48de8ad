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
