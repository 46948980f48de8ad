import type { Gap, Inspection } from "@eventwire/core";
import { expect, it, vi } from "vitest";
import { startBuildingClient } from "../fixtures/connected-building.js";
import type { FakeLink } from "../fixtures/fake-link.js";
import { settle } from "../fixtures/settle.js";

const lost = { code: "Lost", message: "It was lost.", retryable: true };
const disconnected = { reason: "disconnected", missed: undefined };

/** Grants all that the client listens to there. */
function grantAll(link: FakeLink): void {
  const refs = link.take().flatMap((message) => (message[0] === "listen" ? [message[1]] : []));
  link.arrive(...refs.map((ref) => ["listening", ref]));
}

function start() {
  const client = startBuildingClient();
  const connect = async () => {
    const link = await client.welcome();
    grantAll(link);
    await settle();
    return link;
  };
  const gaps: Gap[] = [];
  const onGap = (gap: Gap) => gaps.push(gap);
  return { ...client, connect, gaps, onGap };
}

it("tells each listener of a gap once listening is in force again, before the events after it", async () => {
  const { bus, connect, welcome, errors } = start();
  const told: unknown[] = [];
  const onGap = ({ name, key, reason }: Gap) => told.push([name, key, reason]);
  bus.on("room.opened", ({ room }) => told.push(room), { key: "a", onGap });
  (await connect()).close(lost);
  expect(told).toEqual([]);
  const link = await welcome();
  expect(told).toEqual([]);
  const [listen] = link.take();
  link.arrive(["listening", listen![1]], ["event", "room.opened", { room: "a", at: new Date(5) }, "id", 5]);
  expect(told).toEqual([["room.opened", "a", "disconnected"], "a"]);
  await settle();
  expect(errors).toEqual([]);
});

it("has none for the first connection, however many attempts it took", async () => {
  const { bus, source, welcome, connect, gaps, onGap, errors } = start();
  bus.on("note.added", () => undefined, { onGap });
  source.fail(lost);
  const first = await welcome();
  first.close(lost);
  await connect();
  expect([gaps, errors]).toEqual([[], []]);
});

it("has none for what is volatile, was refused, or is listened to again after it was left", async () => {
  const { bus, welcome, connect, gaps, onGap, errors } = start();
  bus.on("light.moved", () => undefined, { onGap });
  const refused = bus.on("vault.opened", () => undefined, { onGap });
  const stop = bus.on("note.added", () => undefined, { onGap });
  const link = await welcome();
  const [light, vault, note] = link.take().map((message) => message[1]);
  link.arrive(["listening", light], ["listening", note]);
  link.arrive(["failed", vault, { code: "Denied", message: "No." }]);
  await expect(refused.ready).rejects.toThrow("No.");
  link.close(lost);
  stop();
  bus.on("note.added", () => undefined, { onGap });
  await connect();
  expect([gaps, errors]).toEqual([[], []]);
});

it("tells apart what was in force from what was not, by the very key", async () => {
  const { bus, connect, welcome, gaps, onGap } = start();
  bus.on("room.opened", () => undefined, { key: "a", onGap });
  (await connect()).close(lost);
  bus.on("room.opened", () => undefined, { key: "b", onGap });
  bus.on("room.opened", () => undefined, { onGap });
  grantAll(await welcome());
  expect(gaps).toEqual([{ name: "room.opened", key: "a", ...disconnected }]);
});

it("reports those that nobody wants to know of together, one a name", async () => {
  const { bus, connect, errors } = start();
  const told: Inspection[] = [];
  bus.inspect((inspection) => inspection.type === "gap" && told.push(inspection));
  for (let room = 0; room < 50; room++) bus.on("room.opened", () => undefined, { key: `${room}` });
  bus.on("note.added", () => undefined, { concurrency: 1 });
  (await connect()).close(lost);
  await connect();
  expect(errors).toMatchObject([
    { code: "Gap", gap: { name: "room.opened", key: undefined, ...disconnected } },
    { code: "Gap", gap: { name: "note.added", key: undefined, ...disconnected } },
  ]);
  expect(told).toHaveLength(51);
});

it("reaches iterators and listeners that asked to be waited for", async () => {
  const { bus, connect, gaps, onGap, errors } = start();
  const events = bus.events("note.added", { onGap });
  bus.on("badge.shown", () => undefined, { concurrency: 1, onGap });
  (await connect()).close(lost);
  await connect();
  expect(gaps.map(({ name }) => name)).toEqual(["note.added", "badge.shown"]);
  await events.return?.();
  expect(errors).toEqual([]);
});

it("tells who listens by a pattern of each name", async () => {
  const { bus, connect, gaps, onGap } = start();
  bus.on("room.*", () => undefined, { onGap });
  (await connect()).close(lost);
  await connect();
  expect(gaps.map(({ name }) => name)).toEqual(["room.opened", "room.entered"]);
});

it("that the server tells of reaches who listens to that key or to all, with their number", async () => {
  const { bus, connect, gaps, onGap, errors } = start();
  for (const key of ["a", "b", undefined]) bus.on("room.opened", () => undefined, { key, onGap });
  const link = await connect();
  link.arrive(["gap", "room.opened", "a", "overflow", 3]);
  const gap = { name: "room.opened", reason: "overflow", missed: 3 };
  expect(gaps.splice(0)).toEqual([
    { ...gap, key: "a" },
    { ...gap, key: "a" },
  ]);
  link.arrive(["gap", "room.opened", null, "overflow", null]);
  expect(gaps.map(({ key, missed }) => [key, missed])).toEqual([
    ["a", undefined],
    ["b", undefined],
    [undefined, undefined],
  ]);
  link.arrive(["gap", "note.added", null, "overflow", 1], ["gap", "nothing.such", null, "overflow", 1]);
  await settle();
  expect(errors).toEqual([]);
});

it("that the server tells of is reported where nobody wants to know, counted together", async () => {
  const { bus, connect, errors } = start();
  bus.on("room.opened", () => undefined);
  const link = await connect();
  link.arrive(["gap", "room.opened", "a", "overflow", 3], ["gap", "room.opened", "b", "overflow", 4]);
  await settle();
  expect(errors).toMatchObject([{ gap: { name: "room.opened", key: undefined, missed: 7 } }]);
});

it("tells of listening that is denied after it was in force, or reports why", async () => {
  const { bus, connect, welcome, gaps, onGap, errors } = start();
  bus.on("note.added", () => undefined, { onGap });
  bus.on("badge.shown", () => undefined);
  (await connect()).close(lost);
  const link = await welcome();
  for (const [, ref] of link.take()) link.arrive(["failed", ref, { code: "Denied", message: "No more." }]);
  await settle();
  expect(gaps).toEqual([{ name: "note.added", key: undefined, reason: "denied", missed: undefined }]);
  expect(errors).toMatchObject([{ code: "Denied", message: "No more." }]);
});

it("is told to nobody who has left, also through what another one did", async () => {
  const { bus, connect } = start();
  const late = vi.fn();
  bus.on("note.added", () => undefined, { onGap: () => stop() });
  const stop = bus.on("note.added", () => undefined, { onGap: late });
  (await connect()).close(lost);
  await connect();
  expect(late).not.toHaveBeenCalled();
});

it("is told to the others where onGap throws, which is reported", async () => {
  const { bus, connect, gaps, onGap, errors } = start();
  const broken = () => {
    throw new Error("broken");
  };
  bus.on("note.added", () => undefined, { onGap: broken });
  bus.on("note.added", () => undefined, { onGap });
  (await connect()).close(lost);
  await connect();
  expect(gaps).toHaveLength(1);
  expect(errors).toMatchObject([{ message: "broken" }]);
});
