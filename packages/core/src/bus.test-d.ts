import { describe, expectTypeOf, test } from "vitest";
import { type Airspace, airspace, FlightId, type Tick } from "../fixtures/airspace.js";
import {
  type Bus,
  type Context,
  type Contract,
  createBus,
  type DeclaredError,
  defineContract,
  type Emitted,
  type EventName,
  event,
  type HandlerContext,
  type IterateOptions,
  type Listening,
  type ListenOptions,
  type NotDoneBy,
  type NotSentBy,
  type Receipt,
  type Sendable,
  type Subscription,
  type TaskContext,
  type TaskReceipt,
  unchecked,
} from "./index.js";

const bus = createBus(airspace);
declare const client: Bus<Airspace, "client">;
const at = new Date(0);

describe("a bus", () => {
  test("has its contract and side, and is no bus of the other side", () => {
    expectTypeOf(bus).toEqualTypeOf<Bus<Airspace, "server">>();
    expectTypeOf(bus).toEqualTypeOf<Bus<Airspace>>();
    expectTypeOf(bus.side).toEqualTypeOf<"server">();
    // @ts-expect-error a server's bus is not a client's
    bus satisfies Bus<Airspace, "client">;
    // @ts-expect-error nor the other way round
    client satisfies Bus<Airspace, "server">;
    // @ts-expect-error no such side
    expectTypeOf<Bus<Airspace, "browser">>();
    // @ts-expect-error a contract is needed
    createBus({});
    // @ts-expect-error no such option
    createBus(airspace, { mailbox: 1 });
  });

  test("is one that side-neutral code can listen to", () => {
    const watch = (listening: Listening<Airspace>) => listening.on("flight.position", (p) => p.lat);
    watch(bus);
    watch(client);
    // @ts-expect-error it cannot emit
    (listening: Listening<Airspace>) => listening.emit("alert.raised", { level: "low", text: "" });
  });

  test("is usable by generic code", async () => {
    const first = <C extends Contract, N extends EventName<C>>(from: Listening<C>, name: N) =>
      from.once(name);
    expectTypeOf(await first(bus, "flight.position")).toEqualTypeOf<{
      flight: string;
      lat: number;
      lon: number;
    }>();
    // @ts-expect-error no such event
    first(bus, "flight.positon");
    const forward = <C extends Contract, N extends EventName<C>>(from: Bus<C>, to: Bus<C>, name: N) =>
      from.on(name, (data) => {
        to.emit(name as never, data as never);
      });
    expectTypeOf(forward(bus, bus, "flight.position")).toEqualTypeOf<Subscription>();
  });
});

describe("emit", () => {
  test("returns nothing, or a receipt where the event is durable", () => {
    expectTypeOf(bus.emit("alert.raised", { level: "low", text: "" })).toEqualTypeOf<void>();
    const receipt = bus.emit("flight.landed", { flight: "", gate: "", at });
    expectTypeOf(receipt).toEqualTypeOf<Promise<Receipt>>();
    expectTypeOf(client.emit("page.typed", { text: "" })).toEqualTypeOf<void>();
  });

  test("loses no promise where the name is one of several", () => {
    const either = "clock.stored" as "clock.stored" | "clock.ticked";
    // biome-ignore lint/suspicious/noConfusingVoidType: it is what emit returns.
    expectTypeOf(bus.emit(either, { count: 1 })).toEqualTypeOf<void | Promise<Receipt>>();
    expectTypeOf<Emitted<Airspace, "clock.stored">>().toEqualTypeOf<Promise<Receipt>>();
    expectTypeOf<Emitted<Airspace, "clock.ticked">>().toEqualTypeOf<void>();
    // @ts-expect-error no such event
    expectTypeOf<Emitted<Airspace, "clock.tocked">>();
  });

  test("refuses wrong names, data and directions", () => {
    // @ts-expect-error no such name
    bus.emit("flight.departd", { flight: "", gate: "", at });
    // @ts-expect-error no such level
    bus.emit("alert.raised", { level: "medium", text: "" });
    // @ts-expect-error a field is missing
    bus.emit("alert.raised", { level: "low" });
    // @ts-expect-error a field too many
    bus.emit("alert.raised", { level: "low", text: "", to: "all" });
    // @ts-expect-error no data
    bus.emit("alert.raised");
    // @ts-expect-error only the server sends it
    client.emit("flight.departed", { flight: "", gate: "", at });
    // @ts-expect-error only clients send it
    bus.emit("page.typed", { text: "" });
    // @ts-expect-error a task is no event
    bus.emit("flight.divert", { flight: FlightId.parse("UA1"), to: "SFO" });
    // @ts-expect-error nor is a request
    bus.emit("airport.stats", { code: "SFO" });
    // @ts-expect-error a pattern is for listening
    bus.emit("flight.*", {});
  });

  test("shows what it refuses by who may send it", () => {
    expectTypeOf<Sendable<Airspace, "event", "client", "alert.raised">>().toEqualTypeOf<"alert.raised">();
    expectTypeOf<Sendable<Airspace, "event", "client", "clock.ticked">>().toEqualTypeOf<
      NotSentBy<"client", "clock.ticked">
    >();
    expectTypeOf<NotSentBy<"client", "clock.ticked">>().not.toExtend<string>();
    expectTypeOf<NotDoneBy<"client", "airport.stats">>().not.toExtend<string>();
  });
});

describe("on", () => {
  test("gives a listener the data and the context of a name", () => {
    const stop = bus.on("flight.departed", (departure, context) => {
      expectTypeOf(departure).toEqualTypeOf<{ flight: string; gate: string; at: Date }>();
      expectTypeOf(context).toEqualTypeOf<Context<"flight.departed", string>>();
      expectTypeOf(context.name).toEqualTypeOf<"flight.departed">();
      expectTypeOf(context.key).toEqualTypeOf<string | undefined>();
    });
    expectTypeOf(stop).toEqualTypeOf<Subscription>();
    bus.on("clock.ticked", (tick, context) => {
      expectTypeOf(tick).toEqualTypeOf<Tick>();
      expectTypeOf(context.key).toEqualTypeOf<undefined>();
    });
    client.on("page.typed", (page) => expectTypeOf(page).toEqualTypeOf<{ readonly text: string }>());
  });

  test("takes a listener that returns anything or takes nothing", () => {
    bus.on("clock.ticked", () => undefined);
    bus.on("clock.ticked", async () => 1);
    bus.on("clock.ticked", (tick) => tick.count);
  });

  test("gives a listener of a pattern a union by name", () => {
    bus.on("flight.*", (message) => {
      switch (message.name) {
        case "flight.departed":
        case "flight.landed":
          expectTypeOf(message.data.at).toEqualTypeOf<Date>();
          return;
        case "flight.position":
          expectTypeOf(message.data.lat).toEqualTypeOf<number>();
          return;
        case "flight.crew.changed":
          expectTypeOf(message.data).toEqualTypeOf<string>();
          expectTypeOf(message.key).toEqualTypeOf<undefined>();
          return;
        default:
          message satisfies never;
      }
    });
    bus.on("flight.crew.*", (message) => {
      expectTypeOf(message.name).toEqualTypeOf<"flight.crew.changed">();
      expectTypeOf(message.data).toEqualTypeOf<string>();
    });
    bus.on("*", (message) => {
      expectTypeOf(message.name).toEqualTypeOf<EventName<Airspace>>();
      if (message.name === "clock.ticked") expectTypeOf(message.data).toEqualTypeOf<Tick>();
    });
    bus.on("clock.*", async (message) => message.data.count);
  });

  test("notices a case that is missing", () => {
    bus.on("clock.*", (message) => {
      switch (message.name) {
        case "clock.ticked":
          return;
        default:
          // @ts-expect-error clock.stored is missing
          message satisfies never;
      }
    });
  });

  test("refuses wrong names and patterns", () => {
    // @ts-expect-error no such name
    bus.on("flight.departd", () => undefined);
    // @ts-expect-error nothing is below it
    bus.on("flights.*", () => undefined);
    // @ts-expect-error a name is no prefix of itself
    bus.on("flight.departed.*", () => undefined);
    // @ts-expect-error wildcards stand at the end
    bus.on("*.departed", () => undefined);
    // @ts-expect-error only tasks are below it by that name
    bus.on("flight.divert", () => undefined);
    // @ts-expect-error only requests are below it
    bus.on("airport.*", () => undefined);
  });

  test("has the option key where the events have one, of its type", () => {
    bus.on("flight.departed", () => undefined, { key: "UA1" });
    bus.on("clock.stored", () => undefined, { key: 1 });
    // @ts-expect-error it has no key
    bus.on("alert.raised", () => undefined, { key: "x" });
    // @ts-expect-error its key is a text
    bus.on("flight.departed", () => undefined, { key: 1 });
    // @ts-expect-error its key is a number
    bus.on("clock.stored", () => undefined, { key: "1" });
    expectTypeOf<ListenOptions<Airspace, "flight.landed">["key"]>().toEqualTypeOf<string | undefined>();
    expectTypeOf<ListenOptions<Airspace, "alert.raised">>().not.toHaveProperty("key");
  });

  test("has the option key for a pattern where all of its events have one", () => {
    const ports = defineContract({
      "ship.docked": event(unchecked<string>(), { key: (ship) => ship }),
      "ship.sailed": event(unchecked<string>(), { key: (ship) => ship }),
      "ship.crane.moved": event(unchecked<number>(), { key: (crane) => crane }),
      "tide.turned": event<boolean>(),
    });
    type Ports = typeof ports;
    const harbour = createBus(ports);
    harbour.on("ship.*", () => undefined, { key: "Ada" });
    harbour.on("ship.*", () => undefined, { key: 1, concurrency: 1 });
    harbour.on("ship.crane.*", () => undefined, { key: 1 });
    harbour.on("tide.*", () => undefined, { concurrency: 1 });
    harbour.on("*", () => undefined, { concurrency: 1 });
    // @ts-expect-error the tide has no key
    harbour.on("*", () => undefined, { key: "Ada" });
    // @ts-expect-error nor has any of its events
    harbour.on("tide.*", () => undefined, { key: "Ada" });
    // @ts-expect-error the key of a crane is a number
    harbour.on("ship.crane.*", () => undefined, { key: "Ada" });
    // @ts-expect-error a crew's change has no key
    bus.on("flight.*", () => undefined, { key: "UA1" });
    expectTypeOf<ListenOptions<Ports, "ship.*">["key"]>().toEqualTypeOf<string | number | undefined>();
    expectTypeOf<ListenOptions<Ports, "*">>().not.toHaveProperty("key");
    expectTypeOf<IterateOptions<Ports, "tide.*">>().not.toHaveProperty("key");
    expectTypeOf<IterateOptions<Airspace, "flight.departed">>().not.toHaveProperty("concurrency");
  });

  test("has signal, concurrency and onGap, and no other options", () => {
    const { signal } = new AbortController();
    bus.on("alert.raised", () => undefined, {
      signal,
      concurrency: 2,
      onGap: (gap) => gap.missed?.toFixed(),
    });
    bus.on("alert.raised", () => undefined, { signal: undefined, concurrency: undefined, onGap: undefined });
    // @ts-expect-error a live event has no history
    bus.on("alert.raised", () => undefined, { since: "start" });
    // @ts-expect-error no such option
    bus.on("flight.departed", () => undefined, { concurency: 1 });
    // @ts-expect-error not a number
    bus.on("flight.departed", () => undefined, { concurrency: "1" });
  });
});

describe("a group", () => {
  test("is for durable events, by name or pattern", () => {
    const backoff = { initial: 100, jitter: false };
    bus.on("flight.landed", (flight) => flight.gate, { group: "board", attempts: 3, backoff });
    bus.on("flight.landed", (flight) => flight.gate, { group: "board", since: "start", concurrency: 2 });
    bus.on("clock.stored", () => undefined, { group: undefined, attempts: undefined, backoff: undefined });
    const kept = { delivery: "durable" } as const;
    const orders = createBus(
      defineContract({
        "order.paid": event<string>(),
        "note.kept": event(unchecked<number>(), kept),
        "note.left": event(unchecked<number>(), kept),
      }),
    );
    orders.on("note.*", ({ data }) => data.toFixed(), { group: "billing" });
    expectTypeOf<ListenOptions<Airspace, "flight.landed">["group"]>().toEqualTypeOf<string | undefined>();
  });

  test("is refused where an event is not durable, and for what is no listening", () => {
    // @ts-expect-error a live event is kept nowhere
    bus.on("alert.raised", () => undefined, { group: "board" });
    // @ts-expect-error nor is a volatile one
    bus.on("flight.position", () => undefined, { group: "board" });
    // @ts-expect-error some of them are live
    bus.on("flight.*", () => undefined, { group: "board" });
    // @ts-expect-error nor all of these
    bus.on("*", () => undefined, { group: "board" });
    // @ts-expect-error an iterator does not say when an event is done
    bus.events("flight.landed", { group: "board" });
    // @ts-expect-error nor does once
    bus.once("flight.landed", { group: "board" });
    // @ts-expect-error not a name
    bus.on("flight.landed", () => undefined, { group: 1 });
    // @ts-expect-error not a number
    bus.on("flight.landed", () => undefined, { group: "board", attempts: "3" });
    expectTypeOf<ListenOptions<Airspace, "alert.raised">>().not.toHaveProperty("group");
    expectTypeOf<IterateOptions<Airspace, "flight.landed">>().not.toHaveProperty("group");
  });

  test("lists its dead by name, and apart what is not what the contract says", async () => {
    const board = bus.group("board");
    for (const dead of await board.dead({ limit: 1 })) {
      expectTypeOf(dead.name).toEqualTypeOf<"flight.landed" | "clock.stored">();
      if (!dead.valid) expectTypeOf(dead.data).toEqualTypeOf<unknown>();
      else if (dead.name === "clock.stored") expectTypeOf(dead.data).toEqualTypeOf<Tick>();
      else expectTypeOf(dead.key).toEqualTypeOf<string | undefined>();
    }
    expectTypeOf(await board.redrive("all")).toEqualTypeOf<number>();
    // @ts-expect-error ids, or all
    board.redrive("some");
  });
});

describe("once and events", () => {
  test("give the data of a name", async () => {
    expectTypeOf(bus.once("clock.ticked")).toEqualTypeOf<Promise<Tick>>();
    expectTypeOf(bus.once("flight.departed", { key: "UA1" })).resolves.toHaveProperty("gate");
    for await (const tick of bus.events("clock.ticked")) expectTypeOf(tick).toEqualTypeOf<Tick>();
    for await (const { lat } of client.events("flight.position", { key: "UA1" })) {
      expectTypeOf(lat).toEqualTypeOf<number>();
    }
  });

  test("refuse wrong names and options", () => {
    // @ts-expect-error no such name
    bus.once("clock.tocked");
    // @ts-expect-error no such name
    bus.events("clock.tocked");
    // @ts-expect-error one name at a time
    bus.events("clock.*");
    // @ts-expect-error it has no key
    bus.once("clock.ticked", { key: 1 });
    // @ts-expect-error a loop works on one event at a time
    bus.events("clock.ticked", { concurrency: 1 });
  });
});

describe("enqueue and work", () => {
  test("take and give the data of a task", () => {
    const flight = FlightId.parse("UA1");
    expectTypeOf(bus.enqueue("flight.divert", { flight, to: "SFO" })).toEqualTypeOf<Promise<TaskReceipt>>();
    client.enqueue("flight.clean", "UA1");
    bus.work("flight.divert", async (diversion, task) => {
      expectTypeOf(diversion).toEqualTypeOf<{ flight: typeof flight; to: string }>();
      expectTypeOf(task).toEqualTypeOf<TaskContext<"flight.divert", typeof flight, Airspace, "server">>();
    });
  });

  test("refuse what is wrong", () => {
    // @ts-expect-error a text is no FlightId
    bus.enqueue("flight.divert", { flight: "UA1", to: "SFO" });
    // @ts-expect-error an event is no task
    bus.enqueue("clock.ticked", { count: 1 });
    // @ts-expect-error only clients send it
    bus.enqueue("flight.clean", "UA1");
    // @ts-expect-error an event is no task
    bus.work("clock.ticked", () => undefined);
  });
});

describe("request", () => {
  test("gives the output", async () => {
    expectTypeOf(await bus.request("airport.stats", { code: "SFO" })).toEqualTypeOf<{ flights: number }>();
    const { signal } = new AbortController();
    const answer = await client.request("airport.stats", { code: "SFO" }, { timeout: 1, signal });
    expectTypeOf(answer).toEqualTypeOf<{ flights: number }>();
    expectTypeOf(await bus.request("airport.list", undefined)).toEqualTypeOf<string[]>();
    expectTypeOf(await client.request("airport.rename", "x")).toEqualTypeOf<boolean>();
  });

  test("refuses what is wrong", async () => {
    // @ts-expect-error no such request
    bus.request("airport.stat", { code: "SFO" });
    // @ts-expect-error wrong input
    bus.request("airport.stats", { airport: "SFO" });
    // @ts-expect-error no input
    bus.request("airport.stats");
    // @ts-expect-error only clients ask it
    bus.request("airport.rename", "x");
    // @ts-expect-error an event is no request
    bus.request("clock.ticked", { count: 1 });
    // @ts-expect-error no such option
    bus.request("airport.stats", { code: "SFO" }, { timout: 1 });
    // @ts-expect-error the answer is no text
    (await bus.request("airport.stats", { code: "SFO" })) satisfies string;
  });
});

describe("handle", () => {
  test("gives the input and a context that makes declared errors", () => {
    bus.handle("airport.stats", (query, context) => {
      expectTypeOf(query).toEqualTypeOf<{ code: string }>();
      const error = context.error("UnknownAirport", { nearest: "SFO" });
      expectTypeOf(error).toEqualTypeOf<DeclaredError<"UnknownAirport", { nearest: string }>>();
      if (query.code === "") throw error;
      return { flights: 1 };
    });
    bus.handle("airport.stats", async () => ({ flights: 1 }));
    bus.handle("airport.rename", (name) => name.length > 0);
    expectTypeOf<HandlerContext["name"]>().toEqualTypeOf<string>();
    expectTypeOf<HandlerContext["signal"]>().toEqualTypeOf<AbortSignal>();
  });

  test("refuses what is wrong", () => {
    // @ts-expect-error wrong output
    bus.handle("airport.stats", () => ({ flight: 1 }));
    // @ts-expect-error wrong output, later
    bus.handle("airport.stats", async () => ({ flights: "1" }));
    // @ts-expect-error no output
    bus.handle("airport.stats", () => undefined);
    // @ts-expect-error an undeclared error
    bus.handle("airport.stats", (_, context) => Promise.reject(context.error("Nope", {})));
    bus.handle("airport.stats", (_, context) => {
      // @ts-expect-error a wrong detail
      throw context.error("UnknownAirport", { nearest: 1 });
    });
    bus.handle("airport.list", (_, context) => {
      // @ts-expect-error it declares no errors
      throw context.error("UnknownAirport", { nearest: "SFO" });
    });
    // @ts-expect-error an event is no request
    bus.handle("clock.ticked", () => undefined);
    // @ts-expect-error requests are handled on the server
    client.handle("airport.stats", () => ({ flights: 1 }));
  });
});
