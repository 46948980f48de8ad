import { type AddressInfo, createServer } from "node:net";
import { createBus } from "@eventwire/core";
import { behaviourContract } from "@eventwire/testing/behaviour";
import { serve } from "@eventwire/websocket";
import { connect } from "@eventwire/websocket/client";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { eventually, reaches } from "../actors.js";
import { hurried } from "../hurried.js";
import { listen } from "../served-bus.js";
import { startClient, startServer } from "./actors.js";

describe("who a client is", () => {
  it("travels in the hello and never in the URL, and is asked for at each connection", async () => {
    const urls: unknown[] = [];
    const server = await startServer({
      authenticate: ({ auth, headers, address }) => {
        const { token } = auth as { readonly token: string };
        return token.startsWith("token") && headers && address ? { id: token } : undefined;
      },
    });
    server.http.on("upgrade", ({ url }) => urls.push(url));
    let count = 0;
    const client = startClient(server.url, { auth: async () => ({ token: `token ${++count}` }) });
    await reaches(client, "connected");
    expect(server.hub.peers()[0]!.user).toEqual({ id: "token 1" });
    server.hub.peers()[0]!.disconnect("Come again.", { retryable: true });
    await reaches(client, "reconnecting");
    await reaches(client, "connected");
    expect(server.hub.peers()[0]!.user).toEqual({ id: "token 2" });
    expect(urls).toEqual(["/eventwire", "/eventwire"]);
  });

  it("is not enough to do anything that is not allowed", async () => {
    const { http, port } = await listen();
    const bus = createBus(behaviourContract);
    onTestFinished(async () => {
      await bus.close();
      http.close();
    });
    serve(bus, http, { authenticate: () => ({ id: "anybody" }) });
    const { bus: client, errors } = startClient(`ws://127.0.0.1:${port}/eventwire`);
    await expect(client.request("value.echo", 1)).rejects.toMatchObject({ code: "Denied" });
    await expect(client.on("note.added", () => undefined).ready).rejects.toMatchObject({ code: "Denied" });
    client.emit("note.added", "x");
    await eventually(() => expect(errors.map(({ code }) => code)).toContain("Denied"));
  });

  it("is denied for good where nobody knows it", async () => {
    const server = await startServer({ authenticate: () => undefined });
    const client = startClient(server.url, { auth: { token: "wrong" } });
    await reaches(client, "closed");
    expect(client.bus.connection.status.reason).toEqual({
      code: "Denied",
      message: "Authentication failed.",
      retryable: false,
    });
  });
});

describe("a lost connection", () => {
  it("is made again when the server is back, with all that is listened to", async () => {
    const first = await startServer();
    const client = startClient(first.url);
    const seen: number[] = [];
    await client.bus.on("number.counted", (count) => seen.push(count)).ready;
    await first.bus.close();
    await new Promise((resolve) => first.http.close(resolve));
    await eventually(() =>
      expect(client.bus.connection.status).toMatchObject({
        state: "reconnecting",
        reason: { code: "ConnectFailed", message: expect.stringContaining("ECONNREFUSED") },
      }),
    );
    const second = await startServer({ port: first.port });
    await reaches(client, "connected");
    await eventually(() => {
      second.bus.emit("number.counted", 2);
      expect(seen).toContain(2);
    });
    expect(client.errors).toMatchObject([{ gap: { name: "number.counted", reason: "disconnected" } }]);
  });

  it("is not made again where the peer was sent away for good", async () => {
    const server = await startServer();
    const client = startClient(server.url);
    await reaches(client, "connected");
    server.hub.peers()[0]!.disconnect("Enough.");
    await reaches(client, "closed");
    expect(client.bus.connection.status.reason).toMatchObject({ code: "Disconnected", message: "Enough." });
  });

  it("does not keep a process from what it does: a connection that hangs in its opening is given up", async () => {
    // It accepts, and says nothing.
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    onTestFinished(() => void silent.close());
    await new Promise((resolve) => silent.once("listening", resolve));
    const { port } = silent.address() as AddressInfo;
    const client = startClient(`ws://127.0.0.1:${port}`, { connectTimeout: 20 });
    await eventually(() =>
      expect(client.bus.connection.status.reason).toMatchObject({
        code: "ConnectFailed",
        message: "The server could not be reached: no answer in 20 ms.",
      }),
    );
  });
});

describe("a server of something else", () => {
  const startOther = async (closes: (socket: WebSocket) => void) => {
    const other = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    other.on("connection", closes);
    onTestFinished(() => {
      for (const socket of other.clients) socket.terminate();
      other.close();
    });
    await new Promise((resolve) => other.once("listening", resolve));
    return `ws://127.0.0.1:${(other.address() as AddressInfo).port}`;
  };

  it.each([
    [1008, "not you", "closed", "Denied"],
    [1003, "", "closed", "Protocol"],
    [1000, "", "closed", "Closed"],
    [1013, "", "connecting", "Unavailable"],
    [1011, "", "connecting", "Internal"],
    [1001, "", "connecting", "Closed"],
    [4401, "no", "connecting", "Lost"],
  ])("that closes with %i %s leaves a client %s, for %s", async (code, text, state, reason) => {
    const url = await startOther((socket) => socket.close(code, text));
    const client = startClient(url);
    await eventually(() =>
      expect(client.bus.connection.status).toMatchObject({ state, reason: { code: reason } }),
    );
  });

  it("that sends garbage is not believed, and does no harm", async () => {
    const url = await startOther((socket) => {
      for (const junk of ["x", "[]", '[["welcome",{}]]', '[["event","note.added",1,"id"]]'])
        socket.send(junk);
      socket.send(Buffer.alloc(1_000));
      (socket as unknown as { readonly _socket: { write(bytes: Buffer): void } })._socket.write(
        Buffer.alloc(64, 0xff),
      );
    });
    const client = startClient(url);
    await eventually(() => expect(client.bus.connection.status.reason).toBeDefined());
    expect(client.statuses.map(({ state }) => state)).not.toContain("connected");
  });
});

describe("closing", () => {
  it("sends what was emitted before, however close follows, and leaves no connection", async () => {
    const server = await startServer();
    const seen: string[] = [];
    server.bus.on("note.added", (note) => seen.push(note));
    const client = startClient(server.url);
    await reaches(client, "connected");
    const notes = Array.from({ length: 2_000 }, (_, index) => `note ${index}`);
    for (const note of notes) client.bus.emit("note.added", note);
    await client.bus.close();
    await eventually(() => expect(seen).toEqual(notes));
    await eventually(() => expect(server.hub.peers()).toEqual([]));
    await new Promise((resolve) => server.http.close(resolve));
  });

  it("of the server lets its HTTP server close, also where a peer does not answer", async () => {
    const server = await startServer({ runtime: hurried });
    const client = startClient(server.url);
    await reaches(client, "connected");
    const deaf = new WebSocket(server.url);
    onTestFinished(() => deaf.terminate());
    await new Promise((resolve) => deaf.on("open", resolve));
    deaf.pause();
    await server.bus.close();
    await new Promise((resolve) => server.http.close(resolve));
    expect(client.statuses.at(-1)!.reason?.retryable).toBe(true);
  });

  it("works while it connects", async () => {
    const server = await startServer();
    const client = startClient(server.url);
    await client.bus.close();
    expect(client.bus.connection.status.state).toBe("closed");
    await eventually(() => expect(server.hub.peers()).toEqual([]));
  });
});

it("needs a WebSocket where the platform has none", () => {
  vi.stubGlobal("WebSocket", undefined);
  onTestFinished(() => void vi.unstubAllGlobals());
  expect(() => connect(behaviourContract, "ws://127.0.0.1:9")).toThrow(/import \{ WebSocket \} from "ws"/);
});

it("takes the platform's own where it has one", async () => {
  vi.stubGlobal("WebSocket", WebSocket);
  onTestFinished(() => void vi.unstubAllGlobals());
  const server = await startServer();
  const client = connect(behaviourContract, server.url);
  onTestFinished(() => client.close());
  server.bus.handle("value.echo", (value) => value);
  expect(await client.request("value.echo", 1)).toBe(1);
});

it("leaves nothing behind of clients that came, listened and went", async () => {
  const server = await startServer();
  for (let round = 0; round < 10; round++) {
    const client = startClient(server.url);
    await client.bus.on("number.counted", () => undefined).ready;
    if (round % 2 === 0) await client.bus.close();
    else server.hub.peers()[0]!.disconnect("enough");
    await eventually(() => expect(server.hub.peers()).toEqual([]));
  }
  await server.hub.close();
  expect(server.http.listenerCount("upgrade")).toBe(0);
  expect(Object.getOwnPropertySymbols(server.http).map(String)).not.toContain("Symbol(eventwire.upgrades)");
  await new Promise((resolve) => server.http.close(resolve));
});
