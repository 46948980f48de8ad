import { expect, it, vi } from "vitest";
import { order, shop } from "../fixtures/shop.js";
import { createTestBus, ExpectationError, VirtualClock } from "./index.js";

const confirmed = { order: "o1", total: 20 };

it("is a bus whose events may be expected", async () => {
  await using bus = createTestBus(shop);
  bus.on("order.placed", ({ id, total }) => bus.emit("order.confirmed", { order: id, total }));
  bus.handle("order.total", (id) => bus.recorded("order.placed").find(({ key }) => key === id)!.data.total);
  bus.emit("order.placed", order({ lines: [{ sku: "s1", count: 3 }] }));
  await bus.expect("order.placed", { lines: [{ count: expect.any(Number) }] });
  await bus.expect("order.confirmed", confirmed);
  await bus.expectNone("order.refused");
  expect(await bus.request("order.total", "o1")).toBe(20);
  bus.forget();
  expect(bus.recorded()).toEqual([]);
});

it("records durable events as they come from the log", async () => {
  const clock = new VirtualClock();
  for (const bus of [createTestBus(shop), createTestBus(shop, { runtime: clock })]) {
    bus.on("order.confirmed", ({ order }) => bus.emit("order.archived", order));
    await bus.recording;
    bus.emit("order.confirmed", confirmed);
    expect((await bus.expect("order.archived", "o1")).offset).toMatch(/./);
    await bus.expectNone("order.archived", "o2");
    await bus.close();
  }
  expect([clock.monotonic(), clock.timers]).toEqual([0, 0]);
});

it("takes the options of a bus", async () => {
  const clock = new VirtualClock();
  const onError = vi.fn();
  await using bus = createTestBus(shop, { runtime: clock, onError });
  bus.on("order.confirmed", () => {
    throw new Error("broken");
  });
  bus.emit("order.confirmed", confirmed);
  expect(onError).toHaveBeenCalledOnce();
  expect(bus.errors).toEqual([]);
  await expect(bus.expect("order.refused", {}, { within: 60_000 })).rejects.toThrow("within 60,000 ms");
  expect(clock.monotonic()).toBe(60_000);
});

it("fails at its end when an error was reported that the test did not expect", async () => {
  const bus = createTestBus(shop, { onError: undefined });
  bus.on("order.confirmed", () => {
    throw new Error("broken");
  });
  bus.emit("order.confirmed", confirmed);
  expect(bus.errors).toMatchObject([{ code: "ListenerFailed" }]);
  const closing = bus.close();
  await expect(closing).rejects.toThrow(ExpectationError);
  await expect(closing).rejects.toThrow("The bus reported errors that the test did not expect.");
  await expect(closing).rejects.toThrow('ListenerFailed: A listener of "order.confirmed" failed');
  await expect(bus[Symbol.asyncDispose]()).rejects.toBe(await closing.catch((error: unknown) => error));
  expect(() => bus.emit("order.confirmed", confirmed)).toThrow("closed");
});

it("takes the errors that are expected, those reported already and those to come", async () => {
  await using bus = createTestBus(shop);
  bus.on("order.confirmed", async () => {
    await undefined;
    throw new Error("broken");
  });
  const expected = bus.expectError("ListenerFailed");
  bus.emit("order.confirmed", confirmed);
  expect(await expected).toMatchObject({ about: "order.confirmed", cause: { message: "broken" } });
  bus.emit("order.confirmed", confirmed);
  await vi.waitFor(() => expect(bus.errors).toHaveLength(1));
  await bus.expectError("ListenerFailed");
  expect(bus.errors).toEqual([]);
});

it("gives each who expects an error one of its own, however many wait", async () => {
  const clock = new VirtualClock();
  await using bus = createTestBus(shop, { runtime: clock });
  bus.on("order.confirmed", ({ order }) => {
    throw new Error(`broken at ${order}`);
  });
  for (const [index, order] of ["o1", "o2"].entries()) {
    clock.timer(() => bus.emit("order.confirmed", { order, total: 1 }), 100 * (index + 1));
  }
  const both = await Promise.all([bus.expectError("ListenerFailed"), bus.expectError("ListenerFailed")]);
  expect(both.map(({ cause }) => (cause as Error).message)).toEqual(["broken at o1", "broken at o2"]);
});

it("rejects with what a function throws that is to judge an event, at once, and disturbs nobody else", async () => {
  const clock = new VirtualClock();
  await using bus = createTestBus(shop, { runtime: clock });
  const broken = bus.expect("order.confirmed", () => {
    throw new Error("the function is broken");
  });
  const other = bus.expect("order.confirmed", confirmed);
  clock.timer(() => bus.emit("order.confirmed", confirmed), 10);
  await expect(broken).rejects.toThrow("the function is broken");
  expect((await other).data).toEqual(confirmed);
  expect([bus.errors, clock.monotonic(), clock.timers]).toEqual([[], 10, 0]);
});

it("says what was reported when an expected error was not", async () => {
  await using bus = createTestBus(shop, { runtime: new VirtualClock() });
  await expect(bus.expectError("Gap")).rejects.toThrow(
    'No error "Gap" was reported within 1,000 ms.\n\nNone was reported at all.',
  );
  bus.on("order.confirmed", () => {
    throw new Error("broken");
  });
  bus.emit("order.confirmed", confirmed);
  await expect(bus.expectError("Gap", { within: 5 })).rejects.toThrow(
    "What was reported (1):\n  ListenerFailed: A listener of",
  );
  await bus.expectError("ListenerFailed");
});
