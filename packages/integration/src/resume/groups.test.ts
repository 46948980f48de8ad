import {
  type Broker,
  createBus,
  defineContract,
  type EventwireError,
  event,
  type Gap,
} from "@eventwire/core";
import { memory } from "@eventwire/core/memory";
import { type Faults, MemoryNetwork, VirtualClock } from "@eventwire/testing";
import { createClient, createHub, type Hub, type Principal, type ServeOptions } from "@eventwire/wire";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";

const Departure = z.object({ flight: z.string(), count: z.number() });
const airspace = defineContract({
  "flight.departed": event(Departure, { delivery: "durable", key: ({ flight }) => flight }),
  "flight.arrived": event(Departure, { delivery: "durable", key: ({ flight }) => flight }),
});
type Airspace = typeof airspace;
type Serving = Partial<ServeOptions<Airspace, Principal>>;

const group = "crew";
const quickly = { initial: 0 };
const upTo = (length: number) => Array.from({ length }, (_, count) => count);

/** A network on a clock of its own, with servers and clients at it. */
function createAirspace(seed = 1, faults: Faults = {}) {
  const clock = new VirtualClock({ seed });
  const network = new MemoryNetwork({ runtime: clock, seed, faults });
  const errors: EventwireError[] = [];
  const onError = (error: EventwireError) => errors.push(error);
  const serve = (broker: Broker = memory({ runtime: clock }), options: Serving = {}) => {
    const bus = createBus(airspace, { broker, runtime: clock, onError });
    const hub: Hub<Airspace, Principal> = createHub(bus, network.server, {
      authenticate: () => ({ id: "me" }),
      allow: { group: { "*": true }, history: { "*": true } },
      ...options,
    });
    onTestFinished(() => clock.until(bus.close()));
    const depart = (count: number, flight = `UA ${count % 3}`) =>
      bus.emit("flight.departed", { flight, count });
    return { bus, hub, depart };
  };
  const connect = () => {
    const source = network.client();
    const bus = createClient(airspace, source, { runtime: clock, onError });
    onTestFinished(() => clock.until(bus.close()));
    return { bus, source };
  };
  return { clock, errors, serve, connect };
}

/** A promise that is settled from outside. */
function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe("A client in a group", () => {
  it("shares the events with another one, each done once and in the order of its key", async () => {
    const { clock, errors, serve, connect } = createAirspace();
    const server = serve();
    const done: { who: number; flight: string; count: number }[] = [];
    for (const who of upTo(2)) {
      const { bus } = connect();
      const { ready } = bus.on("flight.departed", (data) => done.push({ who, ...data }), { group });
      await clock.until(ready);
    }
    await clock.advance(10_000);
    for (const count of upTo(60)) void server.depart(count, `UA ${count % 20}`);
    await clock.advance(1_000);
    expect(done.map(({ count }) => count).sort((a, b) => a - b)).toEqual(upTo(60));
    expect(new Set(done.map(({ who }) => who)).size).toBe(2);
    for (const key of upTo(20)) {
      const counts = done.filter(({ flight }) => flight === `UA ${key}`).map(({ count }) => count);
      expect(counts).toEqual([key, key + 20, key + 40]);
    }
    expect(errors).toEqual([]);
  });

  it("is told what an event is, and which attempt", async () => {
    const { clock, errors, serve, connect } = createAirspace();
    const server = serve();
    const seen: unknown[] = [];
    const { ready } = connect().bus.on(
      "flight.*",
      ({ id, name, key, data, offset, attempt, time }) => {
        seen.push({ id, name, key, data, offset, attempt, time });
        if (attempt === 1) throw new Error("not yet");
      },
      { group, backoff: quickly },
    );
    await clock.until(ready);
    const { id, offset } = (await clock.until(server.depart(7)))!;
    await clock.advance(100);
    const told = { id, name: "flight.departed", key: "UA 1", offset, time: expect.any(Number) };
    const data = { flight: "UA 1", count: 7 };
    expect(seen).toEqual([
      { ...told, data, attempt: 1 },
      { ...told, data, attempt: 2 },
    ]);
    expect(errors.splice(0)).toMatchObject([{ code: "ListenerFailed", id }]);
  });

  it("lets an event die after its attempts, with the reason, and does it when it is redriven", async () => {
    const { clock, errors, serve, connect } = createAirspace();
    const server = serve();
    const seen: number[] = [];
    const { ready } = connect().bus.on(
      "flight.departed",
      ({ count }) => {
        seen.push(count);
        if (seen.length <= 2) throw new Error(`the gate is ${"very ".repeat(500)}far`);
      },
      { group, attempts: 2, backoff: quickly },
    );
    await clock.until(ready);
    await clock.until(server.depart(1));
    await clock.advance(100);
    const [dead] = await clock.until(server.bus.group(group).dead());
    expect(dead).toMatchObject({ name: "flight.departed", data: { count: 1 }, attempts: 2, valid: true });
    expect(dead!.reason).toMatch(/^the gate is very/);
    expect(errors.splice(0).map(({ code }) => code)).toEqual(["ListenerFailed", "ListenerFailed", "Dead"]);
    await clock.until(server.bus.group(group).redrive("all"));
    await clock.advance(100);
    expect(seen).toEqual([1, 1, 1]);
    expect(errors).toEqual([]);
  });

  it("is given no more at once than its concurrency", async () => {
    const { clock, serve, connect } = createAirspace();
    const server = serve();
    const { open, opened } = gate();
    const begun: number[] = [];
    const { ready } = connect().bus.on(
      "flight.departed",
      async ({ count }) => {
        begun.push(count);
        await opened;
      },
      { group, concurrency: 2 },
    );
    await clock.until(ready);
    for (const count of upTo(9)) void server.depart(count, `UA ${count}`);
    await clock.advance(1_000);
    expect(begun).toHaveLength(2);
    open();
    await clock.advance(1_000);
    expect(begun).toHaveLength(9);
  });

  it("gives back what it had when its link is lost, and another does it as a further attempt", async () => {
    const { clock, errors, serve, connect } = createAirspace();
    const server = serve();
    const first = connect();
    const begun: string[] = [];
    const never = new Promise<void>(() => undefined);
    await clock.until(
      first.bus.on(
        "flight.departed",
        ({ count }, { attempt }) => {
          begun.push(`first ${count} ${attempt}`);
          return never;
        },
        { group },
      ).ready,
    );
    void server.depart(1, "UA 1");
    void server.depart(2, "UA 1");
    await clock.advance(100);
    expect(begun).toEqual(["first 1 1"]);
    const second = connect();
    second.bus.on("flight.departed", ({ count }, { attempt }) => begun.push(`second ${count} ${attempt}`), {
      group,
    });
    await clock.advance(5_000);
    expect(begun).toEqual(["first 1 1"]);
    first.source.goOffline();
    await clock.advance(10_000);
    expect(begun).toEqual(["first 1 1", "second 1 2", "second 2 1"]);
    expect(errors).toEqual([]);
  });

  it("does nothing twice by itself when its link is lost while it works, and says so over the next one", async () => {
    const { clock, errors, serve, connect } = createAirspace();
    const server = serve();
    const { bus, source } = connect();
    const during = gate();
    const before = gate();
    const begun: number[] = [];
    await clock.until(
      bus.on(
        "flight.departed",
        async ({ count }) => {
          begun.push(count);
          if (count === 1) await during.opened;
          if (count === 2) await before.opened;
        },
        { group },
      ).ready,
    );
    for (const count of [1, 2]) void server.depart(count, `UA ${count}`);
    await clock.advance(100);
    source.goOffline();
    // The one is done without a link, the other is under way when it is given again.
    before.open();
    await clock.advance(100);
    source.goOnline();
    await clock.advance(5_000);
    for (const count of [1, 2]) void server.depart(10 + count, `UA ${count}`);
    await clock.advance(100);
    expect(begun).toEqual([1, 2, 12]);
    during.open();
    await clock.advance(1_000);
    expect(begun).toEqual([1, 2, 12, 11]);
    expect(await clock.until(server.bus.group(group).lag("flight.departed"))).toMatchObject({ behind: 0 });
    expect(errors).toEqual([]);
  });

  it("has at once what one had whose link is lost, and nothing is divided for a link that comes back", async () => {
    const { clock, errors, serve, connect } = createAirspace();
    const broker = memory({ runtime: clock });
    const acquired = vi.spyOn(broker.log, "acquire");
    const server = serve(broker);
    const { bus, source } = connect();
    const done: number[] = [];
    await clock.until(bus.on("flight.departed", ({ count }) => done.push(count), { group }).ready);
    for (const count of upTo(5)) {
      source.cut();
      await clock.until(server.depart(count));
      await clock.advance(500);
      expect(done).toHaveLength(count + 1);
    }
    await clock.advance(30_000);
    const cursors = new Set(acquired.mock.calls.map(([cursor]) => cursor));
    // The roster, and that of all shards.
    expect(cursors.size).toBe(2);
    expect(errors).toEqual([]);
  });

  it("ends what is under way when it stops, and leaves the rest to others", async () => {
    const { clock, errors, serve, connect } = createAirspace();
    const server = serve();
    const { open, opened } = gate();
    const done: string[] = [];
    const first = connect().bus.on(
      "flight.departed",
      async ({ count }) => {
        await opened;
        done.push(`first ${count}`);
      },
      { group, concurrency: 1 },
    );
    await clock.until(first.ready);
    for (const count of upTo(3)) void server.depart(count, "UA 1");
    await clock.advance(100);
    first();
    connect().bus.on("flight.departed", ({ count }) => done.push(`second ${count}`), { group });
    await clock.advance(10_000);
    expect(done).toEqual([]);
    open();
    await clock.advance(10_000);
    expect(done).toEqual(["first 0", "second 1", "second 2"]);
    expect(errors).toEqual([]);
  });

  it("has done what is under way when its bus has closed, and the server when its own has", async () => {
    const { clock, errors, serve, connect } = createAirspace();
    const broker = memory({ runtime: clock });
    let server = serve(broker);
    const done: number[] = [];
    const listen = async ({ bus }: ReturnType<typeof connect>) => {
      const slowly = async ({ count }: { count: number }) => {
        await new Promise<void>((resolve) => void clock.timer(resolve, 500));
        done.push(count);
      };
      await clock.until(bus.on("flight.departed", slowly, { group, concurrency: 1 }).ready);
    };
    const first = connect();
    await listen(first);
    for (const count of upTo(4)) void server.depart(count, "UA 1");
    await clock.advance(100);
    await clock.until(first.bus.close());
    expect(done).toEqual([0]);
    await listen(connect());
    await clock.advance(100);
    await clock.until(server.bus.close());
    expect(done).toEqual([0, 1]);
    server = serve(broker);
    await clock.advance(20_000);
    expect(done).toEqual([0, 1, 2, 3]);
    expect(errors).toEqual([]);
  });

  it("is a member again at another server of the same log", async () => {
    const { clock, errors, serve, connect } = createAirspace();
    const broker = memory({ runtime: clock });
    const done: number[] = [];
    let server = serve(broker);
    await clock.until(connect().bus.on("flight.departed", ({ count }) => done.push(count), { group }).ready);
    for (const life of upTo(3)) {
      await clock.until(server.depart(2 * life));
      await clock.advance(100);
      await clock.until(server.bus.close());
      server = serve(broker);
      await clock.until(server.depart(2 * life + 1));
      await clock.advance(40_000);
    }
    expect([...done].sort((a, b) => a - b)).toEqual(upTo(6));
    expect(errors).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5, 6])(
    "loses nothing and keeps the order of each key, whatever befalls the links of three, by the seed %i",
    async (seed) => {
      const { clock, serve, connect } = createAirspace(seed, { latency: 20, jitter: 30, cut: 0.01 });
      const server = serve();
      const begun: string[] = [];
      const underWay = new Map<string, number>();
      let together = 0;
      const clients = upTo(3).map(() => connect());
      for (const { bus } of clients) {
        bus.on(
          "flight.departed",
          async ({ flight, count }) => {
            begun.push(`${flight} ${count}`);
            const others = (underWay.get(flight) ?? 0) + 1;
            underWay.set(flight, others);
            together = Math.max(together, others);
            await new Promise<void>((resolve) => void clock.timer(resolve, 40 * clock.random()));
            underWay.set(flight, underWay.get(flight)! - 1);
            if (clock.random() < 0.05) throw new Error("no slot");
          },
          { group, concurrency: 3, attempts: Infinity, backoff: { initial: 10, max: 100 } },
        );
      }
      await clock.advance(5_000);
      for (const count of upTo(200)) {
        void server.depart(count, `UA ${count % 10}`);
        if (count % 10 === 0) await clock.advance(100);
      }
      for (const { source } of clients) source.faults = { latency: 20 };
      await clock.advance(60_000);
      for (const key of upTo(10)) {
        const flight = `UA ${key}`;
        const counts = begun
          .filter((one) => one.startsWith(`${flight} `))
          .map((one) => Number(one.split(" ")[2]));
        const first = [...new Set(counts)];
        expect(first).toEqual(upTo(20).map((round) => key + 10 * round));
      }
      expect(await clock.until(server.bus.group(group).lag("flight.departed"))).toMatchObject({ behind: 0 });
      // Where a link was lost the listener there may go on beside the one that has the event now.
      expect(together).toBeLessThanOrEqual(clients.length);
    },
  );

  it.each([1, 2, 3])(
    "begins nothing of a key behind what others have begun of it, however long it works and often its link is lost, by the seed %i",
    async (seed) => {
      const { clock, serve, connect } = createAirspace(seed, { latency: 20, jitter: 30 });
      const server = serve();
      const latest = new Map<string, number>();
      const late: string[] = [];
      const clients = upTo(3).map(() => connect());
      for (const [who, { bus }] of clients.entries()) {
        bus.on(
          "flight.departed",
          async ({ flight, count }) => {
            if (count < (latest.get(flight) ?? 0)) late.push(`${who} begins ${count} of ${flight}`);
            latest.set(flight, count);
            await new Promise<void>((resolve) => void clock.timer(resolve, 20_000 * clock.random() ** 4));
          },
          { group, concurrency: 2 },
        );
      }
      await clock.advance(5_000);
      for (const count of upTo(300)) {
        void server.depart(count, `UA ${count % 10}`);
        const { source } = clients[Math.floor(clock.random() * clients.length)]!;
        if (count % 5 === 0) source.goOffline();
        await clock.advance(300);
        source.goOnline();
      }
      await clock.advance(1_000_000);
      expect(late).toEqual([]);
      expect(await clock.until(server.bus.group(group).lag("flight.departed"))).toMatchObject({ behind: 0 });
    },
  );

  it("may be one only where a rule of groups lets it, whatever it may listen to", async () => {
    const { clock, serve, connect } = createAirspace();
    const asked = vi.fn(({ group }: { group: string }) => group === "crew");
    const { hub } = serve(undefined, {
      allow: { listen: { "*": true }, group: { "flight.departed": asked } },
    });
    const { bus } = connect();
    const join = (name: "flight.departed" | "flight.arrived" | "flight.*", group: string) => {
      const { ready } = bus.on(name as "flight.departed", () => undefined, { group });
      return clock.until(
        ready.then(
          () => "joined",
          ({ code }: EventwireError) => code,
        ),
      );
    };
    expect(await join("flight.departed", "crew")).toBe("joined");
    expect(await join("flight.departed", "thieves")).toBe("Denied");
    expect(await join("flight.arrived", "crew")).toBe("Denied");
    expect(await join("flight.*", "crew")).toBe("Denied");
    const [peer] = hub.peers();
    const explain = (group: string) =>
      hub.explain({ peer: peer!, kind: "group", name: "flight.departed", group });
    expect(await explain("crew")).toMatchObject({ allowed: true });
    expect(await explain("thieves")).toMatchObject({
      allowed: false,
      reason: '"flight.departed" is denied: the rule "flight.departed" of allow.group denies it.',
    });
  });

  it("is no member any more once the right is taken away, and others get what it had", async () => {
    const { clock, errors, serve, connect } = createAirspace();
    let allowed = true;
    const { hub, depart } = serve(undefined, { allow: { group: { "*": () => allowed } } });
    const begun: string[] = [];
    const gaps: Gap[] = [];
    const never = new Promise<void>(() => undefined);
    await clock.until(
      connect().bus.on(
        "flight.departed",
        ({ count }) => {
          begun.push(`first ${count}`);
          return never;
        },
        { group, onGap: (gap) => gaps.push(gap) },
      ).ready,
    );
    void depart(1);
    await clock.advance(100);
    allowed = false;
    expect(await clock.until(hub.reauthorize())).toBe(1);
    await clock.advance(100);
    expect(gaps).toMatchObject([{ name: "flight.departed", reason: "denied" }]);
    allowed = true;
    connect().bus.on("flight.departed", ({ count }) => begun.push(`second ${count}`), { group });
    await clock.advance(10_000);
    expect(begun).toEqual(["first 1", "second 1"]);
    expect(errors).toEqual([]);
  });

  it("begins a new group no further back than it may read", async () => {
    const { clock, errors, serve, connect } = createAirspace();
    const { depart } = serve(undefined, { allow: { group: { "*": true } }, limits: { resume: 5_000 } });
    await clock.until(depart(0));
    await clock.advance(10_000);
    await clock.until(depart(1));
    const done: number[] = [];
    const gaps: Gap[] = [];
    await clock.until(
      connect().bus.on("flight.departed", ({ count }) => done.push(count), {
        group,
        since: "start",
        onGap: (gap) => gaps.push(gap),
      }).ready,
    );
    await clock.advance(1_000);
    expect(done).toEqual([1]);
    expect(gaps).toMatchObject([{ reason: "denied" }]);
    expect(errors).toEqual([]);
  });
});
