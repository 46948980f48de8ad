import type { WireMessage } from "@eventwire/wire";
import { expect, it } from "vitest";
import { eventually, openBut, startConnected, startServer } from "./actors.js";
import { hello, type RawPeer, startRawPeer } from "./raw-peer.js";

const limits = { frameBytes: 10_000, listeners: 3, requests: 2 };

/** A server with a peer that behaves, and one that will not. */
async function startStage() {
  const server = await startServer({
    io: { maxHttpBufferSize: 100_000 },
    serve: openBut({
      limits,
      allow: {
        listen: { "*": true, "word.said": ({ key }) => key === "open" },
        emit: { "note.added": true, "value.changed": true },
        request: { "value.echo": true, "division.result": true },
      },
    }),
  });
  const heard: unknown[] = [];
  for (const name of ["note.added", "value.changed", "shout.made"] as const) {
    server.bus.on(name, (data) => heard.push(data));
  }
  server.bus.handle("value.echo", (value) => value);
  const good = await startConnected(server.url);
  const received: number[] = [];
  await good.bus.on("number.counted", (count) => received.push(count)).ready;
  const bad = await startRawPeer(server.url);
  bad.send(hello);
  await eventually(() => expect(bad.received[0]?.[0]).toBe("welcome"));
  bad.received.length = 0;

  let count = 0;
  /** The good peer goes on receiving and is answered; the server has heard nothing of the bad one, and reports nothing. */
  const expectUndisturbed = async () => {
    count += 1;
    server.bus.emit("number.counted", count);
    expect(await good.bus.request("value.echo", count)).toBe(count);
    await eventually(() => expect(received.at(-1)).toBe(count));
    expect(received).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    expect(heard).toEqual([]);
    expect(good.errors).toEqual([]);
    expect(server.errors).toEqual([]);
  };
  return { server, bad, heard, expectUndisturbed };
}

/** The error code that answers a message: of `refused`, or of `failed`. */
async function refusalOf(bad: RawPeer): Promise<string> {
  const answer = await eventually(() => {
    expect(bad.received).toHaveLength(1);
    return bad.received[0]!;
  });
  if (answer[0] === "refused") return answer[3].code;
  if (answer[0] === "failed") return answer[2].code;
  return expect.fail(`answered by ${JSON.stringify(answer)}`);
}

const event = (name: string, data: unknown): WireMessage => ["event", name, data, "id"];
const ask = (name: string, input: unknown): WireMessage => ["request", 1, name, 1_000, input];

const frames: Readonly<Record<string, readonly [frame: unknown, code: string]>> = {
  "text that is not JSON": ["not JSON", "Invalid"],
  "half a frame": ['[["event","note.ad', "Invalid"],
  "an empty text": ["", "Invalid"],
  "JSON that is no array": ['{"hello":1}', "Invalid"],
  bytes: [new Uint8Array([0, 1, 2]), "Invalid"],
  "a number": [7, "Invalid"],
  "an object": [{ toString: "x" }, "Invalid"],
  null: [null, "Invalid"],
  "a message of an unknown type": ['[["constructor",1]]', "Invalid"],
  "a message of a wrong shape": ['[["listen","one","note.added"]]', "Invalid"],
  "a frame of too many messages": [`[${Array.from({ length: 1_001 }, () => "[]").join(",")}]`, "Invalid"],
  "data nested too deep": [
    `[["event","value.changed",${"[".repeat(500)}${"]".repeat(500)},"id"]]`,
    "Invalid",
  ],
  "a malformed tag": ['[["event","value.changed",{"$":["date","soon"]},"id"]]', "Invalid"],
  "a frame over the limit": [`[["event","note.added","${"x".repeat(10_001)}","id"]]`, "Overflow"],
};

const messages: Readonly<Record<string, readonly [message: WireMessage, code: string]>> = {
  "a second hello": [hello, "Invalid"],
  "a message that only a server sends": [["listening", 1], "Invalid"],
  "an unknown event": [event("nothing.known", 1), "Unsupported"],
  "an event named as a member of every object": [event("constructor", 1), "Unsupported"],
  "an event that only servers emit": [event("number.counted", 1), "Denied"],
  "an event that its rules do not mention": [event("shout.made", { room: "a", text: "x" }), "Denied"],
  "an event that violates its schema": [event("note.added", 7), "Invalid"],
  "a durable event": [event("deed.recorded", "x"), "Unsupported"],
  "an event without a schema": [event("thought.passed", { about: "x" }), "Unsupported"],
  "a task as an event": [event("parcel.carry", "x"), "Unsupported"],
  "a request as an event": [event("value.echo", "x"), "Unsupported"],
  "listening to an unknown event": [["listen", 1, "nothing.known"], "Unsupported"],
  "listening without the right": [["listen", 1, "word.said"], "Denied"],
  "listening to a key without the right": [["listen", 1, "word.said", "closed"], "Denied"],
  "listening to a key of an event without keys": [["listen", 1, "note.added", "a"], "Invalid"],
  "listening to a pattern": [["listen", 1, "note.*"], "Unsupported"],
  "an unknown request": [ask("nothing.known", 1), "Unsupported"],
  "a request that its rules do not mention": [ask("suite.synchronised", 1), "Denied"],
  "a request that violates its schema": [ask("division.result", { dividend: "6" }), "Invalid"],
  "a request that nobody handles": [ask("division.result", { dividend: 6, divisor: 1 }), "NoHandler"],
  "an event as a request": [ask("note.added", 1), "Unsupported"],
};

it.each(Object.entries(frames))("answers %s by a typed error", async (_, [frame, code]) => {
  const { server, bad, expectUndisturbed } = await startStage();
  bad.sendRaw(frame);
  expect(await refusalOf(bad)).toBe(code);
  expect(server.hub.counters().refused).toEqual({ [code]: 1 });
  await expectUndisturbed();
});

it.each(Object.entries(messages))("answers %s by a typed error", async (_, [message, code]) => {
  const { server, bad, expectUndisturbed } = await startStage();
  bad.send(message);
  expect(await refusalOf(bad)).toBe(code);
  expect(server.hub.counters().refused).toEqual({ [code]: 1 });
  await expectUndisturbed();
});

it("takes a frame that Socket.IO has parsed, but none that holds bytes", async () => {
  const { bad, heard } = await startStage();
  bad.sendRaw([["event", "note.added", new Uint8Array(50_000), "a"]]);
  expect(await refusalOf(bad)).toBe("Invalid");
  bad.sendRaw([["event", "note.added", "parsed", "b"]]);
  await eventually(() => expect(heard).toEqual(["parsed"]));
});

it("still takes what is valid, of the same frame and after", async () => {
  const { bad, heard } = await startStage();
  bad.sendRaw('[["event","note.added",7,"a"],["event","note.added","same frame","b"],"?"]');
  bad.sendRaw("[");
  bad.send(event("note.added", "after"));
  await eventually(() => expect(heard).toEqual(["same frame", "after"]));
  await eventually(() => expect(bad.received).toHaveLength(3));
  expect(bad.socket.connected).toBe(true);
});

it("bounds how much a peer may listen to, and ask at once", async () => {
  const { server, bad, expectUndisturbed } = await startStage();
  for (let ref = 0; ref < 5; ref++) bad.send(["listen", ref, "price.changed", `symbol ${ref}`]);
  await eventually(() => expect(bad.received).toHaveLength(5));
  expect(bad.received.map(([type]) => type)).toEqual([
    ...Array.from({ length: 3 }, () => "listening"),
    "failed",
    "failed",
  ]);
  bad.received.length = 0;
  const answers: (() => void)[] = [];
  server.bus.handle("division.result", () => new Promise((resolve) => answers.push(() => resolve(1))));
  for (let ref = 10; ref < 14; ref++) {
    bad.send(["request", ref, "division.result", 5_000, { dividend: 1, divisor: 1 }]);
  }
  await eventually(() => expect(bad.received).toHaveLength(2));
  expect(bad.received).toMatchObject([
    ["failed", 12, { code: "Overflow" }],
    ["failed", 13, { code: "Overflow" }],
  ]);
  expect(server.hub.counters().refused).toEqual({ Overflow: 4 });
  await expectUndisturbed();
  for (const answer of answers) answer();
});

it("loses only the connection that sends more than Socket.IO takes", async () => {
  const { server, bad, expectUndisturbed } = await startStage();
  bad.sendRaw("x".repeat(100_001));
  await eventually(() => expect(bad.socket.connected).toBe(false));
  await eventually(() => expect(server.hub.peers()).toHaveLength(1));
  await expectUndisturbed();
});

it("hears nothing of a peer that has not said hello", async () => {
  const { server, heard, expectUndisturbed } = await startStage();
  const rude = await startRawPeer(server.url);
  rude.send(event("note.added", "x"), ["listen", 1, "number.counted"], ask("value.echo", 1));
  await eventually(() => expect(server.hub.counters().refused).toEqual({ Invalid: 3 }));
  // Who is not known yet is told once.
  await eventually(() => expect(rude.received.map(([type]) => type)).toEqual(["refused"]));
  expect(heard).toEqual([]);
  await expectUndisturbed();
});

it("refuses another version of the protocol, and says which", async () => {
  const { server, expectUndisturbed } = await startStage();
  const other = await startRawPeer(server.url);
  other.send(["hello", { protocol: 2, link: "x", contract: "y" }]);
  await eventually(() => expect(other.received).toHaveLength(1));
  expect(other.received[0]).toMatchObject(["goodbye", { code: "Protocol", retryable: false }, "x"]);
  await expectUndisturbed();
});
