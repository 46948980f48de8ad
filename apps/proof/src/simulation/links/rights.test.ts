import { expect, it } from "vitest";
import { SimulatedProcess } from "../process.js";
import { World } from "../world.js";
import { decisionTimeout, Rights } from "./rights.js";

function servers() {
  const world = new World(1);
  const waits = (milliseconds: number) => world.clock.until(world.sleep(milliseconds));
  const [one, other] = [new SimulatedProcess(world, "p1/1"), new SimulatedProcess(world, "p2/1")];
  return { rights: new Rights(world), waits, now: () => world.clock.monotonic(), one, other };
}

it("has a server wait too long only for what it asked since then itself, of that user and name", async () => {
  const { rights, waits, now, one, other } = servers();
  rights.asked(one, "c1", "order.paid");
  expect(rights.waitedSince(one, "c1", "order.paid", 0)).toBe(false);
  await waits(decisionTimeout);
  expect(rights.waitedSince(one, "c1", "order.paid", 0)).toBe(true);
  expect(rights.waitedSince(other, "c1", "order.paid", 0)).toBe(false);
  expect(rights.waitedSince(one, "c2", "order.paid", 0)).toBe(false);
  expect(rights.waitedSince(one, "c1", "order.placed", 0)).toBe(false);
  expect(rights.waitedSince(one, "c1", "order.paid", now())).toBe(false);
});

it("has an answer come too late, and not one in time", async () => {
  const { rights, waits, one } = servers();
  const inTime = rights.asked(one, "c1", "order.paid");
  const late = rights.asked(one, "c1", "order.placed");
  inTime();
  await waits(decisionTimeout);
  late();
  expect(rights.waitedSince(one, "c1", "order.paid", 0)).toBe(false);
  expect(rights.waitedSince(one, "c1", "order.placed", 0)).toBe(true);
});
