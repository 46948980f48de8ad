import type { Observable } from "rxjs";
import { describe, expectTypeOf, test } from "vitest";
import { type Airspace, airspace } from "../../fixtures/airspace.js";
import {
  type Bus,
  createBus,
  defineContract,
  event,
  type MessageOf,
  type Offset,
  unchecked,
} from "../index.js";
import { type Projection, type ProjectionChange, type ProjectionFailure, project } from "../project.js";
import { changes } from "../rxjs.js";

const bus = createBus(airspace);
declare const client: Bus<Airspace, "client">;

interface Flight {
  readonly gate: string;
}

describe("project", () => {
  test("infers the key from the contract and the state from fold", () => {
    const board = project(bus, "flight.landed", {
      name: "board",
      fold: (flight: Flight | undefined, event) => {
        expectTypeOf(event).toEqualTypeOf<MessageOf<Airspace, "flight.landed">>();
        expectTypeOf(event.data.gate).toEqualTypeOf<string>();
        return flight && { gate: event.data.gate };
      },
    });
    expectTypeOf(board).toEqualTypeOf<Projection<string, Flight>>();
    expectTypeOf(board.get("UA1")).toEqualTypeOf<Flight | undefined>();
    expectTypeOf(board.position).toEqualTypeOf<Offset | undefined>();
    expectTypeOf([...board.entries()]).toEqualTypeOf<(readonly [string, Flight])[]>();
    expectTypeOf(changes(board)).toEqualTypeOf<Observable<ProjectionChange<string, Flight>>>();
    expectTypeOf(board.failed).toEqualTypeOf<ReadonlyMap<string | undefined, ProjectionFailure>>();
    // @ts-expect-error what failed is not to be changed
    board.failed.delete("UA1");
    // @ts-expect-error its keys are strings
    board.get(1);
    // @ts-expect-error its position is not set
    board.position = undefined;
    expectTypeOf(project(client, "clock.stored", { fold: () => 1 })).toEqualTypeOf<
      Projection<number, number>
    >();
  });

  test("gives fold the events as a union by name, and takes other keys", () => {
    const all = project(bus, ["flight.landed", "clock.stored"], {
      key: (event) => (event.name === "clock.stored" ? event.data.count : undefined),
      fold: (count: number | undefined, event) => {
        expectTypeOf(event).toEqualTypeOf<MessageOf<Airspace, "flight.landed" | "clock.stored">>();
        return event.name === "clock.stored" ? event.data.count : count;
      },
    });
    expectTypeOf(all).toEqualTypeOf<Projection<number, number>>();
    expectTypeOf(
      project(bus, ["flight.landed", "clock.stored"], { fold: (count: number | undefined) => count }),
    ).toEqualTypeOf<Projection<string | number, number>>();
  });

  test("refuses what is not durable, wrong names, states and options", () => {
    const fold = (count: number | undefined) => count;
    // @ts-expect-error it is live
    project(bus, "flight.departed", { fold });
    // @ts-expect-error one of them is volatile
    project(bus, ["flight.landed", "flight.position"], { fold });
    // @ts-expect-error no such event
    project(bus, "flight.lande", { fold });
    // @ts-expect-error a task is no event
    project(bus, "flight.divert", { fold });
    // @ts-expect-error a pattern is none of the names
    project(bus, "flight.*", { fold });
    // @ts-expect-error there is nothing to fold with
    project(bus, "flight.landed", {});
    // @ts-expect-error it makes another state than it takes
    project(bus, "flight.landed", { fold: (count: number | undefined) => `${count}` });
    // @ts-expect-error a promise is no state of it
    project(bus, "flight.landed", { fold: async (count: number | undefined) => count });
    // @ts-expect-error a key is a string or a number
    project(bus, "flight.landed", { fold, key: (event) => event.data });
    // @ts-expect-error no such option
    project(bus, "flight.landed", { fold, since: "now" });
    const keyless = createBus(
      defineContract({ "note.kept": event(unchecked<string>(), { delivery: "durable" }) }),
    );
    // @ts-expect-error it has no key in the contract
    project(keyless, "note.kept", { fold });
    project(keyless, "note.kept", { fold, key: ({ data }) => data });
    // @ts-expect-error no bus
    project({}, "flight.landed", { fold });
  });
});
