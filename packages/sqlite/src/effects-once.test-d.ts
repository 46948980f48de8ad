import { type Bus, type Context, defineContract, event, type Subscription, unchecked } from "@eventwire/core";
import { expectTypeOf, it } from "vitest";
import { inbox } from "./inbox.js";
import { outbox } from "./outbox.js";

const shop = defineContract({
  "order.placed": event(unchecked<{ readonly id: number }>(), { delivery: "durable", key: ({ id }) => id }),
  "order.paid": event(unchecked<string>(), { delivery: "durable" }),
  "order.asked": event(unchecked<string>(), { delivery: "durable", from: "client" }),
  "shop.opened": event(unchecked<string>()),
});
const bus = {} as Bus<typeof shop>;
const db = { exec: () => undefined, prepare: () => ({ run: () => 0, get: () => undefined, all: () => [] }) };

it("gives the handlers of an inbox what listeners get", () => {
  const billing = inbox(bus, db, "billing");
  const on = billing.on("order.placed", (order, context) => {
    expectTypeOf(order).toEqualTypeOf<{ readonly id: number }>();
    expectTypeOf(context).toEqualTypeOf<Context<"order.placed", number>>();
  });
  expectTypeOf(on).toEqualTypeOf<Subscription>();
  billing.on("order.*", (message) => {
    if (message.name === "order.paid") expectTypeOf(message.data).toEqualTypeOf<string>();
  });
  // @ts-expect-error it is not durable
  billing.on("shop.opened", () => undefined);
  // @ts-expect-error there is none
  billing.on("order.lost", () => undefined);
  // @ts-expect-error "now" would be another place at each start
  billing.on("order.paid", () => undefined, { since: "now" });
  // @ts-expect-error it is no connection
  inbox(bus, {}, "billing");
});

it("emits what a bus of the server may that is durable", () => {
  const outgoing = outbox(bus, db);
  expectTypeOf(outgoing.emit("order.placed", { id: 1 })).toEqualTypeOf<string>();
  // @ts-expect-error it is another event's data
  outgoing.emit("order.placed", "1");
  // @ts-expect-error it is not durable
  outgoing.emit("shop.opened", "now");
  // @ts-expect-error clients send it
  outgoing.emit("order.asked", "a");
});
