import { EventEmitter } from "node:events";
import { createBus, type Link, type Runtime, systemRuntime } from "@eventwire/core";
import { VirtualClock } from "@eventwire/testing";
import { behaviourContract, openAccess } from "@eventwire/testing/behaviour";
import { createHub } from "@eventwire/wire";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { broadcastChannels, eventually, ports, startClient, startServer } from "../fixtures/joined-buses.js";
import { clientSource } from "./client-source.js";
import { connect } from "./connect.js";
import type { EmittingEndpoint, SharedScope } from "./endpoint.js";
import { serve } from "./serve.js";
import { serverSource } from "./server-source.js";

describe("a port", () => {
  it("joins a bus that is served and one that connects, whoever comes first", async () => {
    for (const serverFirst of [true, false]) {
      const [near, far] = ports();
      const server = serverFirst && startServer(far);
      const client = startClient(near);
      if (!server) {
        await eventually(() => expect(client.codes.at(-1)).toBe("connecting: ConnectFailed"));
        startServer(far);
      }
      expect(await client.bus.request("value.echo", 1)).toBe(1);
    }
  });

  it("lets nobody do anything that it is not told to", async () => {
    const [near, far] = ports();
    const { bus } = startServer(ports()[0]);
    serve(bus, far, { authenticate: () => ({ id: "anybody" }) });
    const { bus: client, errors } = startClient(near);
    await expect(client.request("value.echo", 1)).rejects.toMatchObject({ code: "Denied" });
    await expect(client.on("note.added", () => undefined).ready).rejects.toMatchObject({ code: "Denied" });
    client.emit("note.added", "x");
    await eventually(() => expect(errors.map(({ code }) => code)).toContain("Denied"));
  });

  it("tells who connects by what, and keeps what it was told for authenticate", async () => {
    const [near, far] = ports();
    const { hub } = startServer(far);
    const client = connect(behaviourContract, near, { auth: { tab: 7 } });
    onTestFinished(() => client.close());
    await client.request("value.echo", 1);
    expect(hub.peers()[0]!.facts).toMatchObject({ transport: "message-port", auth: { tab: 7 } });
  });

  it("carries the application's own messages beside, and leaves them alone", async () => {
    const [near, far] = ports();
    const { errors } = startServer(far);
    const client = startClient(near);
    const heard: unknown[] = [];
    near.addEventListener("message", ({ data }) => heard.push(data));
    await client.bus.request("value.echo", 1);
    for (const own of ["hello", { type: "own" }, ["eventwire"], null, ["eventwire", "frame"]])
      far.postMessage(own);
    await client.bus.request("value.echo", 2);
    expect(heard).toEqual(expect.arrayContaining(["hello", { type: "own" }, null]));
    expect([...client.errors, ...errors]).toEqual([]);
  });

  it("joins two buses each way, and several clients", async () => {
    const [near, far] = ports();
    const one = startServer(far);
    const other = startServer(near);
    const clients = [startClient(near), startClient(near), startClient(far)];
    for (const [index, { bus }] of clients.entries())
      expect(await bus.request("value.echo", index)).toBe(index);
    expect([one.hub.peers().length, other.hub.peers().length]).toEqual([2, 1]);
    expect([...one.errors, ...other.errors]).toEqual([]);
  });

  it("that is closed ends both, and the client for good", async () => {
    const [near, far] = ports();
    const { hub } = startServer(far);
    const client = startClient(near);
    await client.bus.request("value.echo", 1);
    expect(client.links[0]!.facts.halfOpen).toBe(false);
    far.close();
    await eventually(() => expect(client.codes.at(-1)).toBe("closed: ConnectFailed"));
    expect(client.codes).toEqual(["connecting", "connected", "reconnecting: Lost", "closed: ConnectFailed"]);
    await eventually(() => expect(hub.peers()).toEqual([]));
  });

  it("that was closed before ends who connects, for good", async () => {
    const [near, far] = ports();
    far.close();
    await new Promise((resolve) => near.addEventListener("close", resolve));
    const client = startClient(near);
    await eventually(() => expect(client.codes.at(-1)).toMatch(/^(closed|connecting): ConnectFailed$/));
  });

  it("gives back what it was given when both have closed: no listener stays", async () => {
    const [near, far] = ports();
    const watched = [near, far].map((port) => ({ port, listening: new Map<string, number>() }));
    for (const { port, listening } of watched) {
      for (const [method, change] of [
        ["addEventListener", 1],
        ["removeEventListener", -1],
      ] as const) {
        const real = port[method].bind(port) as (...all: unknown[]) => void;
        vi.spyOn(port, method).mockImplementation((...all: unknown[]) => {
          const type = String(all[0]);
          listening.set(type, (listening.get(type) ?? 0) + change);
          real(...all);
        });
      }
    }
    const server = startServer(far);
    const client = startClient(near);
    await client.bus.request("value.echo", 1);
    await client.bus.close();
    await server.bus.close();
    await eventually(() => {
      for (const { listening } of watched) {
        expect([...listening]).toEqual([
          ["message", 0],
          ["messageerror", 0],
          ["close", 0],
        ]);
      }
    });
  });

  it("serves one bus at a time", () => {
    const [near] = ports();
    const { bus, hub } = startServer(near);
    expect(() => serve(bus, near, openAccess)).toThrow(/serves a bus already/);
    hub.close();
    serve(bus, near, openAccess);
    expect(() => serverSource(near, systemRuntime, { maxLinks: 0 })).toThrow(/maxLinks/);
  });

  it("that has closed a link keeps a process alive by no timer, where there is no lock to let go of", async () => {
    const clock = new VirtualClock();
    const [one, two] = broadcastChannels(2);
    const closed = vi.fn();
    const links: Link[] = [];
    const stopServer = serverSource(one!, clock).listen((link) => links.push(link));
    const stopClient = clientSource(two!, clock).listen((link) => links.push(link));
    await eventually(() => expect(links).toHaveLength(2));
    stopClient();
    links[1]!.open({ frame: vi.fn(), drain: vi.fn(), closed });
    links[1]!.close({ code: "Done", message: "All was said.", retryable: false });
    two!.close();
    expect(clock.timers).toBe(0);
    expect(closed).toHaveBeenCalledTimes(1);
    stopServer();
  });

  it("sends of a part of a buffer that part alone", async () => {
    const [near, far] = ports();
    const received: Uint8Array[] = [];
    const stop = serverSource(far, systemRuntime).listen((link) =>
      link.open({ frame: (frame) => received.push(frame as Uint8Array), drain: vi.fn(), closed: vi.fn() }),
    );
    const client = startClient(near);
    await eventually(() => expect(client.links).toHaveLength(1));
    client.links[0]!.send(Buffer.from("secret, public").subarray(8));
    await eventually(() => expect(received).toHaveLength(2));
    expect(received[1]!.buffer.byteLength).toBe(6);
    stop();
  });
});

it("is no window, to which any page may post", () => {
  const window = Object.assign(new EventTarget(), { document: {}, postMessage: vi.fn() });
  const { bus } = startServer(ports()[0]);
  expect(() => serve(bus, window, openAccess)).toThrow(/A window is no endpoint/);
  expect(() => connect(behaviourContract, window)).toThrow(/A window is no endpoint/);
});

/** A `Worker` of Node, as its parent sees it. */
class ThreadLike extends EventEmitter implements EmittingEndpoint {
  constructor(readonly port: MessagePort) {
    super();
    port.addEventListener("message", ({ data }) => this.emit("message", data));
    port.start();
  }

  postMessage(message: unknown): void {
    this.port.postMessage(message);
  }

  ref(): this {
    return this;
  }
}

it("may be a worker of Node, whose exit ends the links", async () => {
  const [near, far] = ports();
  const thread = new ThreadLike(near);
  startServer(far);
  const client = startClient(thread);
  expect(await client.bus.request("value.echo", 1)).toBe(1);
  thread.emit("exit", 1);
  await eventually(() => expect(client.codes.at(-1)).toBe("closed: ConnectFailed"));
  await client.bus.close();
  expect(thread.eventNames()).toEqual([]);
});

it("may be the scope of a shared worker, whose pages come and go", async () => {
  const scope = Object.assign(new EventTarget(), { onconnect: null }) as SharedScope & EventTarget;
  const { hub } = startServer(scope);
  const pages = Array.from({ length: 3 }, () => {
    const [near, far] = ports();
    scope.dispatchEvent(Object.assign(new Event("connect"), { ports: [far] }));
    return { near, client: startClient(near) };
  });
  for (const { client } of pages) await client.bus.request("value.echo", 1);
  expect(hub.peers()).toHaveLength(3);
  pages[0]!.near.close();
  await eventually(() => expect(hub.peers()).toHaveLength(2));
  await hub.close();
  await eventually(() => expect(pages[1]!.client.codes.at(-1)).toMatch(/^reconnecting/));
});

describe("a hostile end", () => {
  const id = "hostile";
  const post = (port: MessagePort, kind: string, value?: unknown, link = id) =>
    port.postMessage(["eventwire", kind, link, value]);

  /** A server and what came to the other end of its port. */
  const startHostile = async (options = {}) => {
    const [near, far] = ports();
    const server = startServer(far, options);
    const heard: unknown[][] = [];
    near.addEventListener("message", ({ data }) => heard.push(data as unknown[]));
    near.start();
    await eventually(() => expect(heard).toHaveLength(1));
    return { near, server, heard, serverId: String(heard[0]![2]) };
  };

  it("is told of an error for what is no frame, and ends nothing but itself", async () => {
    const { near, server, heard, serverId } = await startHostile();
    const client = startClient(near);
    await client.bus.request("value.echo", 1);
    post(near, "open", { server: serverId });
    post(near, "frame", '[["hello",{"protocol":1,"link":"a","contract":"b"}]]');
    for (const junk of ["", "[", 7, null, { a: 1 }, new Uint8Array(10)]) post(near, "frame", junk);
    post(near, "took", 1e308);
    post(near, "open", { server: serverId });
    await eventually(() => expect(server.hub.counters().refused).toEqual({ Invalid: 6 }));
    post(near, "frame", "x".repeat(20_000_000));
    await eventually(() => expect(server.hub.counters().refused).toEqual({ Invalid: 6, Overflow: 1 }));
    expect(await client.bus.request("value.echo", 2)).toBe(2);
    expect(heard.filter(([, kind, link]) => kind === "close" && link === id)).toEqual([]);
    expect([...server.errors, ...client.errors]).toEqual([]);
  });

  it("opens as many links as are allowed, and no more", async () => {
    const { near, server, heard, serverId } = await startHostile({ maxLinks: 3 });
    for (let link = 0; link < 10; link++) post(near, "open", { server: serverId }, `link ${link}`);
    post(near, "open", { server: "another" }, "elsewhere");
    await eventually(() => expect(heard.filter(([, kind]) => kind === "close")).toHaveLength(7));
    expect(heard.at(-1)).toMatchObject([
      "eventwire",
      "close",
      "link 9",
      { code: "Unavailable", retryable: true },
    ]);
    post(near, "close", { code: "Done", message: "x", retryable: true }, "link 0");
    await eventually(() => expect(heard.at(-1)).toEqual(["eventwire", "closed", "link 0", undefined]));
    post(near, "open", { server: serverId }, "again");
    post(near, "frame", "[", "again");
    await eventually(() => expect(server.hub.counters().framesIn).toBe(1));
  });

  it("holds against a flood", async () => {
    const { near, server } = await startHostile();
    const client = startClient(near);
    for (let count = 0; count < 20_000; count++)
      post(near, count % 2 === 0 ? "seek" : "frame", "x", `${count}`);
    expect(await client.bus.request("value.echo", 1)).toBe(1);
    expect(server.hub.peers()).toHaveLength(1);
    expect(server.errors).toEqual([]);
  });

  it("that never takes anything is disconnected, and costs no more than its limit", async () => {
    const [near, far] = ports();
    // Nobody is waited for longer than a tenth of the time.
    const timer: Runtime["timer"] = (callback, time) => systemRuntime.timer(callback, time / 10);
    const bus = createBus(behaviourContract, { runtime: { ...systemRuntime, timer } });
    onTestFinished(() => bus.close());
    const hub = createHub(bus, serverSource(far, systemRuntime), {
      ...openAccess,
      limits: { bufferedBytes: 100_000 },
    });
    const heard: unknown[][] = [];
    near.addEventListener("message", ({ data }) => heard.push(data as unknown[]));
    near.start();
    await eventually(() => expect(heard).toHaveLength(1));
    post(near, "open", { server: heard[0]![2] });
    post(near, "frame", '[["hello",{"protocol":1,"link":"a","contract":"b"}]]');
    await eventually(() => expect(hub.peers()).toHaveLength(1));
    post(near, "frame", '[["listen",1,"note.added"]]');
    await eventually(() => expect(heard.flat()).toContain('[["listening",1]]'));
    for (let count = 0; count < 30; count++) {
      bus.emit("note.added", "x".repeat(10_000));
      await Promise.resolve();
    }
    await eventually(() => expect(hub.peers()).toEqual([]));
    await eventually(() => expect(heard.at(-1)).toMatchObject(["eventwire", "close", id, { code: "Slow" }]));
    expect(heard.filter(([, kind]) => kind === "frame").length).toBeLessThan(30);
  });
});
