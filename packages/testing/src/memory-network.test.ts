import { type Contract, createBus, defineContract, event, request } from "@eventwire/core";
import { type ClientBus, type ConnectionState, createClient, createHub } from "@eventwire/wire";
import { expect, it, vi } from "vitest";
import { behaviourContract } from "./behaviour/contract.js";
import { openAccess } from "./behaviour/harness.js";
import { MemoryNetwork } from "./memory-network.js";

const contract = behaviourContract;

function served(network: MemoryNetwork) {
  const bus = createBus(contract);
  return { bus, hub: createHub(bus, network.server, openAccess) };
}

function reaches<C extends Contract>({ connection }: ClientBus<C>, state: ConnectionState): Promise<void> {
  return vi.waitFor(() => expect(connection.status.state).toBe(state), { interval: 1 });
}

it("loses what is on its way when it is cut, and connects again", async () => {
  const network = new MemoryNetwork();
  const { bus } = served(network);
  const source = network.client();
  const client = createClient(contract, source);
  const seen: number[] = [];
  const states: ConnectionState[] = [];
  client.connection.watch(({ state }) => states.push(state));
  await client.on("number.counted", (count) => seen.push(count)).ready;
  bus.emit("number.counted", 1);
  source.cut();
  await reaches(client, "connected");
  await vi.waitFor(() => {
    bus.emit("number.counted", 2);
    expect(seen).not.toEqual([]);
  });
  expect(seen).not.toContain(1);
  expect(states).toEqual(["connecting", "connected", "reconnecting", "connected"]);
  await client.close();
  await bus.close();
});

it("connects nobody who is offline, and connects who is online again", async () => {
  const network = new MemoryNetwork();
  const { bus } = served(network);
  const source = network.client();
  const client = createClient(contract, source);
  await reaches(client, "connected");
  source.goOffline();
  await vi.waitFor(() => expect(client.connection.status.reason?.message).toBe("There is no network."));
  source.goOnline();
  await reaches(client, "connected");
  await client.close();
  await bus.close();
});

it("connects a client once there is a server, and again to the next one", async () => {
  const network = new MemoryNetwork();
  const client = createClient(contract, network.client());
  await vi.waitFor(() =>
    expect(client.connection.status).toMatchObject({
      state: "connecting",
      reason: { message: "Nobody listens there." },
    }),
  );
  const first = served(network);
  await reaches(client, "connected");
  await first.bus.close();
  await reaches(client, "reconnecting");
  const second = served(network);
  await reaches(client, "connected");
  expect(second.hub.peers()).toHaveLength(1);
  await client.close();
  await second.bus.close();
});

it("serves one hub at a time", () => {
  const network = new MemoryNetwork();
  served(network);
  expect(() => served(network)).toThrow(/has a server already/);
});

it("holds what is sent while it is paused, and lets a sender go on after", async () => {
  const network = new MemoryNetwork();
  const { bus } = served(network);
  const source = network.client();
  const client = createClient(contract, source);
  const seen: string[] = [];
  await client.on("note.added", (note) => seen.push(note)).ready;
  source.pause();
  const notes = Array.from({ length: 5 }, (_, index) => `${index} ${"x".repeat(30_000)}`);
  for (const note of notes) {
    bus.emit("note.added", note);
    await undefined;
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(seen).toEqual([]);
  source.resume();
  await vi.waitFor(() => expect(seen).toEqual(notes));
  await client.close();
  await bus.close();
});

it("tells the server what it was told of a client, and its limit", async () => {
  const network = new MemoryNetwork({ maxFrameBytes: 1_234 });
  const { bus, hub } = served(network);
  const client = createClient(contract, network.client({ auth: { token: "t" }, address: "10.0.0.1" }));
  await reaches(client, "connected");
  expect(hub.peers()[0]!.facts).toEqual({
    transport: "memory",
    maxFrameBytes: 1_234,
    reliable: true,
    auth: { token: "t" },
    address: "10.0.0.1",
  });
  await client.close();
  await bus.close();
});

it("joins buses of any contract", async () => {
  const chat = defineContract({
    "room.opened": event(contract.definitions["note.added"].schema, { from: "both" }),
    "room.size": request({
      input: contract.definitions["value.echo"].input,
      output: contract.definitions["value.echo"].output,
    }),
  });
  const network = new MemoryNetwork();
  const bus = createBus(chat);
  createHub(bus, network.server, { authenticate: () => ({ id: "me" }), allow: { request: { "*": true } } });
  const client = createClient(chat, network.client());
  bus.handle("room.size", () => 3);
  expect(await client.request("room.size", "lobby")).toBe(3);
  await client.close();
  await bus.close();
});
