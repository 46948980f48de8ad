import { type Contract, createBus, type Listening } from "@eventwire/core";
import { createClient, createHub } from "@eventwire/wire";
import { describe, expect, it } from "vitest";
import { order, shop } from "../fixtures/shop.js";
import { ExpectationError, MemoryNetwork, record, VirtualClock } from "./index.js";

function open(runtime?: VirtualClock) {
  const bus = createBus(shop, { runtime, onError: () => undefined });
  return { bus, recorder: record(bus) };
}

const confirmed = { order: "o1", total: 20 };

/** The message of the error that an expectation fails with. */
async function failure(expectation: Promise<unknown>): Promise<string> {
  const error = await expectation.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ExpectationError);
  return (error as Error).message;
}

describe("a recorder", () => {
  it("keeps what came, in order, with all that is known of it", () => {
    const { bus, recorder } = open();
    bus.emit("order.placed", order());
    bus.emit("payment.received", { order: "o1", amount: 20 });
    bus.emit("order.confirmed", confirmed);
    expect(recorder.recorded().map(({ name }) => name)).toEqual([
      "order.placed",
      "payment.received",
      "order.confirmed",
    ]);
    expect(recorder.recorded("order.placed")).toMatchObject([{ key: "o1", attempt: 1, data: { id: "o1" } }]);
    expect(recorder.recorded("order.*").map(({ data }) => data)).toEqual([order(), confirmed]);
    expect(recorder.recorded()[0]!.id).toMatch(/./);
    recorder.forget();
    expect(recorder.recorded()).toEqual([]);
  });

  it("keeps the order in which listeners had them, not that of nested emits", () => {
    const { bus, recorder } = open();
    bus.on("payment.received", () => bus.emit("order.confirmed", confirmed));
    bus.emit("payment.received", { order: "o1", amount: 20 });
    expect(recorder.recorded().map(({ name }) => name)).toEqual(["payment.received", "order.confirmed"]);
  });

  it("records nothing after it was stopped, and keeps what it has", () => {
    const { bus, recorder } = open();
    {
      using inner = recorder;
      bus.emit("order.confirmed", confirmed);
      expect(inner.recorded()).toHaveLength(1);
    }
    bus.emit("order.confirmed", confirmed);
    expect(recorder.recorded()).toHaveLength(1);
  });

  it("says whether recording has begun, and never fails at that", async () => {
    const { recorder } = open();
    await expect(recorder.recording).resolves.toBeUndefined();
  });

  it("takes a narrowed bus, and records what that has", () => {
    const { bus } = open();
    const part: Contract = { definitions: { "order.confirmed": shop.definitions["order.confirmed"] } };
    const recorder = record(bus.narrow(part as never) as Listening<Contract>);
    bus.emit("order.placed", order());
    bus.emit("order.confirmed", confirmed);
    expect(recorder.recorded().map(({ name }) => name)).toEqual(["order.confirmed"]);
  });
});

describe("expect", () => {
  it("gives the first event that is as expected and came already", async () => {
    const { bus, recorder } = open();
    for (const total of [10, 20, 20]) bus.emit("order.confirmed", { order: `o${total}`, total });
    const { data, name } = await recorder.expect("order.confirmed", { total: 20 });
    expect([name, data]).toEqual(["order.confirmed", { order: "o20", total: 20 }]);
    expect((await recorder.expect("order.confirmed")).data.total).toBe(10);
  });

  it("waits for one that comes", async () => {
    const { bus, recorder } = open();
    const found = recorder.expect("order.confirmed", (data) => data.total > 15);
    for (const total of [10, 20]) {
      await undefined;
      bus.emit("order.confirmed", { order: "o1", total });
    }
    expect((await found).data.total).toBe(20);
  });

  it("lets as much virtual time pass as it takes, and no more", async () => {
    const clock = new VirtualClock();
    const { bus, recorder } = open(clock);
    clock.timer(() => bus.emit("order.confirmed", confirmed), 86_400_000);
    await recorder.expect("order.confirmed", {}, { within: 86_400_000 });
    expect(clock.monotonic()).toBe(86_400_000);
    expect(clock.timers).toBe(0);
  });

  it("gives up after 1,000 ms, or the time given", async () => {
    const clock = new VirtualClock();
    const { recorder } = open(clock);
    expect(await failure(recorder.expect("order.confirmed"))).toBe(
      'No "order.confirmed" came within 1,000 ms.\n\nNothing came.',
    );
    expect(clock.monotonic()).toBe(1_000);
    expect(await failure(recorder.expect("order.confirmed", {}, { within: 5 }))).toContain("within 5 ms");
    expect(clock.monotonic()).toBe(1_005);
    expect(await failure(recorder.expect("order.confirmed", {}, { within: 0 }))).toContain("within 0 ms");
  });

  it("says what came, and how the nearest of it differs", async () => {
    const { bus, recorder } = open(new VirtualClock());
    bus.emit("order.confirmed", { order: "o2", total: 21 });
    bus.emit("order.confirmed", { order: "o1", total: 21 });
    bus.emit("payment.received", { order: "o1", amount: 20 });
    const expectation = recorder.expect("order.confirmed", { order: "o1", total: 20 });
    expect(await failure(expectation)).toBe(
      `No "order.confirmed" like this came within 1,000 ms.

expected  { order: "o1", total: 20 }
nearest   { order: "o1", total: 21 }
  total is 21 instead of 20

What came (3):
  order.confirmed { order: "o2", total: 21 }
  order.confirmed { order: "o1", total: 21 }
  payment.received { order: "o1", amount: 20 }`,
    );
    await expect(expectation).rejects.toMatchObject({
      expected: { order: "o1", total: 20 },
      actual: { order: "o1", total: 21 },
    });
  });

  it("lists the newest of what came when that is much", async () => {
    const { bus, recorder } = open(new VirtualClock());
    for (let total = 0; total < 50; total++) bus.emit("order.confirmed", { order: "o1", total });
    const message = await failure(recorder.expect("order.refused"));
    expect(message).toContain("What came (50):\n  … 30 more before\n");
    expect(message).toContain("total: 49");
    expect(message).not.toContain("total: 29 ");
  });

  it("fails at once for what cannot be recorded, and says why", async () => {
    const clock = new VirtualClock();
    const { bus } = open(clock);
    await bus.close();
    expect(await failure(record(bus).expect("order.confirmed"))).toContain("closed");
    expect(clock.monotonic()).toBe(0);
  });
});

describe("expectNone", () => {
  it("is content when nothing like that comes", async () => {
    const clock = new VirtualClock();
    const { bus, recorder } = open(clock);
    bus.emit("order.confirmed", confirmed);
    await recorder.expectNone("order.refused");
    await recorder.expectNone("order.confirmed", { total: 5 });
    expect(clock.monotonic()).toBe(0);
    await recorder.expectNone("order.refused", {}, { within: 60_000 });
    expect([clock.monotonic(), clock.timers]).toEqual([60_000, 0]);
  });

  it("fails when it came, when it is about to, and when it comes in the time given", async () => {
    const clock = new VirtualClock();
    const { bus, recorder } = open(clock);
    bus.emit("order.confirmed", confirmed);
    expect(await failure(recorder.expectNone("order.confirmed"))).toBe(
      `"order.confirmed" came, which was not expected.

What came (1):
  order.confirmed { order: "o1", total: 20 }`,
    );
    recorder.forget();
    clock.macrotask(() => clock.macrotask(() => bus.emit("order.confirmed", confirmed)));
    await failure(recorder.expectNone("order.confirmed"));
    recorder.forget();
    clock.timer(() => bus.emit("order.confirmed", confirmed), 50);
    await recorder.expectNone("order.confirmed", {}, { within: 49 });
    await failure(recorder.expectNone("order.confirmed", {}, { within: 1 }));
  });
});

describe("a recorder of a client's bus", () => {
  it("listens to all that the server sends it, and names what is denied", async () => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork({ runtime: clock, faults: { latency: 30 } });
    const errors: unknown[] = [];
    const bus = createBus(shop, { runtime: clock });
    createHub(bus, network.server, {
      authenticate: () => ({ id: "me" }),
      allow: { listen: { "order.confirmed": true, "payment.received": true }, emit: { "payment.*": true } },
    });
    const client = createClient(shop, network.client(), {
      runtime: clock,
      onError: (error) => errors.push(error),
    });
    const recorder = record(client);
    expect(await failure(recorder.expect("order.refused"))).toContain("cannot be recorded here");
    expect(clock.monotonic()).toBeLessThan(1_000);
    await clock.until(recorder.recording);
    bus.emit("order.confirmed", confirmed);
    client.emit("payment.received", { order: "o1", amount: 20 });
    expect(recorder.recorded().map(({ name }) => name)).toEqual(["payment.received"]);
    expect((await recorder.expect("order.confirmed")).peer).toEqual({ id: "server", user: undefined });
    expect(await failure(recorder.expect("order.refused"))).toContain(
      'cannot be recorded here: "order.refused" may not be listened to by this user',
    );
    expect(await failure(recorder.expect("order.placed"))).toContain("has no schema");
    expect(errors).toEqual([]);
    await clock.until(client.close());
    await clock.until(bus.close());
  });
});
