import { createBus } from "@eventwire/core";
import { serve as serveSocketIo } from "@eventwire/socket.io";
import { connect as connectSocketIo } from "@eventwire/socket.io-client";
import { behaviourContract, openAccess } from "@eventwire/testing/behaviour";
import { serve } from "@eventwire/websocket";
import { Server as SocketIoServer } from "socket.io";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { eventually, reaches } from "../actors.js";
import { startClient, startServer } from "./actors.js";
import { startRawUpgrade, type UpgradeRequest } from "./raw-upgrade.js";

const origin = "https://page.example";

describe("before the upgrade", () => {
  it.each<readonly [string, UpgradeRequest, number]>([
    ["a page of another origin", { headers: { origin } }, 403],
    ["two origins", { headers: { origin: `${origin}, https://other.example` } }, 403],
    ["a page without an origin of its own", { headers: { origin: "null" } }, 403],
    [
      "what a browser calls another site, without an origin",
      { headers: { "sec-fetch-site": "cross-site" } },
      403,
    ],
    ["another path", { path: "/other" }, 404],
    ["a path below", { path: "/eventwire/x" }, 404],
    ["the whole URL as a path", { path: "http://127.0.0.1/eventwire" }, 404],
    ["another method", { method: "POST" }, 405],
    ["another protocol than WebSocket", { headers: { upgrade: "h2c" } }, 400],
    ["another version of WebSocket", { headers: { "sec-websocket-version": "7" } }, 400],
    ["a key that is none", { headers: { "sec-websocket-key": "?" } }, 400],
    ["no key", { headers: { "sec-websocket-key": undefined } }, 400],
    ["a malformed subprotocol", { headers: { "sec-websocket-protocol": "a,,b" } }, 400],
  ])("refuses %s, and ends the connection", async (_, request, status) => {
    const { port, errors, hub } = await startServer();
    const raw = await startRawUpgrade(port, request);
    await eventually(() => expect(raw.closed).toBe(true));
    expect(raw.status).toBe(status);
    expect(hub.counters().framesIn).toBe(0);
    expect(errors).toEqual([]);
  });

  it("takes the page's own origin, those listed, and whoever is no page", async () => {
    const { port } = await startServer();
    const listed = await startServer({ origins: [origin] });
    const upgrades = await Promise.all([
      startRawUpgrade(port),
      startRawUpgrade(port, { path: "/eventwire?token=none" }),
      startRawUpgrade(port, { headers: { origin: `http://127.0.0.1:${port}` } }),
      startRawUpgrade(listed.port, { headers: { origin } }),
    ]);
    for (const raw of upgrades) await eventually(() => expect(raw.status).toBe(101));
  });

  it("refuses more connections than are allowed, and takes one again when another has gone", async () => {
    const { port } = await startServer({ maxConnections: 2 });
    const [first] = await Promise.all([startRawUpgrade(port), startRawUpgrade(port)]);
    const third = await startRawUpgrade(port);
    await eventually(() => expect(third.status).toBe(503));
    first!.socket.destroy();
    await eventually(async () => {
      const next = await startRawUpgrade(port);
      await eventually(() => expect(next.status).toBeDefined());
      expect(next.status).toBe(101);
    });
  });

  it("agrees to no compression, whatever is offered", async () => {
    const { port } = await startServer();
    const raw = await startRawUpgrade(port, {
      headers: { "sec-websocket-extensions": "permessage-deflate; client_max_window_bits" },
    });
    await eventually(() => expect(raw.status).toBe(101));
    expect(raw.received.toLowerCase()).not.toContain("extensions");
  });

  it("holds when connections break while they ask", async () => {
    const { port, url, errors } = await startServer();
    for (let round = 0; round < 30; round++) {
      const raw = await startRawUpgrade(port, round % 2 === 0 ? {} : { headers: { origin } });
      raw.socket.resetAndDestroy();
    }
    await reaches(startClient(url), "connected");
    expect(errors).toEqual([]);
  });
});

describe("beside others on one HTTP server", () => {
  it("leaves the upgrades of other paths to whoever takes them, whoever came first", async () => {
    const others = new Map<string, WebSocketServer>();
    const { http, port, url } = await startServer({
      on(http) {
        new SocketIoServer(http, { serveClient: false });
        return http;
      },
    });
    const io = new SocketIoServer(http, { path: "/live", serveClient: false });
    onTestFinished(() => void io.close());
    const bus = createBus(behaviourContract);
    bus.handle("value.echo", (value) => value);
    serveSocketIo(bus, io, openAccess);
    const own = new WebSocketServer({ noServer: true });
    others.set("/own", own);
    http.on("upgrade", (request, socket, head) => {
      others
        .get(request.url!)
        ?.handleUpgrade(request, socket, head, (one) => one.send("hello from the other"));
    });

    await reaches(startClient(url), "connected");
    const client = connectSocketIo(behaviourContract, `http://127.0.0.1:${port}`, {
      socket: { path: "/live" },
    });
    onTestFinished(() => client.close());
    expect(await client.request("value.echo", 1)).toBe(1);
    const heard = await new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/own`);
      onTestFinished(() => socket.terminate());
      socket.on("message", (data) => resolve(String(data)));
    });
    expect(heard).toBe("hello from the other");
  });

  it("serves one bus a path, several paths, and a path again once its hub has closed", async () => {
    const { http, port, hub, bus } = await startServer({ path: "/one" });
    expect(() => serve(bus, http, { ...openAccess, path: "/one" })).toThrow(/serves a bus already/);
    const second = serve(bus, http, { ...openAccess, path: "/two" });
    await Promise.all(
      ["one", "two"].map((path) => reaches(startClient(`ws://127.0.0.1:${port}/${path}`), "connected")),
    );
    expect(http.listenerCount("upgrade")).toBe(1);
    await hub.close();
    await hub.close();
    const again = serve(bus, http, { ...openAccess, path: "/one" });
    await eventually(() => expect(again.peers()).toHaveLength(1));
    await Promise.all([second.close(), again.close()]);
    expect(http.listenerCount("upgrade")).toBe(0);
  });

  it("refuses a path that can be none", async () => {
    const { http, bus } = await startServer();
    expect(() => serve(bus, http, { ...openAccess, path: "live" })).toThrow(/does not begin with a slash/);
    expect(() => serve(bus, http, { ...openAccess, maxConnections: 0 })).toThrow(/maxConnections/);
  });
});

describe("a WebSocketServer of the application's own", () => {
  const maxPayload = 100_000;

  it("serves all its connections, under its own limits", async () => {
    const { url, hub } = await startServer({
      on: (server) => new WebSocketServer({ server, path: "/eventwire", maxPayload }),
    });
    const client = startClient(url);
    await reaches(client, "connected");
    expect(hub.peers()[0]!.facts).toMatchObject({
      transport: "websocket",
      maxFrameBytes: maxPayload,
      address: "127.0.0.1",
    });
  });

  it("tells a page of another origin that it may not, for good", async () => {
    const { port } = await startServer({
      on: (server) => new WebSocketServer({ server, path: "/eventwire", maxPayload }),
    });
    class OfPage extends WebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol, { origin });
      }
    }
    const client = startClient(`ws://127.0.0.1:${port}/eventwire`, { WebSocket: OfPage });
    await reaches(client, "closed");
    expect(client.bus.connection.status.reason).toMatchObject({ code: "Denied" });
  });

  it("closes more connections than are allowed, for another time", async () => {
    const { url } = await startServer({
      maxConnections: 1,
      on: (server) => new WebSocketServer({ server, path: "/eventwire", maxPayload }),
    });
    await reaches(startClient(url), "connected");
    const second = startClient(url);
    await eventually(() =>
      expect(second.bus.connection.status).toMatchObject({
        state: "connecting",
        reason: { code: "Unavailable", message: "There are too many connections.", retryable: true },
      }),
    );
  });

  it("serves one bus at a time, takes no path, and is left as it was", async () => {
    const sockets = new WebSocketServer({ noServer: true, maxPayload });
    const bus = createBus(behaviourContract);
    const hub = serve(bus, sockets, openAccess);
    expect(() => serve(bus, sockets, openAccess)).toThrow(/serves a bus already/);
    expect(() => serve(bus, sockets, { ...openAccess, path: "/x" })).toThrow(/a path of its own/);
    await hub.close();
    await serve(bus, sockets, openAccess).close();
    expect(sockets.eventNames()).toEqual([]);
  });

  it("is warned of where it takes huge messages", async () => {
    const warning = new Promise<Error & { readonly code?: string }>((resolve) =>
      process.once("warning", resolve),
    );
    const hub = serve(createBus(behaviourContract), new WebSocketServer({ noServer: true }), openAccess);
    expect(await warning).toMatchObject({ name: "EventwireWarning", code: "EVENTWIRE_MAX_PAYLOAD" });
    await hub.close();
  });
});
