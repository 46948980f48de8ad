import { expect, it } from "vitest";
import { startBuildingClient } from "../fixtures/connected-building.js";
import type { FakeLink } from "../fixtures/fake-link.js";
import { serveBuilding } from "../fixtures/served-building.js";
import { settle } from "../fixtures/settle.js";

/** The data of events, and the types of what else was sent. */
const sent = (link: FakeLink) => link.take().map(([type, , data]) => (type === "event" ? data : type));

it("a client waits with its goodbye for a link that is full", async () => {
  const { bus, runtime, welcome } = startBuildingClient();
  const link = await welcome();
  link.full = true;
  bus.emit("note.added", "1");
  await settle();
  bus.emit("note.added", "2");
  const closing = bus.close({ drain: 1_000 });
  await runtime.advance(500);
  expect(sent(link)).toEqual(["1"]);
  link.drain();
  await runtime.until(closing);
  expect(sent(link)).toEqual(["2", "goodbye"]);
  expect(runtime.timers).toBe(0);
});

it("a client that has no connection yet connects before it closes, where it has something to send", async () => {
  const { bus, runtime, welcome, errors } = startBuildingClient();
  bus.emit("note.added", "1");
  const closing = bus.close({ drain: 1_000 });
  await runtime.advance(500);
  const link = await welcome();
  await runtime.until(closing);
  expect(sent(link)).toEqual(["1", "goodbye"]);
  expect(errors).toEqual([]);
});

it("a client waits no longer than it may, and tells what it did not send", async () => {
  const { bus, runtime, errors } = startBuildingClient();
  bus.emit("note.added", "1");
  const closing = bus.close({ drain: 1_000 });
  await runtime.advance(999);
  expect(bus.connection.status.state).toBe("connecting");
  await runtime.until(closing);
  expect(errors).toMatchObject([{ code: "Disconnected", about: "note.added" }]);
  expect(runtime.timers).toBe(0);
});

it("a client with nothing to send, or that is denied meanwhile, waits for nothing", async () => {
  const idle = startBuildingClient();
  await idle.bus.close();
  const denied = startBuildingClient();
  denied.bus.emit("note.added", "1");
  const closing = denied.bus.close();
  await settle();
  denied.source.fail({ code: "Denied", message: "No.", retryable: false });
  await denied.runtime.advance(10);
  await closing;
});

it("a hub waits with its goodbye for each peer whose link is full, and no longer than it may", async () => {
  const { bus, runtime, connect } = serveBuilding();
  const [fast, slow, stuck] = [await connect(), await connect(), await connect()];
  for (const link of [fast, slow, stuck]) {
    link.arrive(["listen", 1, "badge.shown"]);
    await settle();
    link.take();
    link.full = link !== fast;
  }
  for (const badge of ["1", "2"]) {
    bus.emit("badge.shown", { badge });
    await settle();
  }
  const closing = bus.close({ drain: 1_000 });
  await runtime.advance(500);
  const types = [fast, slow, stuck].map((link) => link.take().map(([type]) => type));
  expect(types).toEqual([["event", "event", "goodbye"], ["event"], ["event"]]);
  slow.drain();
  await runtime.advance(20);
  expect(slow.take().map(([type]) => type)).toEqual(["event", "goodbye"]);
  expect(stuck.closed).toBeUndefined();
  await runtime.until(closing);
  expect(stuck.closed?.code).toBe("Closed");
  expect(runtime.timers).toBe(0);
});
