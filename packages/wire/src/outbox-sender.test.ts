import type { OpenOutbox, OutboxState, OutboxStore } from "@eventwire/core";
import { expect, it, vi } from "vitest";
import { startBuildingClient } from "../fixtures/connected-building.js";
import type { FakeLink } from "../fixtures/fake-link.js";
import { settle } from "../fixtures/settle.js";

/** A store whose writes are done when the test says so. */
function heldStore() {
  const states: OutboxState[] = [];
  let waiting: (() => void)[] = [];
  const outbox: OpenOutbox = {
    producer: "box",
    state: { epoch: 4, confirmed: 4, first: 7, sent: 0, user: undefined },
    entries: [],
    put: async () => undefined,
    advance: (_, state) => {
      states.push(state);
      return new Promise((resolve) => waiting.push(resolve));
    },
    close: async () => undefined,
  };
  const store: OutboxStore = { durability: "process", open: async () => outbox };
  const write = async () => {
    for (const resolve of waiting.splice(0)) resolve();
    waiting = [];
    await settle();
  };
  return { store, states, write };
}

const takes = { outboxes: 8 };
const typesOf = (link: FakeLink) => link.take().map(([type]) => type);

it("says an epoch, and sends events, only once that is kept", async () => {
  const { store, states, write } = heldStore();
  const client = startBuildingClient({ outbox: { store } });
  const link = await client.welcome(takes);
  const receipts = ["a", "b", "c"].map((order) => client.bus.emit("order.placed", order));
  await vi.waitFor(() => expect(states).toHaveLength(1));
  const { epoch } = states[0]!;
  expect(epoch).toBeGreaterThan(4);
  expect(states[0]).toMatchObject({ confirmed: 4 });
  await settle();
  expect(link.take()).toEqual([]);
  await write();
  const [produce] = link.take();
  expect(produce).toEqual(["produce", expect.any(Number), "box", epoch, 4, null]);
  const ref = produce![1] as number;
  link.arrive(["producing", ref, 7, true, "me", "power"]);
  await settle();
  expect(states.at(-1)).toMatchObject({ confirmed: epoch, first: 7, sent: 0, user: "me" });
  await write();
  // One write for all of them.
  expect(states.at(-1)).toMatchObject({ sent: 3 });
  expect(link.take()).toEqual([]);
  await write();
  expect(link.take().map(([type, , sequence]) => [type, sequence])).toEqual([
    ["append", 7],
    ["append", 8],
    ["append", 9],
  ]);
  link.arrive(["appended", ref, 7, "log.1", false], ["rejected", ref, 8, { code: "Denied", message: "No." }]);
  await settle();
  expect(await receipts[0]).toMatchObject({ offset: "log.1", durability: "power" });
  // What is behind it would be taken for it, after a restart.
  expect(link.take()).toEqual([]);
  await write();
  await write();
  await expect(receipts[1]).rejects.toMatchObject({ code: "Denied", about: "order.placed" });
  expect(link.take().map(([type, , sequence, , , data]) => [type, sequence, data])).toEqual([
    ["append", 8, "c"],
  ]);
});

it("sends what waits to the next server that takes it, and says once of one that does not", async () => {
  const client = startBuildingClient();
  const old = await client.welcome();
  const receipts = ["a", "b"].map((order) => client.bus.emit("order.placed", order));
  await vi.waitFor(() => expect(client.bus.connection.outbox.size).toBe(2));
  expect(client.errors.map(({ code }) => code)).toEqual(["Unsupported"]);
  expect(old.take()).toEqual([]);
  old.close({ code: "Lost", message: "Lost.", retryable: true });
  const link = await client.welcome(takes);
  const [produce] = link.take();
  link.arrive(["producing", produce![1], 1, false, "me", "memory"]);
  await settle();
  expect(typesOf(link)).toEqual(["append", "append"]);
  link.arrive(["appended", produce![1], 1, "log.1", false], ["appended", produce![1], 2, "log.2", false]);
  expect((await Promise.all(receipts)).map(({ offset }) => offset)).toEqual(["log.1", "log.2"]);
  expect(client.errors).toHaveLength(1);
});

it("passes over answers of an earlier link, and such as nothing was asked for", async () => {
  const client = startBuildingClient();
  const first = await client.welcome(takes);
  const became = vi.fn();
  client.bus.emit("order.placed", "a").then(became, became);
  await vi.waitFor(() => expect(client.bus.connection.outbox.size).toBe(1));
  await settle();
  const [produce] = first.take();
  const ref = produce![1] as number;
  first.arrive(
    ["appended", ref, 1, "log.1", false],
    ["rejected", ref, 1, { code: "Denied", message: "No." }],
  );
  first.arrive(
    ["again", ref, 1, 0],
    ["appended", 999, 1, "log.1", false],
    ["producing", 998, 5, true, "x", "power"],
  );
  first.close({ code: "Lost", message: "Lost.", retryable: true });
  const link = await client.welcome(takes);
  link.arrive(["producing", ref, 9, true, "x", "power"]);
  await settle();
  expect(became).not.toHaveBeenCalled();
  expect(typesOf(link)).toEqual(["produce"]);
  expect(client.bus.connection.outbox.size).toBe(1);
});

it("waits longer each time where the server does not let it begin, and reports that once", async () => {
  const client = startBuildingClient();
  const link = await client.welcome(takes);
  client.bus.emit("order.placed", "a").catch(() => undefined);
  await vi.waitFor(() => expect(client.bus.connection.outbox.size).toBe(1));
  const overflow = { code: "Overflow", message: "Too often." };
  const begun: number[] = [];
  await settle();
  for (let times = 0; times < 8; times++) {
    const produce = link.take().find(([type]) => type === "produce");
    begun.push(client.runtime.monotonic());
    link.arrive(["failed", produce![1], overflow]);
    await client.runtime.advance(30_000);
    await settle();
  }
  expect(client.errors.map(({ code }) => code)).toEqual(["Unavailable"]);
  expect(client.errors[0]!.message).toContain("Too often.");
});

it("has its store forget whose it was, once it is empty and there is another link", async () => {
  const { store, states, write } = heldStore();
  const client = startBuildingClient({ outbox: { store } });
  const link = await client.welcome(takes);
  const receipt = client.bus.emit("order.placed", "a");
  await vi.waitFor(() => expect(states).toHaveLength(1));
  await write();
  const ref = link.take()[0]![1];
  link.arrive(["producing", ref, 7, true, "me", "power"]);
  await write();
  await write();
  link.arrive(["appended", ref, 7, "log.1", false]);
  await receipt;
  await write();
  expect(states.at(-1)).toMatchObject({ user: "me" });
  link.close({ code: "Lost", message: "Lost.", retryable: true });
  await client.welcome(takes);
  await settle();
  expect(states.at(-1)).toMatchObject({ user: undefined });
});

it("waits as long as it was told last, however often it is told to come again", async () => {
  const client = startBuildingClient();
  const link = await client.welcome(takes);
  client.bus.emit("order.placed", "a").catch(() => undefined);
  await vi.waitFor(() => expect(client.bus.connection.outbox.size).toBe(1));
  await settle();
  const ref = link.take()[0]![1];
  link.arrive(["producing", ref, 1, false, "me", "memory"]);
  await settle();
  expect(typesOf(link)).toEqual(["append"]);
  link.arrive(["again", ref, 1, 0], ["again", ref, 1, 60_000]);
  await client.runtime.advance(59_000);
  expect(typesOf(link)).toEqual([]);
  await client.runtime.advance(60_000);
  expect(typesOf(link)).toEqual(["append"]);
});

it("reports once what the server asks for again and again", async () => {
  const client = startBuildingClient();
  const link = await client.welcome(takes);
  client.bus.emit("order.placed", "a").catch(() => undefined);
  await vi.waitFor(() => expect(client.bus.connection.outbox.size).toBe(1));
  await settle();
  const ref = link.take()[0]![1];
  link.arrive(["producing", ref, 1, false, "me", "memory"]);
  await settle();
  expect(typesOf(link)).toEqual(["append"]);
  for (let times = 0; times < 8; times++) {
    link.arrive(["again", ref, 1, 0]);
    while (!typesOf(link).includes("append")) await client.runtime.advance(1_000);
  }
  expect(client.errors.map(({ code }) => code)).toEqual(["Unavailable"]);
  expect(client.errors[0]!.message).toContain("again and again");
});

it("ends what waits for a store that does not open", async () => {
  const store: OutboxStore = { durability: "process", open: () => new Promise(() => undefined) };
  const client = startBuildingClient({ outbox: { store, limit: 2 } });
  await client.welcome(takes);
  const receipts = ["a", "b", "c"].map((order) =>
    client.bus.emit("order.placed", order).catch(({ code, message }) => [code, message]),
  );
  expect(await receipts[2]).toEqual(["Overflow", expect.stringContaining("over 2 events")]);
  const closed = client.bus.close();
  await client.runtime.advance(5_000);
  await closed;
  // Nothing keeps them.
  expect(await receipts[0]).toEqual(["Closed", expect.stringContaining("was not sent")]);
  expect(await receipts[1]).toEqual(["Closed", expect.not.stringContaining("stays")]);
});

it("opens nothing more where the bus was closed meanwhile, and lets go of what it was given", async () => {
  let give: (outbox: OpenOutbox) => void = () => undefined;
  const open = vi.fn(() => new Promise<OpenOutbox>((resolve) => (give = resolve)));
  const client = startBuildingClient({ outbox: { store: { durability: "process", open } } });
  await vi.waitFor(() => expect(open).toHaveBeenCalled());
  const closed = client.bus.close();
  await client.runtime.advance(5_000);
  await closed;
  const close = vi.fn(async () => undefined);
  give({
    producer: "left",
    state: { epoch: 1, confirmed: 1, first: 1, sent: 0, user: "me" },
    entries: [{ id: "~a.1", name: "order.placed", time: 0, body: '["a"]' }],
    put: async () => undefined,
    advance: async () => undefined,
    close,
  });
  await settle();
  expect(close).toHaveBeenCalledOnce();
  expect(open).toHaveBeenCalledOnce();
  expect(client.errors).toEqual([]);
});

it("says once that the server does not answer, over however many links, and goes on when it does", async () => {
  const client = startBuildingClient();
  const first = await client.welcome(takes);
  const receipt = client.bus.emit("order.placed", "a");
  await vi.waitFor(() => expect(client.bus.connection.outbox.size).toBe(1));
  await settle();
  await client.runtime.advance(29_000);
  expect(client.errors).toEqual([]);
  await client.runtime.advance(1_000);
  expect(client.errors.map(({ code }) => code)).toEqual(["Unavailable"]);
  expect(client.errors[0]!.message).toContain("has not answered for 30 s");
  first.close({ code: "Lost", message: "Lost.", retryable: true });
  const link = await client.welcome(takes);
  await client.runtime.advance(100_000);
  expect(client.errors).toHaveLength(1);
  const ref = link.take()[0]![1];
  link.arrive(["producing", ref, 1, false, "me", "memory"]);
  await settle();
  expect(typesOf(link)).toEqual(["append"]);
  // It was answered: this is another silence.
  await client.runtime.advance(30_000);
  expect(client.errors.map(({ code }) => code)).toEqual(["Unavailable", "Unavailable"]);
  link.arrive(["appended", ref, 1, "log.1", false]);
  expect(await receipt).toMatchObject({ offset: "log.1" });
  await client.runtime.advance(100_000);
  expect(client.errors).toHaveLength(2);
});

it("tells nothing of a server that answers each in time, however long all of them take", async () => {
  const client = startBuildingClient();
  const link = await client.welcome(takes);
  const receipts = ["a", "b", "c"].map((order) => client.bus.emit("order.placed", order));
  await vi.waitFor(() => expect(client.bus.connection.outbox.size).toBe(3));
  await settle();
  const ref = link.take()[0]![1];
  await client.runtime.advance(20_000);
  link.arrive(["producing", ref, 1, false, "me", "memory"]);
  await settle();
  for (const sequence of [1, 2, 3]) {
    await client.runtime.advance(20_000);
    link.arrive(["appended", ref, sequence, `log.${sequence}`, false]);
  }
  expect(await Promise.all(receipts)).toHaveLength(3);
  await client.runtime.advance(100_000);
  expect(client.errors).toEqual([]);
});

const invalid = { code: "Invalid", message: "The id is too long." };

it("rejects what is emitted where the server never takes it from this user, until there is another link", async () => {
  const client = startBuildingClient();
  const first = await client.welcome(takes);
  const receipts = ["a", "b"].map((order) => client.bus.emit("order.placed", order));
  await vi.waitFor(() => expect(client.bus.connection.outbox.size).toBe(2));
  await settle();
  first.arrive(["failed", first.take()[0]![1], invalid]);
  for (const receipt of receipts) {
    await expect(receipt).rejects.toMatchObject({ code: "Invalid", about: "order.placed" });
  }
  await expect(client.bus.emit("order.placed", "c")).rejects.toMatchObject({ code: "Invalid" });
  expect(typesOf(first)).toEqual([]);
  expect(client.bus.connection.outbox).toMatchObject({ size: 0, aside: 0 });
  first.close({ code: "Lost", message: "Lost.", retryable: true });
  const link = await client.welcome(takes);
  client.bus.emit("order.placed", "d").catch(() => undefined);
  await vi.waitFor(() => expect(client.bus.connection.outbox.size).toBe(1));
  await settle();
  expect(typesOf(link)).toEqual(["produce"]);
  expect(client.errors).toEqual([]);
});

it("sets aside what an earlier start has left where the server never takes it from this user", async () => {
  let opened = 0;
  const left: OpenOutbox = {
    producer: "left",
    state: { epoch: 1, confirmed: 1, first: 1, sent: 0, user: undefined },
    entries: [{ id: "~a.1", name: "order.placed", time: 0, body: '["a"]' }],
    put: async () => undefined,
    advance: async () => undefined,
    close: async () => undefined,
  };
  const open = async () => (opened++ === 0 ? left : { ...left, producer: "own", entries: [] });
  const client = startBuildingClient({ outbox: { store: { durability: "process", open } } });
  const first = await client.welcome(takes);
  await vi.waitFor(() => expect(client.bus.connection.outbox.size).toBe(1));
  await settle();
  first.arrive(["failed", first.take()[0]![1], invalid]);
  await settle();
  expect(client.bus.connection.outbox).toMatchObject({ size: 0, aside: 1 });
  expect(client.errors.map(({ code }) => code)).toEqual(["Unavailable"]);
  first.close({ code: "Lost", message: "Lost.", retryable: true });
  const link = await client.welcome(takes);
  await settle();
  expect(link.take().map(([type, , producer]) => [type, producer])).toEqual([["produce", "left"]]);
});
