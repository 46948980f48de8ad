import {
  type Broker,
  createBus,
  defineContract,
  type EventwireError,
  event,
  type Gap,
} from "@eventwire/core";
import { memory } from "@eventwire/core/memory";
import { MemoryNetwork } from "@eventwire/testing";
import { createClient, createHub, type Hub, type Principal, type ServeOptions } from "@eventwire/wire";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";
import { eventually } from "../actors.js";

const Departure = z.object({ flight: z.string(), count: z.number() });
const airspace = defineContract({
  "flight.departed": event(Departure, { delivery: "durable", key: ({ flight }) => flight }),
  "flight.arrived": event(Departure, { delivery: "durable", key: ({ flight }) => flight }),
});
type Airspace = typeof airspace;
type Serving = Partial<ServeOptions<Airspace, Principal>>;

const everything: NonNullable<Serving["allow"]> = { listen: { "*": true }, history: { "*": true } };

function startServer(network: MemoryNetwork, broker: Broker, options: Serving = {}) {
  const errors: EventwireError[] = [];
  const bus = createBus(airspace, { broker, onError: (error) => errors.push(error) });
  const hub: Hub<Airspace, Principal> = createHub(bus, network.server, {
    authenticate: () => ({ id: "me" }),
    allow: everything,
    ...options,
  });
  onTestFinished(() => bus.close());
  const depart = (count: number, flight = `UA ${count % 3}`) =>
    bus.emit("flight.departed", { flight, count });
  return { bus, hub, errors, depart };
}

function startClient(network: MemoryNetwork) {
  const errors: EventwireError[] = [];
  const source = network.client();
  const bus = createClient(airspace, source, { onError: (error) => errors.push(error) });
  onTestFinished(() => bus.close());
  return { bus, errors, source };
}

const upTo = (length: number) => Array.from({ length }, (_, count) => count);

describe("A client that listens to durable events", () => {
  it("gets them after they are in the log, with offset, id, key and time", async () => {
    const network = new MemoryNetwork();
    const server = startServer(network, memory());
    const client = startClient(network);
    const seen: unknown[] = [];
    await client.bus.on("flight.departed", (data, { id, key, offset, time }) => {
      seen.push({ data, id, key, offset, time });
    }).ready;
    const { id, offset } = (await server.depart(7))!;
    await eventually(() => expect(seen).toHaveLength(1));
    expect(seen).toEqual([
      { data: { flight: "UA 1", count: 7 }, id, key: "UA 1", offset, time: expect.any(Number) },
    ]);
  });

  it("gets each once and in order, from the start, however often the link is cut", async () => {
    const network = new MemoryNetwork();
    const server = startServer(network, memory());
    for (const count of upTo(300)) void server.depart(count);
    const client = startClient(network);
    const seen: number[] = [];
    client.bus.on("flight.departed", ({ count }) => seen.push(count), { since: "start" });
    for (const count of upTo(300)) {
      void server.depart(300 + count);
      if (count % 20 === 0) {
        client.source.cut();
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
    }
    await eventually(() => expect(seen.length).toBeGreaterThanOrEqual(600));
    expect(seen).toEqual(upTo(600));
    expect(client.errors).toEqual([]);
  });

  it("goes on at another server of the same log", async () => {
    const network = new MemoryNetwork();
    const broker = memory();
    const seen: number[] = [];
    let server = startServer(network, broker);
    const client = startClient(network);
    await client.bus.on("flight.departed", ({ count }) => seen.push(count)).ready;
    for (let life = 0; life < 3; life++) {
      for (const count of upTo(10)) await server.depart(life * 20 + count);
      await eventually(() => expect(seen.length).toBeGreaterThan(life * 20));
      await server.bus.close();
      server = startServer(network, broker);
      for (const count of upTo(10)) await server.depart(life * 20 + 10 + count);
    }
    await eventually(() => expect(seen.length).toBeGreaterThanOrEqual(60));
    expect(seen).toEqual(upTo(60));
    expect(client.errors).toEqual([]);
  });

  it("is told of a gap, with its reason and place, where the log let events go meanwhile", async () => {
    const network = new MemoryNetwork();
    const server = startServer(network, memory({ events: 50 }));
    const client = startClient(network);
    const seen: number[] = [];
    const gaps: Gap[] = [];
    await client.bus.on("flight.departed", ({ count }) => seen.push(count), {
      onGap: (gap) => gaps.push(gap),
    }).ready;
    const first = (await server.depart(0))!;
    await eventually(() => expect(seen).toEqual([0]));
    client.source.goOffline();
    for (const count of upTo(200)) await server.depart(1 + count);
    client.source.goOnline();
    await eventually(() => expect(seen.at(-1)).toBe(200));
    expect(gaps).toMatchObject([{ name: "flight.departed", reason: "trimmed", from: first.offset }]);
    expect(seen).toEqual([0, ...upTo(201).slice(-(seen.length - 1))]);
  });

  it("reads each name in one order by a pattern, and one key by its key", async () => {
    const network = new MemoryNetwork();
    const server = startServer(network, memory());
    const client = startClient(network);
    const all: string[] = [];
    const one: number[] = [];
    await client.bus.on("flight.*", ({ name, data }) => all.push(`${name} ${data.count}`)).ready;
    await client.bus.on("flight.departed", ({ count }) => one.push(count), { key: "UA 2" }).ready;
    for (const count of upTo(9)) {
      await server.depart(count);
      await server.bus.emit("flight.arrived", { flight: `UA ${count % 3}`, count });
    }
    await eventually(() => expect(all).toHaveLength(18));
    expect(all).toEqual(upTo(9).flatMap((count) => [`flight.departed ${count}`, `flight.arrived ${count}`]));
    await eventually(() => expect(one).toEqual([2, 5, 8]));
  });

  it("is asked for no more than a slow listener takes", async () => {
    const network = new MemoryNetwork();
    const server = startServer(network, memory());
    const client = startClient(network);
    const seen: number[] = [];
    let open!: () => void;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    await client.bus.on(
      "flight.departed",
      async ({ count }) => {
        await gate;
        seen.push(count);
      },
      { concurrency: 1 },
    ).ready;
    for (const count of upTo(1_000)) await server.depart(count);
    await eventually(() => expect(client.bus.connection.counters().eventsIn).toBeGreaterThan(200));
    expect(client.bus.connection.counters().eventsIn).toBeLessThanOrEqual(256);
    open();
    await eventually(() => expect(seen).toEqual(upTo(1_000)));
  });

  it("iterates, and takes its position", async () => {
    const network = new MemoryNetwork();
    const server = startServer(network, memory());
    const client = startClient(network);
    for (const count of upTo(5)) await server.depart(count);
    const position = await client.bus.position();
    expect(position).toBe(await server.bus.position());
    for (const count of upTo(5)) await server.depart(5 + count);
    const seen: number[] = [];
    for await (const { count } of client.bus.events("flight.departed", { since: position })) {
      if (seen.push(count) === 5) break;
    }
    expect(seen).toEqual([5, 6, 7, 8, 9]);
  });

  it("is denied what rules deny, and history where that is not allowed", async () => {
    const network = new MemoryNetwork();
    const server = startServer(network, memory(), {
      allow: { listen: { "flight.departed": true } },
      limits: { resume: 0 },
    });
    const client = startClient(network);
    for (const count of upTo(5)) await server.depart(count);
    await expect(client.bus.on("flight.arrived", () => undefined).ready).rejects.toMatchObject({
      code: "Denied",
    });
    await expect(client.bus.on("flight.*", () => undefined).ready).rejects.toMatchObject({ code: "Denied" });
    const seen: number[] = [];
    const gaps: Gap[] = [];
    await client.bus.on("flight.departed", ({ count }) => seen.push(count), {
      since: "start",
      onGap: (gap) => gaps.push(gap),
    }).ready;
    await new Promise((resolve) => setTimeout(resolve, 5));
    await server.depart(5);
    await eventually(() => expect(seen).toContain(5));
    expect(seen).not.toContain(0);
    expect(gaps).toMatchObject([{ reason: "denied" }]);
  });

  it("is cut off when the right is taken away, with a gap", async () => {
    const network = new MemoryNetwork();
    let allowed = true;
    const server = startServer(network, memory(), { allow: { listen: { "*": () => allowed } } });
    const client = startClient(network);
    const seen: number[] = [];
    const gaps: Gap[] = [];
    await client.bus.on("flight.departed", ({ count }) => seen.push(count), {
      onGap: (gap) => gaps.push(gap),
    }).ready;
    await server.depart(0);
    await eventually(() => expect(seen).toEqual([0]));
    allowed = false;
    expect(await server.hub.reauthorize()).toBe(1);
    await server.depart(1);
    await eventually(() => expect(gaps).toMatchObject([{ reason: "denied" }]));
    expect(seen).toEqual([0]);
  });

  it("closes at once where it never had a link", async () => {
    const network = new MemoryNetwork();
    const client = startClient(network);
    client.source.goOffline();
    const { ready } = client.bus.on("flight.departed", () => undefined);
    const refused = ready.then(undefined, (error: unknown) => error);
    // Longer than the test may take.
    await client.bus.close({ drain: 100_000 });
    expect(await refused).toMatchObject({ code: "Closed" });
  });
});
