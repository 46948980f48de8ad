import { createBus, defineContract, type EventwireError, event, request } from "@eventwire/core";
import { memory } from "@eventwire/core/memory";
import { project } from "@eventwire/core/project";
import { states, watch, watching } from "@eventwire/core/watch";
import { MemoryNetwork, VirtualClock } from "@eventwire/testing";
import { createClient, createHub, type Principal, type ServeOptions } from "@eventwire/wire";
import { describe, expect, it, onTestFinished } from "vitest";
import { z } from "zod";

const Assigned = z.object({ flight: z.string(), gate: z.string() });
const airport = defineContract({
  "gate.assigned": event(Assigned, { delivery: "durable", key: ({ flight }) => flight }),
  "gate.freed": event(Assigned, { delivery: "durable", key: ({ flight }) => flight }),
  "board.watch": request({
    input: z.object({ area: z.string() }),
    item: states({ key: z.string(), state: z.object({ gate: z.string() }) }),
  }),
});
type Serving = Partial<ServeOptions<typeof airport, Principal>>;

function createAirport() {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ runtime: clock });
  const errors: EventwireError[] = [];
  const onError = (error: EventwireError) => errors.push(error);
  const broker = memory({ runtime: clock });
  const serve = (options: Serving = {}) => {
    const bus = createBus(airport, { broker, runtime: clock, onError });
    const gates = project(bus, ["gate.assigned", "gate.freed"], {
      fold: (_: { gate: string; secret: number } | undefined, { name, data }) =>
        name === "gate.freed" ? undefined : { gate: data.gate, secret: 1 },
    });
    const select =
      ({ area }: { area: string }) =>
      (_: string, { gate }: { gate: string }) =>
        gate.startsWith(area);
    bus.handle("board.watch", watching(gates, { select, batch: 16 }));
    const hub = createHub(bus, network.server, {
      authenticate: () => ({ id: "me" }),
      allow: { request: { "board.watch": true } },
      ...options,
    });
    onTestFinished(() => clock.until(bus.close()));
    const assign = (flight: string, gate: string) => bus.emit("gate.assigned", { flight, gate });
    return { bus, hub, gates, assign };
  };
  const connect = () => {
    const source = network.client();
    const bus = createClient(airport, source, { runtime: clock, onError });
    onTestFinished(() => clock.until(bus.close()));
    return { bus, source };
  };
  return { clock, errors, serve, connect };
}

describe("A client that watches a projection", () => {
  it("has all of its states, then each that changes, and of each what the contract knows", async () => {
    const { clock, errors, serve, connect } = createAirport();
    const server = serve();
    for (let count = 0; count < 100; count++) void server.assign(`f${count}`, `A${count}`);
    await clock.advance(100);
    const gates = watch(connect().bus, "board.watch", { area: "A" });
    await clock.until(gates.ready);
    expect(gates.size).toBe(100);
    void server.assign("f7", "A0");
    void server.assign("f8", "B0");
    await clock.advance(100);
    expect([gates.get("f7"), gates.get("f8"), gates.size]).toEqual([{ gate: "A0" }, undefined, 99]);
    expect(errors).toEqual([]);
  });

  it("shows what it had while its link is lost, and what is true once it is back, at any server", async () => {
    const { clock, errors, serve, connect } = createAirport();
    let server = serve();
    await clock.until(server.assign("a", "A1"));
    await clock.until(server.assign("b", "A2"));
    const { bus, source } = connect();
    const gates = watch(bus, "board.watch", { area: "A" });
    await clock.until(gates.ready);
    const told: string[] = [];
    gates.on(({ type }) => told.push(`${type} ${gates.size}`));
    for (const life of [1, 2, 3]) {
      source.goOffline();
      await clock.until(server.assign("a", `A${10 + life}`));
      await clock.until(server.assign(`new ${life}`, "A3"));
      await clock.until(server.bus.emit("gate.freed", { flight: "b", gate: "" }));
      await clock.advance(60_000);
      expect(gates.get("a")).toEqual({ gate: life === 1 ? "A1" : `A${9 + life}` });
      await clock.until(server.bus.close());
      server = serve();
      source.goOnline();
      await clock.advance(15_000);
      expect(Object.fromEntries([...gates.entries()].map(([key, { gate }]) => [key, gate]))).toEqual(
        Object.fromEntries(namesOf(life)),
      );
    }
    expect(told).toEqual(["snapshot 2", "snapshot 3", "snapshot 4"]);
    expect(errors).toEqual([]);
  });

  it("is told the newest state of each key where it reads slowly, and not each change", async () => {
    const { clock, errors, serve, connect } = createAirport();
    const server = serve();
    const { bus, source } = connect();
    const gates = watch(bus, "board.watch", { area: "" });
    await clock.until(gates.ready);
    const told: string[] = [];
    gates.on((change) => {
      if (change.type === "change") told.push(`${change.key} ${change.value?.gate}`);
    });
    source.pause();
    // What it asked for ahead is on its way; the rest waits for it, by key.
    for (let count = 0; count < 2_000; count++) {
      void server.assign(`f${count % 5}`, `${count}`);
      if (count % 20 === 0) await clock.advance(1);
    }
    await clock.advance(1_000);
    source.resume();
    await clock.advance(1_000);
    for (let key = 0; key < 5; key++) expect(gates.get(`f${key}`)).toEqual({ gate: `${1_995 + key}` });
    expect(told.length).toBeLessThan(200);
    expect(errors).toEqual([]);
  });

  it("may where a rule of requests lets it, and no longer once that is taken away", async () => {
    const { clock, errors, serve, connect } = createAirport();
    let allowed = false;
    const server = serve({ allow: { request: { "board.watch": () => allowed } } });
    const refused = watch(connect().bus, "board.watch", { area: "" });
    await expect(clock.until(refused.ready)).rejects.toMatchObject({ code: "Denied" });
    allowed = true;
    const gates = watch(connect().bus, "board.watch", { area: "" });
    await clock.until(gates.ready);
    allowed = false;
    expect(await clock.until(server.hub.reauthorize())).toBe(1);
    await clock.until(gates.ended);
    void server.assign("a", "A1");
    await clock.advance(1_000);
    expect(gates.size).toBe(0);
    expect(errors.splice(0)).toMatchObject([{ code: "Denied" }]);
  });

  it("does not keep its server from closing", async () => {
    const { clock, serve, connect } = createAirport();
    const server = serve();
    const gates = watch(connect().bus, "board.watch", { area: "" });
    await clock.until(gates.ready);
    const before = clock.monotonic();
    await clock.until(server.bus.close());
    expect(clock.monotonic() - before).toBeLessThan(1_000);
  });

  it("leaves nothing at the server when it stops", async () => {
    const { clock, serve, connect } = createAirport();
    const server = serve();
    const gates = watch(connect().bus, "board.watch", { area: "" });
    await clock.until(gates.ready);
    gates.stop();
    await clock.advance(1_000);
    expect(await clock.until(server.hub.reauthorize())).toBe(0);
    const before = clock.monotonic();
    await clock.until(server.bus.close());
    expect(clock.monotonic() - before).toBeLessThan(1_000);
  });
});

function namesOf(life: number): readonly (readonly [string, string])[] {
  const fresh = Array.from({ length: life }, (_, index) => [`new ${index + 1}`, "A3"] as const);
  return [["a", `A${10 + life}`], ...fresh];
}
