import { describe, expectTypeOf, test } from "vitest";
import { z } from "zod";
import type { Airspace } from "../fixtures/airspace.js";
import {
  type Bus,
  type Contract,
  createBus,
  type Data,
  type DeliveryOf,
  defineContract,
  type ErrorsOf,
  type EventName,
  event,
  type InputOf,
  type KeyOf,
  type OutputOf,
  type RequestName,
  type SentBy,
  type TaskName,
} from "./index.js";

describe("the names of a contract", () => {
  test("are apart by kind", () => {
    expectTypeOf<EventName<Airspace>>().toEqualTypeOf<
      | "flight.departed"
      | "flight.landed"
      | "flight.position"
      | "flight.crew.changed"
      | "alert.raised"
      | "clock.ticked"
      | "clock.stored"
      | "page.typed"
    >();
    expectTypeOf<TaskName<Airspace>>().toEqualTypeOf<"flight.divert" | "flight.clean">();
    expectTypeOf<RequestName<Airspace>>().toEqualTypeOf<
      "airport.stats" | "airport.watch" | "pilot.confirm" | "pilot.watch" | "airport.list" | "airport.rename"
    >();
  });

  test("are apart by who may send", () => {
    expectTypeOf<SentBy<Airspace, "event", "client">>().toEqualTypeOf<"alert.raised" | "page.typed">();
    expectTypeOf<SentBy<Airspace, "event", "server">>().toEqualTypeOf<
      Exclude<EventName<Airspace>, "page.typed">
    >();
    expectTypeOf<SentBy<Airspace, "task", "server">>().toEqualTypeOf<"flight.divert">();
    expectTypeOf<SentBy<Airspace, "request", "server">>().toEqualTypeOf<
      "airport.stats" | "airport.watch" | "pilot.confirm" | "pilot.watch" | "airport.list"
    >();
  });
});

describe("the types of a message", () => {
  test("come from its definition", () => {
    expectTypeOf<Data<Airspace, "flight.departed">>().toEqualTypeOf<{
      flight: string;
      gate: string;
      at: Date;
    }>();
    expectTypeOf<Data<Airspace, "alert.raised">>().toEqualTypeOf<{ level: "low" | "high"; text: string }>();
    expectTypeOf<KeyOf<Airspace, "flight.position">>().toEqualTypeOf<string>();
    expectTypeOf<KeyOf<Airspace, "clock.stored">>().toEqualTypeOf<number>();
    expectTypeOf<KeyOf<Airspace, "clock.ticked">>().toBeNever();
    expectTypeOf<DeliveryOf<Airspace, "clock.ticked">>().toEqualTypeOf<"live">();
    expectTypeOf<DeliveryOf<Airspace, "flight.position">>().toEqualTypeOf<"volatile">();
    expectTypeOf<InputOf<Airspace, "airport.stats">>().toEqualTypeOf<{ code: string }>();
    expectTypeOf<OutputOf<Airspace, "airport.stats">>().toEqualTypeOf<{ flights: number }>();
    expectTypeOf<ErrorsOf<Airspace, "airport.stats">>().toEqualTypeOf<{
      UnknownAirport: { nearest: string };
      ClosedAirport: { until: Date };
    }>();
    expectTypeOf<keyof ErrorsOf<Airspace, "airport.list">>().toBeNever();
  });

  test("are none for a name that the contract lacks", () => {
    // @ts-expect-error no such event
    expectTypeOf<Data<Airspace, "flight.departd">>();
    // @ts-expect-error no such event
    expectTypeOf<KeyOf<Airspace, "flight.departd">>();
    expectTypeOf<DeliveryOf<Airspace, "airport.stats">>().toBeNever();
    expectTypeOf<Data<Airspace, "airport.stats">>().toBeNever();
  });
});

describe("defineContract", () => {
  const rooms = defineContract({ "room.opened": event(z.string()) });
  const chat = defineContract({ "chat.said": event(z.number(), { from: "both" }) });
  const both = defineContract({ ...rooms.definitions, ...chat.definitions });

  test("composes", () => {
    expectTypeOf<EventName<typeof both>>().toEqualTypeOf<"room.opened" | "chat.said">();
    createBus(both).emit("chat.said", 1);
    // @ts-expect-error a number is said
    createBus(both).emit("chat.said", "text");
  });

  test("refuses what is no definition", () => {
    // @ts-expect-error a schema alone
    defineContract({ "room.opened": z.string() });
    // @ts-expect-error no such kind
    defineContract({ "room.opened": { kind: "signal" } });
  });

  test("lets a module take the part of a bus that it needs", () => {
    const emitter = (bus: Pick<Bus<typeof chat>, "emit">) => bus.emit("chat.said", 2);
    const module = (bus: Bus<typeof chat>) => bus.emit("chat.said", 2);
    emitter(createBus(both));
    module(createBus(both).narrow(chat));
    // @ts-expect-error a whole bus is not a bus of its part
    module(createBus(both));
    const other = defineContract({ "chat.heard": event(z.number()) });
    // @ts-expect-error the bus has no such message
    createBus(both).narrow(other);
    const same = defineContract({ "chat.said": event(z.string()) });
    // @ts-expect-error the bus has another definition of that name
    createBus(both).narrow(same);
  });

  test("gives any contract a common type", () => {
    expectTypeOf(both).toExtend<Contract>();
  });
});
