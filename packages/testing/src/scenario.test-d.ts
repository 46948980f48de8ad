import { describe, expectTypeOf, it } from "vitest";
import { sellOrders } from "../fixtures/reactions.js";
import { type Order, order, type Shop, shop } from "../fixtures/shop.js";
import { type Scenario, scenario } from "./index.js";

declare const told: Scenario<Shop>;

describe("a scenario", () => {
  it("is of the contract's events and requests", () => {
    expectTypeOf(scenario(shop, sellOrders)).toEqualTypeOf<Scenario<Shop>>();
    void told.given(["order.placed", order()]).when(["payment.received", { order: "o1", amount: 1 }]);
    void told.when(["order.total", "o1"], ["payment.received", { order: "o1", amount: 1 }, { user: "u1" }]);
    // @ts-expect-error The contract has no such event.
    void told.given(["order.plaiced", order()]);
    // @ts-expect-error An event that happens is whole.
    void told.given(["order.placed", { id: "o1" }]);
    // @ts-expect-error A request does not just happen.
    void told.given(["order.total", "o1"]);
    // @ts-expect-error Its input is a text.
    void told.when(["order.total", 1]);
    // @ts-expect-error The data is another event's.
    void told.when(["order.confirmed", { order: "o1", amount: 1 }]);
  });

  it("expects some of an event's data", () => {
    void told.expect(["order.placed"], ["order.placed", {}], ["order.placed", { lines: [{ count: 1 }] }]);
    void told.expect(["order.placed", (data) => expectTypeOf(data).toEqualTypeOf<Order>() === undefined]);
    // @ts-expect-error Nothing is told by expectNothing.
    void told.expect();
    // @ts-expect-error An order has no sum.
    void told.expect(["order.placed", { sum: 1 }]);
    // @ts-expect-error The total is a number.
    void told.expect(["order.placed", { total: "1" }]);
    // @ts-expect-error A request is not emitted.
    void told.expect(["order.total"]);
  });

  it("expects answers and failures that the contract declares, or that any request may fail with", () => {
    void told.expectAnswer("order.total", 20);
    void told.expectFailure("order.total", "NoOrder", { order: "o1" });
    void told.expectFailure("order.total", "NoOrder");
    void told.expectFailure("order.total", "Timeout");
    // @ts-expect-error The answer is a number.
    void told.expectAnswer("order.total", "20");
    // @ts-expect-error An event is not answered.
    void told.expectAnswer("order.placed", {});
    // @ts-expect-error No such failure is declared.
    void told.expectFailure("order.total", "NoOrders");
    // @ts-expect-error The detail is of another shape.
    void told.expectFailure("order.total", "NoOrder", { id: "o1" });
    // @ts-expect-error A timeout has no detail.
    void told.expectFailure("order.total", "Timeout", {});
  });

  it("is awaited", async () => {
    expectTypeOf(await told).toEqualTypeOf<void>();
  });
});
