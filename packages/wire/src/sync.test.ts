import { expect, it } from "vitest";
import { serveBuilding } from "../fixtures/served-building.js";
import { settle } from "../fixtures/settle.js";

it("tells a peer when all that it sent before has been decided", async () => {
  const waiting: ((answer: boolean) => void)[] = [];
  const rule = () => new Promise<boolean>((resolve) => waiting.push(resolve));
  const { connect } = serveBuilding({ allow: { emit: { "note.added": rule } } });
  const link = await connect();
  link.arrive(["sync", 1], ["event", "note.added", "a", "0"], ["sync", 2], ["event", "note.added", 5, "1"]);
  await settle();
  expect(link.take()).toEqual([["synced", 1]]);
  waiting[0]!(false);
  await settle();
  expect(link.take()).toMatchObject([
    ["refused", "0", "note.added", { code: "Denied" }],
    ["synced", 2],
    ["refused", "1", "note.added", { code: "Invalid" }],
  ]);
});

it("says so by the number where too much waits for that", async () => {
  const { connect } = serveBuilding({
    limits: { heldMessages: 1 },
    allow: { emit: { "note.added": () => new Promise(() => undefined) } },
  });
  const link = await connect();
  link.arrive(["event", "note.added", "a", "0"], ["sync", 1], ["sync", 2]);
  await settle();
  expect(link.take()).toMatchObject([["failed", 2, { code: "Overflow" }]]);
});
