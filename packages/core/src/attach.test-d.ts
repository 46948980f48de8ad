import { describe, expectTypeOf, test } from "vitest";
import { type Airspace, airspace } from "../fixtures/airspace.js";
import { attach, type BusCore, createClientBus, type Uplink, withDeadline } from "./attach.js";
import { type Bus, createBus, type Named, systemRuntime } from "./index.js";

describe("attach", () => {
  test("takes a bus of any contract and side", () => {
    expectTypeOf(attach(createBus(airspace))).toEqualTypeOf<BusCore>();
    expectTypeOf(attach({} as Bus<Airspace, "client">)).toEqualTypeOf<BusCore>();
    // @ts-expect-error a contract is no bus
    attach(airspace);
  });

  test("makes a client's bus of its contract", () => {
    const uplink = {} as Uplink;
    expectTypeOf(createClientBus(airspace, {}, () => uplink)).toEqualTypeOf<Bus<Airspace, "client">>();
    // @ts-expect-error an uplink is needed
    createClientBus(airspace, {});
  });

  test("keeps what the work under a deadline gives", () => {
    const work = withDeadline(systemRuntime, "a", {}, async () => 1);
    expectTypeOf(work).toEqualTypeOf<Promise<number>>();
    const done = withDeadline(systemRuntime, "a", {}, () => 1);
    expectTypeOf(done).toEqualTypeOf<Promise<number>>();
  });

  test("knows a named contract as the contract", () => {
    expectTypeOf<Named<Airspace>["definitions"]>().toEqualTypeOf<Airspace["definitions"]>();
    // @ts-expect-error a text is no contract
    expectTypeOf<Named<string>>();
  });
});
