import { connect } from "@eventwire/socket.io-client";
import { behaviourContract } from "@eventwire/testing/behaviour";
import { encodeFrame, encodeMessage, type Origins } from "@eventwire/wire";
import type { Socket } from "socket.io-client";
import { describe, expect, it } from "vitest";
import { eventually, openBut, reaches, startClient, startConnected, startServer } from "./actors.js";
import { hello, startRawPeer } from "./raw-peer.js";

it("lets a peer do nothing that is not allowed", async () => {
  const server = await startServer({ serve: { authenticate: () => ({ id: "me" }) } });
  server.bus.handle("value.echo", (value) => value);
  const heard: string[] = [];
  server.bus.on("note.added", (note) => heard.push(note));
  const client = await startConnected(server.url);
  await expect(client.bus.on("number.counted", () => undefined).ready).rejects.toMatchObject({
    code: "Denied",
    about: "number.counted",
  });
  await expect(client.bus.request("value.echo", 1)).rejects.toMatchObject({ code: "Denied" });
  client.bus.emit("note.added", "x");
  await eventually(() => expect(client.errors).toMatchObject([{ code: "Denied", about: "note.added" }]));
  expect(heard).toEqual([]);
  expect(server.hub.counters().refused).toEqual({ Denied: 3 });
  expect(client.bus.connection.status.state).toBe("connected");
});

it("lets a peer listen to the keys that its rule allows", async () => {
  const server = await startServer({
    serve: openBut({ allow: { listen: { "word.said": ({ key }) => key === "mine" } } }),
  });
  const client = await startConnected(server.url);
  const seen: string[] = [];
  await client.bus.on("word.said", ({ text }) => seen.push(text), { key: "mine" }).ready;
  for (const options of [{ key: "theirs" }, {}]) {
    await expect(client.bus.on("word.said", () => undefined, options).ready).rejects.toMatchObject({
      code: "Denied",
    });
  }
  server.bus.emit("word.said", { room: "theirs", text: "theirs" });
  server.bus.emit("word.said", { room: "mine", text: "mine" });
  await eventually(() => expect(seen).toEqual(["mine"]));
});

describe("authenticate", () => {
  it("that fails lets a client come again, without saying why it failed", async () => {
    let fails = true;
    const server = await startServer({
      serve: openBut({
        authenticate: () => {
          if (fails) throw new Error("the user database is at 10.0.0.7");
          return { id: "me" };
        },
      }),
    });
    server.bus.handle("value.echo", (value) => value);
    const client = startClient(server.url);
    await eventually(() =>
      expect(client.bus.connection.status).toMatchObject({
        state: "connecting",
        reason: { code: "Unavailable", message: "Authentication is out of order." },
      }),
    );
    fails = false;
    expect(await client.bus.request("value.echo", 1)).toBe(1);
  });

  it("may take its time, and what was said meanwhile is heard", async () => {
    let admit!: () => void;
    const admitted = new Promise<{ id: string }>((resolve) => {
      admit = () => resolve({ id: "late" });
    });
    let asked = 0;
    const server = await startServer({
      serve: openBut({
        authenticate: () => {
          asked += 1;
          return admitted;
        },
      }),
    });
    server.bus.handle("value.echo", (value) => value);
    const client = startClient(server.url);
    const answer = client.bus.request("value.echo", 1);
    await eventually(() => expect(asked).toBe(1));
    expect(client.bus.connection.status.state).toBe("connecting");
    expect(server.hub.peers()).toEqual([]);
    admit();
    expect(await answer).toBe(1);
    expect(server.hub.peers()[0]!.user).toEqual({ id: "late" });
  });

  it.each([
    ["gives undefined", () => undefined],
    ["gives a promise of undefined", async () => undefined],
  ])("denies for good when it %s, without saying more", async (_, authenticate) => {
    const server = await startServer({ serve: openBut({ authenticate }) });
    const client = startClient(server.url);
    const outcome = await client.bus.request("value.echo", 1).result();
    expect(outcome).toMatchObject({
      ok: false,
      error: { code: "Denied", message: "Authentication failed." },
    });
    expect(client.bus.connection.status).toMatchObject({
      state: "closed",
      reason: { code: "Denied", retryable: false },
    });
    expect(server.hub.peers()).toEqual([]);
    expect(server.hub.counters().refused).toEqual({ Denied: 1 });
  });

  it("finds what the client gave, its headers and its address", async () => {
    const facts: unknown[] = [];
    const server = await startServer({
      serve: openBut({
        authenticate: ({ auth, headers, address, transport }) => {
          facts.push({ auth, agent: headers?.["x-agent"], address, transport });
          return { id: "me" };
        },
      }),
    });
    await startConnected(server.url, {
      auth: { token: "t" },
      socket: { extraHeaders: { "x-agent": "test" } },
    });
    expect(facts).toEqual([
      { auth: { token: "t" }, agent: "test", address: "127.0.0.1", transport: "websocket" },
    ]);
  });
});

describe("origins", () => {
  const cases: readonly [origins: Origins | undefined, origin: string | undefined, admitted: boolean][] = [
    [undefined, undefined, true],
    [undefined, "same host", true],
    [undefined, "https://elsewhere.example", false],
    [undefined, "null", false],
    ["*", "https://elsewhere.example", true],
    [["https://air.example"], "https://air.example", true],
    [["https://air.example"], "same host", false],
    [["https://air.example"], "https://air.example.evil.example", false],
    [(origin) => origin.endsWith(".air.example"), "https://a.air.example", true],
    [(origin) => origin.endsWith(".air.example"), "https://air.example", false],
  ];
  it.each(cases)("origins %j, Origin %j: admitted %j", async (origins, origin, admitted) => {
    const server = await startServer({ serve: openBut(origins === undefined ? {} : { origins }) });
    const header = origin === "same host" ? server.url : origin;
    const client = startClient(
      server.url,
      header === undefined ? {} : { socket: { extraHeaders: { origin: header } } },
    );
    await reaches(client, admitted ? "connected" : "closed");
    if (!admitted) expect(client.bus.connection.status.reason!.code).toBe("Denied");
  });
});

it("denies a page of another site that a browser names without its origin", async () => {
  const server = await startServer({ serve: openBut({}) });
  const client = startClient(server.url, { socket: { extraHeaders: { "sec-fetch-site": "cross-site" } } });
  await reaches(client, "closed");
  expect(client.bus.connection.status.reason!.code).toBe("Denied");
});

it("serves nobody who came by a script element, for which browsers send no origin", async () => {
  let asked = 0;
  const authenticate = () => {
    asked += 1;
    return { id: "a victim, by cookie" };
  };
  const server = await startServer({ serve: openBut({ authenticate }) });
  const address = `${server.url}/socket.io/?EIO=4&transport=polling&j=0`;
  const opened = await (await fetch(address)).text();
  const sid = /sid\\":\\"([^\\]+)/.exec(opened)![1];
  const post = (packet: string) =>
    fetch(`${address}&sid=${sid}`, { method: "POST", body: new URLSearchParams({ d: packet }) });
  await post("40");
  await eventually(() => expect(server.io.of("/").sockets.size).toBe(1));
  const packet = `42${JSON.stringify(["eventwire", encodeFrame([encodeMessage(hello)])])}`;
  // The connection is cut, perhaps before this is answered.
  await Promise.allSettled([post(packet)]);
  await eventually(() => expect(server.io.engine.clientsCount).toBe(0));
  expect(asked).toBe(0);
});

it("bounds how often one connection makes the server authenticate", async () => {
  let asked = 0;
  const authenticate = () => {
    asked += 1;
    return new Promise<undefined>(() => undefined);
  };
  const server = await startServer({ serve: openBut({ authenticate }) });
  const { socket } = await startRawPeer(server.url);
  const { socket: other, send: sendOther } = await startRawPeer(server.url);
  for (let round = 0; round < 100; round++) {
    // Over whichever lane.
    socket.emit("eventwire", encodeFrame([encodeMessage(hello)]), round % 8);
    socket.emit("eventwire:end", round % 8);
  }
  await eventually(() => expect(socket.connected).toBe(false));
  expect(asked).toBe(20);
  sendOther(hello);
  await eventually(() => expect(asked).toBe(21));
  expect(other.connected).toBe(true);
});

it("bounds it for a client that leaves the namespace and enters it again", async () => {
  let asked = 0;
  const authenticate = () => {
    asked += 1;
    return new Promise<undefined>(() => undefined);
  };
  const server = await startServer({ serve: openBut({ authenticate }) });
  server.io.of("/other");
  const { socket, send } = await startRawPeer(server.url);
  // It keeps the connection.
  const other = socket.io.socket("/other");
  await connected(other);
  for (let round = 1; round <= 20; round++) {
    send(hello);
    await eventually(() => expect(asked).toBe(round));
    socket.disconnect();
    await eventually(() => expect(server.io.of("/").sockets.size).toBe(0));
    await connected(socket.connect());
  }
  send(hello);
  await eventually(() => expect(other.connected).toBe(false));
  expect(asked).toBe(20);
});

it("reports nothing of a denied client twice, and lets a new one with better credentials in", async () => {
  const server = await startServer({
    serve: openBut({
      authenticate: ({ auth }) => ((auth as { token?: string }).token === "right" ? { id: "me" } : undefined),
    }),
  });
  const wrong = startClient(server.url, { auth: { token: "wrong" } });
  await reaches(wrong, "closed");
  const right = connect(behaviourContract, server.url, { auth: { token: "right" } });
  await right.on("number.counted", () => undefined).ready;
  await right.close();
  expect(wrong.errors).toEqual([]);
});

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.connected) resolve();
    else socket.once("connect", resolve);
  });
}
