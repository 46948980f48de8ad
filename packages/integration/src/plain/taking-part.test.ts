import { describe, expect, it } from "vitest";
import { eventually, openBut, startConnected, startServer } from "../actors.js";
import { startPlainClient } from "./plain-client.js";

const done = [null, null];

describe.each([
  { transports: ["websocket"] },
  { transports: ["polling"] },
  { transports: ["polling", "websocket"] },
])("over $transports", (options) => {
  it("hears the events that it listens to, by their own names, and no others", async () => {
    const server = await startServer();
    const plain = await startPlainClient(server.url, options);
    expect(await plain.say("eventwire:on", "number.counted", {})).toEqual(done);
    expect(await plain.say("eventwire:on", "word.said", { key: "lobby" })).toEqual(done);
    expect(server.hub.peers()).toHaveLength(1);
    server.bus.emit("number.counted", 1);
    server.bus.emit("word.said", { room: "lobby", text: "hello" });
    server.bus.emit("word.said", { room: "crew", text: "secret" });
    server.bus.emit("note.added", "not listened to");
    server.bus.emit("number.counted", 2);
    await eventually(() => expect(plain.received).toHaveLength(3));
    expect(plain.received.map(([name, data]) => [name, data])).toEqual([
      ["number.counted", 1],
      ["word.said", { room: "lobby", text: "hello" }],
      ["number.counted", 2],
    ]);
    expect(plain.received[0]![2]).toEqual({ id: expect.any(String), time: expect.any(Number) });
    expect(await plain.say("eventwire:off", "number.counted", {})).toEqual(done);
    server.bus.emit("number.counted", 3);
    server.bus.emit("word.said", { room: "lobby", text: "last" });
    await eventually(() => expect(plain.received).toHaveLength(4));
    expect(plain.received[3]).toMatchObject(["word.said", { text: "last" }, {}]);
  });

  it("emits by name, and is told when it was taken", async () => {
    const server = await startServer();
    const heard: unknown[] = [];
    server.bus.on("note.added", (text, { peer }) => heard.push([text, peer?.id]));
    const other = await startConnected(server.url);
    const seen: string[] = [];
    await other.bus.on("note.added", (text) => seen.push(text)).ready;
    const plain = await startPlainClient(server.url, options);
    expect(await plain.say("note.added", "first")).toEqual(done);
    const id = server.hub.peers().at(-1)!.id;
    expect(heard).toEqual([["first", id]]);
    plain.socket.emit("note.added", "without an acknowledgement");
    await eventually(() => expect(seen).toEqual(["first", "without an acknowledgement"]));
    expect(server.hub.counters().eventsIn).toBe(2);
  });

  it("is answered by a result, a declared error, or one of every request's own", async () => {
    const server = await startServer();
    server.bus.handle("division.result", ({ dividend, divisor }, context) => {
      if (divisor === 0) throw context.error("DivisionByZero", { dividend });
      return dividend / divisor;
    });
    const plain = await startPlainClient(server.url, options);
    expect(await plain.say("division.result", { dividend: 6, divisor: 2 })).toEqual([null, 3]);
    expect(await plain.say("division.result", { dividend: 6, divisor: 0 })).toEqual([
      { code: "DivisionByZero", message: expect.any(String), detail: { dividend: 6 } },
      null,
    ]);
    expect(await plain.say("division.result", { dividend: "six" })).toEqual([
      { code: "Invalid", message: expect.any(String), issues: expect.any(Array) },
      null,
    ]);
    expect(await plain.say("value.echo", 1)).toMatchObject([{ code: "NoHandler" }, null]);
  });

  it("sends and gets bytes as Socket.IO carries them", async () => {
    const server = await startServer();
    const heard: unknown[] = [];
    server.bus.on("value.changed", (value) => heard.push(value));
    server.bus.handle("value.echo", (value) => value);
    const plain = await startPlainClient(server.url, options);
    await plain.say("eventwire:on", "value.changed", {});
    expect(await plain.say("value.changed", { photo: Buffer.from([1, 2, 3]) })).toEqual(done);
    expect(heard).toEqual([{ photo: new Uint8Array([1, 2, 3]) }]);
    expect(await plain.say("value.echo", [Buffer.from([4]), Buffer.from([5])])).toEqual([
      null,
      [Buffer.from([4]), Buffer.from([5])],
    ]);
    server.bus.emit("value.changed", { photo: new Uint8Array([6, 7]) });
    await eventually(() =>
      expect(plain.received).toMatchObject([["value.changed", { photo: Buffer.from([6, 7]) }, {}]]),
    );
  });
});

it("gets what JSON lacks as the nearest that it has", async () => {
  const server = await startServer();
  const plain = await startPlainClient(server.url);
  await plain.say("eventwire:on", "value.changed", {});
  server.bus.emit("value.changed", {
    date: new Date(0),
    never: new Date(Number.NaN),
    large: 2n ** 64n,
    map: new Map<unknown, unknown>([["a", new Date(0)]]),
    set: new Set([1n]),
    numbers: [Number.NaN, Number.POSITIVE_INFINITY, -0],
    nothing: [undefined],
    missing: undefined,
    $: "dollar",
  });
  server.bus.emit("value.changed", undefined);
  server.bus.emit("value.changed", { $: ["date", 0] });
  await eventually(() => expect(plain.received).toHaveLength(3));
  expect(plain.received.map(([, data]) => data)).toEqual([
    {
      date: "1970-01-01T00:00:00.000Z",
      never: null,
      large: "18446744073709551616",
      map: [["a", "1970-01-01T00:00:00.000Z"]],
      set: ["1"],
      numbers: [null, null, 0],
      nothing: [null],
      $: "dollar",
    },
    null,
    { $: ["date", 0] },
  ]);
});

it("says nothing by tags of the protocol", async () => {
  const server = await startServer();
  const heard: unknown[] = [];
  server.bus.on("value.changed", (value) => heard.push(value));
  const plain = await startPlainClient(server.url);
  expect(await plain.say("value.changed", { $: ["date", 0] })).toEqual(done);
  expect(heard).toEqual([{ $: ["date", 0] }]);
});

it("brings its credentials as Socket.IO does, and is asked for them once", async () => {
  const asked: unknown[] = [];
  const server = await startServer({
    serve: openBut({
      authenticate: async ({ auth, transport }) => {
        asked.push([auth, transport]);
        return { id: (auth as { name: string }).name };
      },
    }),
  });
  const plain = await startPlainClient(server.url, { auth: { name: "ann" } });
  // All before it is let in, and answered in order after.
  const answers = await Promise.all([
    plain.say("eventwire:on", "note.added", {}),
    plain.say("note.added", "early"),
    plain.say("eventwire:on", "nothing.such", {}),
  ]);
  expect(answers).toMatchObject([done, done, [{ code: "Unsupported" }, null]]);
  expect(asked).toEqual([[{ name: "ann" }, "websocket"]]);
  expect(server.hub.peers().map(({ user }) => user.id)).toEqual(["ann"]);
  expect(server.hub.to({ user: "ann" }).emit("note.added", "to you")).toBe(1);
  await eventually(() => expect(plain.received).toMatchObject([["note.added", "to you", {}]]));
});

it("listens once to what it listens to twice, and stops by one word", async () => {
  const server = await startServer({ serve: openBut({ limits: { listeners: 2 } }) });
  const plain = await startPlainClient(server.url);
  await plain.say("eventwire:on", "word.said", { key: "1" });
  await plain.say("eventwire:on", "word.said", { key: 1 });
  expect(await plain.say("eventwire:on", "word.said", { key: "1" })).toEqual(done);
  expect(await plain.say("eventwire:on", "word.said", {})).toMatchObject([{ code: "Overflow" }, null]);
  server.bus.emit("word.said", { room: "1", text: "text" });
  server.bus.emit("word.said", { room: 1, text: "number" });
  await plain.say("eventwire:off", "word.said", { key: "1" });
  // What is not on is off already.
  expect(await plain.say("eventwire:off", "word.said", { key: "1" })).toEqual(done);
  server.bus.emit("word.said", { room: "1", text: "unheard" });
  server.bus.emit("word.said", { room: 1, text: "heard" });
  await eventually(() => expect(plain.received).toHaveLength(3));
  expect(plain.received.map(([, data]) => (data as { text: string }).text)).toEqual([
    "text",
    "number",
    "heard",
  ]);
});
