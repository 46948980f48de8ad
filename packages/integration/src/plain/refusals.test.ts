import type { Principal } from "@eventwire/wire";
import { expect, it } from "vitest";
import { eventually, openBut, startConnected, startServer } from "../actors.js";
import { cuttingProxy } from "../cutting-proxy.js";
import { hurried } from "../hurried.js";
import { quickly } from "../served-bus.js";
import { startPlainClient } from "./plain-client.js";

const rules: Parameters<typeof openBut>[0] = {
  limits: { frameBytes: 10_000, listeners: 3, requests: 2 },
  allow: {
    listen: { "number.counted": true, "word.said": ({ key }) => key === "open" },
    emit: { "note.added": true, "value.changed": true },
    request: { "division.result": true },
  },
};
const deep = JSON.parse(`${"[".repeat(70)}${"]".repeat(70)}`) as unknown;

const refused: Readonly<Record<string, readonly [values: readonly unknown[], code: string]>> = {
  "listening to what no rule allows": [["eventwire:on", "note.added", {}], "Denied"],
  "listening to all where a key is allowed": [["eventwire:on", "word.said", {}], "Denied"],
  "listening to another key": [["eventwire:on", "word.said", { key: "closed" }], "Denied"],
  "a key where there is none": [["eventwire:on", "number.counted", { key: "x" }], "Invalid"],
  "a key that is null": [["eventwire:on", "word.said", { key: null }], "Invalid"],
  "a key that is too long": [["eventwire:on", "word.said", { key: "x".repeat(257) }], "Invalid"],
  "an unknown name": [["eventwire:on", "number.guessed", {}], "Unsupported"],
  "a member of every object": [["eventwire:on", "constructor", {}], "Unsupported"],
  "a request as an event": [["eventwire:on", "division.result", {}], "Unsupported"],
  "a durable event": [["eventwire:on", "deed.recorded", {}], "Unsupported"],
  "an event without a schema": [["eventwire:on", "thought.passed", {}], "Unsupported"],
  "no name": [["eventwire:on"], "Invalid"],
  "a name that is none": [["eventwire:on", 5, {}], "Invalid"],
  "a name that is empty": [["eventwire:on", "", {}], "Invalid"],
  "a name that is endless": [["eventwire:on", "x".repeat(20_000), {}], "Invalid"],
  "options that are none": [["eventwire:on", "number.counted", ["x"]], "Invalid"],
  "too many arguments": [["eventwire:on", "number.counted", {}, {}], "Invalid"],
  "off without a name": [["eventwire:off", null], "Invalid"],
  "an event of the server's": [["number.counted", 1], "Denied"],
  "an event that no rule allows": [["shout.made", { room: "x", text: "y" }], "Denied"],
  "data that fails its schema": [["note.added", 7], "Invalid"],
  "no data": [["note.added"], "Invalid"],
  "data in two arguments": [["note.added", "a", "b"], "Invalid"],
  "data that nests too deep": [["value.changed", deep], "Invalid"],
  "data over the limit": [["note.added", "x".repeat(11_000)], "Overflow"],
  "bytes over the limit": [["value.changed", Buffer.alloc(11_000)], "Overflow"],
  "emitting a durable event": [["deed.recorded", "x"], "Unsupported"],
  "a task that no rule allows": [["parcel.carry", "x"], "Denied"],
  "a request that no rule allows": [["value.echo", 1], "Denied"],
  "input that fails its schema": [["division.result", "x"], "Invalid"],
};

it.each(Object.entries(refused))("refuses %s, once, and goes on", async (_, [[event, ...values], code]) => {
  const server = await startServer({ serve: openBut(rules) });
  const heard: unknown[] = [];
  for (const name of ["note.added", "value.changed", "shout.made"] as const) {
    server.bus.on(name, (data) => heard.push(data));
  }
  const plain = await startPlainClient(server.url);
  const [[error, result], next] = await Promise.all([
    plain.say(event as string, ...values),
    plain.say("eventwire:on", "number.counted", {}),
  ]);
  expect(error).toMatchObject({ code, message: expect.any(String) });
  expect(error!.message.length).toBeLessThan(600);
  expect([result, next]).toEqual([null, [null, null]]);
  expect(server.hub.counters().refused).toEqual({ [code]: 1 });
  server.bus.emit("number.counted", 1);
  await eventually(() => expect(plain.received).toMatchObject([["number.counted", 1, {}]]));
  expect([heard, server.errors]).toEqual([[], []]);
});

it("tells of a refusal by an event of its own where no answer was asked for", async () => {
  const server = await startServer({ serve: openBut(rules) });
  const plain = await startPlainClient(server.url);
  plain.socket.emit("note.added", 7);
  plain.socket.emit("eventwire:on", "note.added", {});
  plain.socket.emit("division.result", { dividend: 1, divisor: 1 });
  await eventually(() => expect(plain.received).toHaveLength(3));
  expect(plain.received).toMatchObject([
    ["eventwire:refused", "note.added", { code: "Invalid" }],
    ["eventwire:refused", "note.added", { code: "Denied" }],
    ["eventwire:refused", "division.result", { code: "NoHandler" }],
  ]);
});

it("waits for a rule that answers later, and answers each by its own outcome", async () => {
  const decided = new Map<string, (allowed: boolean) => void>();
  const server = await startServer({
    serve: openBut({
      allow: {
        emit: { "note.added": ({ data }) => new Promise((resolve) => decided.set(data, resolve)) },
        listen: { "number.counted": () => new Promise((resolve) => decided.set("listening", resolve)) },
      },
    }),
  });
  const heard: string[] = [];
  server.bus.on("note.added", (note) => heard.push(note));
  const plain = await startPlainClient(server.url);
  const answered: string[] = [];
  const say = async (as: string, ...said: readonly [string, ...unknown[]]) => {
    const [error] = await plain.say(...said);
    answered.push(`${as} ${error?.code ?? "taken"}`);
  };
  const listening = say("listening", "eventwire:on", "number.counted", {});
  const all = [say("a", "note.added", "a"), say("five", "note.added", 5), say("b", "note.added", "b")];
  await eventually(() => expect(decided.has("a")).toBe(true));
  await say("none", "eventwire:on");
  expect(answered).toEqual(["none Invalid"]);
  decided.get("a")!(false);
  await eventually(() => expect(decided.has("b")).toBe(true));
  decided.get("b")!(true);
  await Promise.all(all);
  expect(answered).toEqual(["none Invalid", "a Denied", "five Invalid", "b taken"]);
  expect(heard).toEqual(["b"]);
  await plain.say("eventwire:off", "number.counted", {});
  await listening;
  expect(answered.at(-1)).toBe("listening Aborted");
});

it("tells a client whose listening is taken back", async () => {
  let allowed = true;
  const server = await startServer({
    serve: openBut({ allow: { listen: { "number.counted": () => allowed } } }),
  });
  const plain = await startPlainClient(server.url);
  await plain.say("eventwire:on", "number.counted", {});
  allowed = false;
  await server.hub.reauthorize();
  server.bus.emit("number.counted", 1);
  await eventually(() => expect(plain.received).toHaveLength(1));
  expect(plain.received).toMatchObject([["eventwire:refused", "number.counted", { code: "Denied" }]]);
  allowed = true;
  expect(await plain.say("eventwire:on", "number.counted", {})).toEqual([null, null]);
});

it("tells how long credentials hold, and takes fresh ones of the same user", async () => {
  const server = await startServer({
    serve: openBut({
      authenticate: ({ auth }): Principal => ({
        id: "ann",
        expires: Date.now() + (auth as { lasts: number }).lasts,
      }),
    }),
  });
  const plain = await startPlainClient(server.url, { auth: { lasts: 2_000 } });
  expect(await plain.say("note.added", "x")).toEqual([null, null]);
  await eventually(() => expect(plain.received).toMatchObject([["eventwire:expiring", expect.any(Number)]]));
  expect(await plain.say("eventwire:auth", { lasts: 600_000 })).toEqual([null, null]);
});

it("bounds the requests at work", async () => {
  const server = await startServer({ serve: openBut(rules) });
  const answers: ((value: number) => void)[] = [];
  server.bus.handle("division.result", () => new Promise<number>((resolve) => answers.push(resolve)));
  const plain = await startPlainClient(server.url);
  const asked = [1, 2, 3].map((dividend) => plain.say("division.result", { dividend, divisor: 1 }));
  expect(await asked[2]).toMatchObject([{ code: "Overflow" }, null]);
  for (const answer of answers) answer(5);
  expect(await Promise.all(asked.slice(0, 2))).toEqual([
    [null, 5],
    [null, 5],
  ]);
});

it("tells a handler that its client has left", async () => {
  const server = await startServer();
  const aborted: boolean[] = [];
  server.bus.handle(
    "value.echo",
    (_, { signal }) =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve(aborted.push(true)))),
  );
  const plain = await startPlainClient(server.url);
  plain.socket.emit("value.echo", 1, () => expect.unreachable());
  await plain.say("eventwire:on", "number.counted", {});
  plain.socket.disconnect();
  await eventually(() => expect(aborted).toEqual([true]));
  expect(server.hub.peers()).toEqual([]);
  server.bus.emit("number.counted", 1);
  expect(server.errors).toEqual([]);
});

it("answers who is not let in, and leaves it its socket", async () => {
  let asked = 0;
  const server = await startServer({
    serve: openBut({
      authenticate: () => {
        asked += 1;
        return undefined;
      },
    }),
  });
  server.io.on("connection", (socket) =>
    socket.on("double", (value: number, answer: (value: number) => void) => answer(value * 2)),
  );
  const plain = await startPlainClient(server.url);
  const denied = [{ code: "Denied", message: "Authentication failed." }, null];
  expect(
    await Promise.all([plain.say("eventwire:on", "number.counted", {}), plain.say("note.added", "x")]),
  ).toEqual([denied, denied]);
  expect(await plain.say("value.echo", 1)).toEqual([
    { code: "Denied", message: "Authentication failed." },
    null,
  ]);
  plain.socket.emit("note.added", "x");
  await eventually(() =>
    expect(plain.received).toMatchObject([["eventwire:refused", "note.added", { code: "Denied" }]]),
  );
  expect(await plain.socket.emitWithAck("double", 21)).toBe(42);
  expect(asked).toBe(1);
});

it("asks again where authentication was out of order", async () => {
  let asked = 0;
  const server = await startServer({
    serve: openBut({
      authenticate: () => {
        asked += 1;
        if (asked === 1) throw new Error("no database");
        return { id: "ann" };
      },
    }),
  });
  const plain = await startPlainClient(server.url);
  expect(await plain.say("eventwire:on", "number.counted", {})).toMatchObject([
    { code: "Disconnected" },
    null,
  ]);
  expect(await plain.say("eventwire:on", "number.counted", {})).toEqual([null, null]);
});

it("bounds what waits for a slow authentication", async () => {
  const letIn: (() => void)[] = [];
  const server = await startServer({
    serve: openBut({
      authenticate: () => new Promise((resolve) => letIn.push(() => resolve({ id: "ann" }))),
    }),
  });
  const plain = await startPlainClient(server.url);
  const asked = Array.from({ length: 1_003 }, (_, count) => plain.say("note.added", `${count}`));
  expect(await Promise.all(asked.slice(1_000))).toMatchObject(
    Array.from({ length: 3 }, () => [{ code: "Overflow" }, null]),
  );
  letIn[0]!();
  expect(await Promise.all(asked.slice(0, 1_000))).toEqual(Array.from({ length: 1_000 }, () => [null, null]));
});

it("tells a client that is sent away why, and keeps it away", async () => {
  const server = await startServer();
  server.bus.handle("value.echo", () => new Promise(() => undefined));
  const plain = await startPlainClient(server.url, { reconnection: true, ...quickly });
  const asked = plain.say("value.echo", 1);
  await eventually(() => expect(server.hub.peers()).toHaveLength(1));
  server.hub.peers()[0]!.disconnect("Your session was ended.", { code: "Revoked" });
  expect(await asked).toEqual([{ code: "Disconnected", message: "Your session was ended." }, null]);
  await eventually(() => expect(plain.socket.connected).toBe(false));
  expect(plain.socket.active).toBe(false);
  expect(plain.received).toEqual([
    ["eventwire:goodbye", { code: "Revoked", message: "Your session was ended.", retryable: false }],
  ]);
  // Its handler never answers.
  await server.bus.close({ drain: 0 });
});

it("lets a client come back that may, which then listens again", async () => {
  const server = await startServer();
  const plain = await startPlainClient(server.url, { reconnection: true, ...quickly });
  plain.socket.on("connect", () => plain.socket.emit("eventwire:on", "number.counted", {}));
  await plain.say("eventwire:on", "number.counted", {});
  server.hub.peers()[0]!.disconnect("Another server is better.", { retryable: true });
  await eventually(() => expect(plain.received).toMatchObject([["eventwire:goodbye", { retryable: true }]]));
  await eventually(() => {
    expect(plain.socket.connected).toBe(true);
    expect(server.hub.peers()).toHaveLength(1);
  });
  server.bus.emit("number.counted", 1);
  await eventually(() => expect(plain.received.at(-1)).toMatchObject(["number.counted", 1, {}]));
});

it("disconnects a plain client that takes nothing, and nobody else", async () => {
  const server = await startServer({ runtime: hurried });
  const proxy = await cuttingProxy({ to: server.port, seed: 1 });
  const slow = await startPlainClient(proxy.url);
  const quick = await startConnected(server.url);
  await quick.bus.on("note.added", () => undefined).ready;
  await slow.say("eventwire:on", "note.added", {});
  server.bus.handle("value.echo", (value) => value);
  proxy.pause();
  const note = "x".repeat(100_000);
  // The operating system takes some megabytes before anything waits in this process.
  for (let count = 0; count < 200; count++) {
    server.bus.emit("note.added", note);
    await quick.bus.request("value.echo", count);
  }
  expect(server.hub.peers()).toHaveLength(2);
  await eventually(() => expect(server.hub.peers()).toHaveLength(1));
  await eventually(() => expect(server.io.engine.clientsCount).toBe(1));
  expect(quick.statuses.map(({ state }) => state)).toEqual(["connecting", "connected"]);
  await proxy.close();
});
