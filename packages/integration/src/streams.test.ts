import { createBus, defineContract, event, request } from "@eventwire/core";
import { join, latest, perKey, stream } from "@eventwire/core/rxjs";
import { MemoryNetwork } from "@eventwire/testing";
import { createClient, createHub } from "@eventwire/wire";
import type { Observable } from "rxjs";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { z } from "zod";

const Flight = z.object({ flight: z.string(), count: z.number() });
const key = ({ flight }: z.infer<typeof Flight>) => flight;
const airspace = defineContract({
  "flight.departed": event(Flight, { key }),
  "flight.position": event(Flight, { key, delivery: "volatile" }),
  "link.synchronised": request({ input: z.number(), output: z.number() }),
});

/** A client of a server, in memory. What the server may not send is refused. */
async function startAirspace(denied = "none") {
  const network = new MemoryNetwork();
  const server = createBus(airspace);
  createHub(server, network.server, {
    authenticate: () => ({ id: "me" }),
    allow: { listen: { "*": ({ name }) => name !== denied }, request: { "*": true } },
  });
  server.handle("link.synchronised", (round) => round);
  const client = createClient(airspace, network.client(), { onError: () => undefined });
  onTestFinished(async () => {
    await client.close();
    await server.close();
  });
  const crossed = async () => {
    await client.request("link.synchronised", 1);
    return client.connection.counters().eventsIn;
  };
  let count = 0;
  return {
    server,
    client,
    /** How many events have crossed, once all that was asked for and emitted has. */
    crossed,
    /** How many events cross when each name is emitted for two flights. */
    async crossing() {
      const before = await crossed();
      count += 1;
      for (const flight of ["UA1", "UA2"]) {
        server.emit("flight.departed", { flight, count });
        server.emit("flight.position", { flight, count });
      }
      return (await crossed()) - before;
    },
  };
}

type Client = Awaited<ReturnType<typeof startAirspace>>["client"];

const ways: Record<
  string,
  readonly [number, (bus: Client, options?: { key?: string; signal?: AbortSignal }) => Observable<unknown>]
> = {
  stream: [2, (bus, options) => stream(bus, "flight.position", options)],
  "stream of a pattern": [4, (bus, options) => stream(bus, "flight.*", options)],
  latest: [2, (bus, options) => latest(bus, "flight.position", options)],
  join: [
    4,
    (bus, options) => join(bus, { departure: "flight.departed", position: "flight.position" }, options),
  ],
  perKey: [2, (bus, options) => perKey(bus, "flight.position", (positions) => positions, options)],
};

describe.each(Object.entries(ways))("%s", (_, [events, observe]) => {
  it("makes the server send while it is subscribed to, and not after", async () => {
    const { client, crossing } = await startAirspace();
    const observable = observe(client);
    expect(await crossing()).toBe(0);
    const [first, second] = [observable.subscribe(), observable.subscribe()];
    expect(await crossing()).toBe(events);
    first.unsubscribe();
    expect(await crossing()).toBe(events);
    second.unsubscribe();
    expect(await crossing()).toBe(0);
    const third = observable.subscribe();
    expect(await crossing()).toBe(events);
    third.unsubscribe();
  });

  it("makes it send a key only, until a signal aborts", async () => {
    const { client, crossing } = await startAirspace();
    const controller = new AbortController();
    let completed = false;
    const observer = {
      complete: () => {
        completed = true;
      },
    };
    observe(client, { key: "UA1", signal: controller.signal }).subscribe(observer);
    expect(await crossing()).toBe(events / 2);
    controller.abort();
    expect([completed, await crossing()]).toEqual([true, 0]);
  });

  it("errors, and makes it send nothing, when listening is denied", async () => {
    const { client, crossing } = await startAirspace("flight.position");
    const errors: { code?: string }[] = [];
    observe(client).subscribe({ error: (error) => errors.push(error) });
    await vi.waitFor(() => expect(errors).toMatchObject([{ code: "Denied" }]));
    expect(await crossing()).toBe(0);
  });
});

it("gives a late subscriber of latest what the client has, without another word to the server", async () => {
  const { client, crossing } = await startAirspace();
  const positions = latest(client, "flight.position");
  positions.subscribe();
  await crossing();
  const frames = client.connection.counters().framesOut;
  const seen: string[] = [];
  positions.subscribe(({ flight, count }) => seen.push(`${flight} ${count}`));
  expect([seen, client.connection.counters().framesOut]).toEqual([["UA1 1", "UA2 1"], frames]);
});
