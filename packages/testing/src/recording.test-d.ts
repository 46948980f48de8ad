import type { Bus, Listening, MessageOf } from "@eventwire/core";
import type { ClientBus } from "@eventwire/wire";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { Order, Shop } from "../fixtures/shop.js";
import { type Partially, record, type TestBus } from "./index.js";

declare const bus: TestBus<Shop>;
declare const server: Bus<Shop>;
declare const client: ClientBus<Shop>;
declare const either: Listening<Shop>;

describe("what was recorded", () => {
  it("is a union by name", () => {
    expectTypeOf(bus.recorded("order.confirmed")).toEqualTypeOf<
      readonly MessageOf<Shop, "order.confirmed">[]
    >();
    for (const message of bus.recorded("order.*")) {
      if (message.name === "order.placed") expectTypeOf(message.data).toEqualTypeOf<Order>();
      // @ts-expect-error It is none of those that the pattern stands for.
      if (message.name === "payment.received") message;
    }
    for (const message of bus.recorded()) {
      if (message.name === "payment.received") expectTypeOf(message.data.amount).toEqualTypeOf<number>();
    }
    // @ts-expect-error The contract has no such event.
    bus.recorded("order.plaiced");
    // @ts-expect-error A request is no event.
    bus.recorded("order.total");
  });

  it("comes of any bus", () => {
    for (const recorder of [record(server), record(client), record(either)]) {
      expectTypeOf(recorder.recorded("order.placed")[0]!.data).toEqualTypeOf<Order>();
    }
  });
});

describe("what is expected", () => {
  it("is some of the event's data, at any depth", () => {
    void bus.expect("order.placed");
    void bus.expect("order.placed", {});
    void bus.expect("order.placed", { lines: [{ count: 1 }] });
    void bus.expect("order.placed", { placed: new Date(), note: undefined });
    void bus.expectNone("order.placed", { total: 5 }, { within: 10 });
    // @ts-expect-error The total is a number.
    void bus.expect("order.placed", { total: "5" });
    // @ts-expect-error An order has no sum.
    void bus.expect("order.placed", { sum: 5 });
    // @ts-expect-error A line has no price.
    void bus.expect("order.placed", { lines: [{ price: 1 }] });
    // @ts-expect-error Some of a Date is no Date.
    void bus.expect("order.placed", { placed: {} });
    // @ts-expect-error The contract has no such event.
    void bus.expect("order.plaiced", {});
    // @ts-expect-error A request is no event.
    void bus.expect("order.total");
    // @ts-expect-error It is "within".
    void bus.expect("order.placed", {}, { timeout: 5 });
  });

  it("may be matchers of the test runner", () => {
    void bus.expect("order.placed", { total: expect.any(Number), lines: expect.arrayContaining([]) });
    void bus.expect("order.placed", { total: { asymmetricMatch: (total) => Number(total) > 5 } });
    void bus.expect("order.placed", expect.objectContaining({ total: 5 }));
  });

  it("may be a function of the data", () => {
    void bus.expect("order.placed", (data) => {
      expectTypeOf(data).toEqualTypeOf<Order>();
      return data.total > 5;
    });
    // @ts-expect-error It says yes or no.
    void bus.expect("order.placed", () => "yes");
  });

  it("gives the event", async () => {
    expectTypeOf(await bus.expect("order.placed", {})).toEqualTypeOf<MessageOf<Shop, "order.placed">>();
    expectTypeOf(await bus.expectNone("order.placed")).toEqualTypeOf<void>();
  });
});

describe("some of a type", () => {
  it("keeps tuples, unions, dates, bytes and unknown data", () => {
    expectTypeOf<{ at: [number, { a: 1; b: 2 }] }>().toExtend<Partially<{ at: [number, { a: 1; b: 2 }] }>>();
    expectTypeOf<[1, { a: 1 }]>().toExtend<Partially<[number, { a: 1; b: 2 }]>>();
    expectTypeOf<[1]>().not.toExtend<Partially<[number, string]>>();
    expectTypeOf<{ kind: "b" }>().toExtend<Partially<{ kind: "a"; a: 1 } | { kind: "b"; b: 1 }>>();
    expectTypeOf<{ kind: "c" }>().not.toExtend<Partially<{ kind: "a" } | { kind: "b" }>>();
    expectTypeOf<{ byteLength: 5 }>().not.toExtend<Partially<Uint8Array>>();
    expectTypeOf<string>().toExtend<Partially<unknown>>();
    expectTypeOf<Map<string, 1>>().toExtend<Partially<Map<string, 1>>>();
  });
});
