import { describe, expect, it, vi } from "vitest";
import { building } from "../fixtures/building.js";
import { FakeLink } from "../fixtures/fake-link.js";
import { hello, serveBuilding } from "../fixtures/served-building.js";
import { settle } from "../fixtures/settle.js";
import { fingerprint } from "./fingerprint.js";
import { decodeFrame } from "./frames.js";
import { protocolVersion, type Welcome } from "./messages.js";

const at = new Date(5);
const reason = { code: "Left", message: "I leave.", retryable: true };

/** What it answers to these messages. */
async function answers(link: FakeLink, ...messages: readonly unknown[]) {
  link.take();
  link.arrive(...messages);
  await settle();
  return link.take();
}

const refused = (id: string | null, name: string | null, code: string) => ["refused", id, name, { code }];
const failed = (ref: number, code: string) => ["failed", ref, { code }];

describe("hello", () => {
  it("is welcomed with its own nonce, the peer's id and what the server takes", async () => {
    const { source, hub } = serveBuilding({ limits: { frameBytes: 5_000 } });
    const link = source.give();
    expect(await answers(link, hello("abc"))).toEqual([
      [
        "welcome",
        {
          protocol: protocolVersion,
          link: "abc",
          contract: fingerprint(building),
          peer: hub.peers()[0]!.id,
          maxFrameBytes: 5_000,
          outboxes: 8,
          user: "me",
        },
      ],
    ]);
  });

  it.each([
    ["is longer than a log takes", "x".repeat(5_000)],
    ["has half of a surrogate pair", "\ud800"],
    ["is no text", 5],
  ])("is welcomed without the user's id where that %s", async (_, id) => {
    const { connect, errors } = serveBuilding({ authenticate: () => ({ id }) as never });
    const link = await connect({ maxFrameBytes: 4_096 });
    const [[, fields] = []] = decodeFrame(link.frames[0]!) as readonly Welcome[];
    expect(fields).toEqual(expect.not.objectContaining({ user: expect.anything() }));
    expect(errors).toEqual([]);
  });

  it("of another protocol version closes the link with the two versions", async () => {
    const { source, hub } = serveBuilding();
    const link = source.give();
    link.arrive(["hello", { protocol: 2, link: "a", contract: "0" }]);
    await settle();
    expect(link.closed).toMatchObject({
      code: "Protocol",
      retryable: false,
      message: expect.stringContaining("protocol 1, the client 2"),
    });
    expect(hub.peers()).toEqual([]);
  });

  it("is repeated by the nonce in a goodbye that answers it, and not once it was welcomed", async () => {
    const denying = serveBuilding({ authenticate: () => undefined });
    expect(await answers(denying.source.give(), hello("abc"))).toMatchObject([
      ["goodbye", { code: "Denied" }, "abc"],
    ]);
    const { connect, hub } = serveBuilding();
    const link = await connect();
    hub.peers()[0]!.disconnect("That is all.");
    expect(link.take()).toEqual([
      ["goodbye", { code: "Disconnected", message: "That is all.", retryable: false }],
    ]);
  });

  it("is denied for good when authenticate answers undefined", async () => {
    const { source, hub } = serveBuilding({ authenticate: () => undefined });
    const link = source.give();
    link.arrive(hello());
    await settle();
    expect(link.closed).toEqual({ code: "Denied", message: "Authentication failed.", retryable: false });
    expect(hub.counters().refused).toEqual({ Denied: 1 });
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("secret");
      },
    ],
    ["rejects", () => Promise.reject(new Error("secret"))],
  ])("may come again when authenticate %s, and the peer learns nothing more", async (_, authenticate) => {
    const { source, hub, errors } = serveBuilding({ authenticate });
    const link = source.give();
    link.arrive(hello());
    await settle();
    expect(link.closed).toEqual({
      code: "Unavailable",
      message: "Authentication is out of order.",
      retryable: true,
    });
    expect(hub.counters().refused).toEqual({ Unavailable: 1 });
    expect(errors).toMatchObject([{ message: "secret" }]);
  });

  it("is asked for once, however much comes before it", async () => {
    const { source, hub } = serveBuilding();
    const link = source.give();
    link.arrive(...Array.from({ length: 500 }, (_, ref) => ["listen", ref, "note.added"]));
    await settle();
    expect(link.take()).toMatchObject([refused(null, null, "Invalid")]);
    expect(hub.counters().refused).toEqual({ Invalid: 500 });
  });

  it("that comes again is refused and changes nothing", async () => {
    const { connect, hub } = serveBuilding();
    const link = await connect();
    expect(await answers(link, hello("other"))).toMatchObject([refused(null, null, "Invalid")]);
    expect(hub.peers()).toHaveLength(1);
  });

  it("that does not come in time closes the link", async () => {
    const { source, runtime } = serveBuilding();
    const link = source.give();
    await runtime.advance(9_999);
    expect(link.closed).toBeUndefined();
    await runtime.advance(1);
    expect(link.closed).toMatchObject({ code: "NoHello", retryable: true });
  });

  it("leaves no timer when it was welcomed, or its link is gone", async () => {
    const { source, connect, runtime } = serveBuilding();
    await connect();
    source.give().close(reason);
    expect(runtime.timers).toBe(0);
  });

  it("longer than a nonce may be is no message, and ends nothing", async () => {
    const { source, errors } = serveBuilding();
    const link = source.give();
    link.arrive(["hello", { protocol: 1, link: "x".repeat(9_000), contract: "0" }]);
    expect(await answers(link, hello())).toMatchObject([refused(null, null, "Invalid"), ["welcome", {}]]);
    expect(errors).toEqual([]);
  });

  it("may say who it is, up to 16 kB", async () => {
    const authenticate = vi.fn(() => ({ id: "me" }));
    const { source, hub } = serveBuilding({ authenticate });
    const link = source.give();
    const withAuth = (auth: unknown) => ["hello", { ...hello("a")[1], auth }];
    expect(await answers(link, withAuth("x".repeat(16_384)))).toMatchObject([
      refused(null, null, "Overflow"),
    ]);
    expect(authenticate).not.toHaveBeenCalled();
    expect(await answers(link, withAuth({ token: "t" }))).toMatchObject([["welcome", {}]]);
    expect(authenticate).toHaveBeenCalledWith({ ...link.facts, auth: { token: "t" } });
    expect(hub.peers()[0]!.facts.auth).toEqual({ token: "t" });
  });

  it("does not replace what its transport said of who it is", async () => {
    const authenticate = vi.fn(() => ({ id: "me" }));
    const { source } = serveBuilding({ authenticate });
    const link = source.give(new FakeLink({ auth: { token: "checked before" } }));
    await answers(link, ["hello", { protocol: 1, link: "a", contract: "0", auth: { token: "other" } }]);
    expect(authenticate).toHaveBeenCalledWith(link.facts);
  });

  it("over a link too small for the welcome closes the link and rejects nowhere", async () => {
    const { source, errors } = serveBuilding();
    const link = source.give(new FakeLink({ maxFrameBytes: 60 }));
    link.arrive(["hello", { ...hello()[1], contract: "0" }]);
    await settle();
    expect(link.closed).toMatchObject({ code: "Internal" });
    expect(errors).toMatchObject([{ code: "Overflow" }]);
  });
});

const everything = [
  ["listen", 1, "note.added"],
  ["unlisten", 1],
  ["request", 2, "room.size", 1_000, "a"],
  ["cancel", 2],
  ["event", "note.added", "hi", "id"],
  ["welcome", { protocol: 1, link: "nonce", contract: "0", peer: "p", maxFrameBytes: 9_000 }],
  ["listening", 1],
  ["answer", 1, 1],
  ["failed", 1, { code: "Denied", message: "No." }],
  ["refused", null, null, { code: "Denied", message: "No." }],
] as const;

describe.each(everything)("a %s message", (...message) => {
  it("before hello is refused and has no effect", async () => {
    const { source, bus } = serveBuilding();
    const heard = vi.fn();
    bus.on("note.added", heard);
    bus.handle("room.size", heard);
    expect(await answers(source.give(), message)).toMatchObject([refused(null, null, "Invalid")]);
    expect(heard).not.toHaveBeenCalled();
  });

  it("while the peer is authenticated is refused and has no effect", async () => {
    const { source, bus } = serveBuilding({ authenticate: () => new Promise(() => undefined) });
    const heard = vi.fn();
    bus.on("note.added", heard);
    bus.handle("room.size", heard);
    expect(await answers(source.give(), hello(), message)).toMatchObject([refused(null, null, "Invalid")]);
    expect(heard).not.toHaveBeenCalled();
  });

  it("after goodbye has no effect", async () => {
    const { connect, bus } = serveBuilding();
    const heard = vi.fn();
    bus.on("note.added", heard);
    bus.handle("room.size", heard);
    const link = await connect();
    expect(await answers(link, ["goodbye", reason], message)).toEqual([]);
    expect(link.closed).toEqual(reason);
    expect(heard).not.toHaveBeenCalled();
  });
});

const answering = ["answer", "failed"];
describe.each(everything.slice(5).filter(([type]) => !answering.includes(type)))(
  "a server's %s message",
  (...message) => {
    it("is refused from a client", async () => {
      const { connect } = serveBuilding();
      expect(await answers(await connect(), message)).toMatchObject([refused(null, null, "Invalid")]);
    });
  },
);

it("passes over an answer to what it did not ask, or no longer waits for", async () => {
  const { connect, hub } = serveBuilding();
  const late = [
    ["answer", 1, 5],
    ["streaming", 1],
    ["item", 1, 5],
    ["failed", 1, { code: "Internal", message: "" }],
  ];
  expect(await answers(await connect(), ...late)).toEqual([]);
  expect(hub.counters().refused).toEqual({});
});

describe("authentication that is slow", () => {
  it("is given up with the time for a hello", async () => {
    const { source, runtime, hub } = serveBuilding({ authenticate: () => new Promise(() => undefined) });
    const link = source.give();
    link.arrive(hello());
    await runtime.advance(10_000);
    expect(link.closed).toMatchObject({
      code: "NoHello",
      message: expect.stringContaining("Authentication"),
    });
    expect(hub.peers()).toEqual([]);
  });

  it("welcomes nobody who has left meanwhile", async () => {
    let let_in: (user: { id: string }) => void = () => undefined;
    const { source, hub } = serveBuilding({
      authenticate: () =>
        new Promise((resolve) => {
          let_in = resolve;
        }),
    });
    const link = source.give();
    link.arrive(hello());
    link.close(reason);
    let_in({ id: "me" });
    await settle();
    expect(link.frames).toEqual([]);
    expect(hub.peers()).toEqual([]);
  });
});

describe("an event", () => {
  it("was caused by what its peer says, so far as it is known here, as its word", async () => {
    const { bus, connect } = serveBuilding();
    const seen: unknown[] = [];
    bus.on("note.added", (_, { cause }) => seen.push(cause));
    const link = await connect();
    const said = [
      { id: "1", name: "room.opened", kind: "event", untrusted: false },
      { id: "2", name: "room.opened", kind: "task" },
      { id: "3", name: "constructor", kind: "event" },
      { id: "4", name: "room.size", kind: "request" },
    ];
    await answers(link, ["event", "note.added", "x", "id", said]);
    expect(seen).toEqual([
      [
        { id: "1", name: "room.opened", kind: "event", untrusted: true },
        { id: "4", name: "room.size", kind: "request", untrusted: true },
      ],
    ]);
  });

  it("is delivered as its schema made it, from the peer, at the server's time", async () => {
    const { connect, bus, runtime, hub } = serveBuilding();
    const heard = vi.fn();
    bus.on("room.entered", heard);
    const link = await connect();
    await runtime.advance(50);
    expect(await answers(link, ["event", "room.entered", { room: "a", at }, "id7", 1])).toEqual([]);
    expect(heard).toHaveBeenCalledExactlyOnceWith(
      { room: "a", at },
      expect.objectContaining({ id: "id7", key: "a", time: runtime.now(), peer: hub.peers()[0] }),
    );
  });

  it("leaves behind what its schema does not know", async () => {
    const { connect, bus } = serveBuilding();
    const heard = vi.fn();
    bus.on("badge.shown", heard);
    const [sender, other] = [await connect(), await connect()];
    await answers(other, ["listen", 1, "badge.shown"]);
    await answers(sender, ["event", "badge.shown", { badge: "a", admin: true }, "id"]);
    expect(heard.mock.calls[0]![0]).toStrictEqual({ badge: "a" });
    expect(other.take()[0]![2]).toStrictEqual({ badge: "a" });
  });

  it.each([
    ["room.opened", { room: "a", at }, "Denied", "one that servers send"],
    ["vault.opened", "x", "Denied", "one that a rule denies"],
    ["order.placed", "x", "Unsupported", "a durable one"],
    ["order.pack", "x", "Unsupported", "a task"],
    ["room.size", "x", "Unsupported", "a request"],
    ["nothing.such", "x", "Unsupported", "an unknown one"],
    ["log.written", "x", "Unsupported", "one without a schema"],
    ["__proto__", "x", "Unsupported", "a prototype's name"],
    ["constructor", "x", "Unsupported", "a prototype's name"],
    ["toString", "x", "Unsupported", "a prototype's name"],
    ["note.added", 5, "Invalid", "one against its schema"],
    ["note.added", "x".repeat(1_001), "Invalid", "one against its schema"],
    ["room.entered", { room: "a", at, more: 1 }, "Invalid", "one with more than its schema knows"],
    ["room.entered", { room: "x".repeat(257), at }, "Invalid", "one whose key is too long"],
  ])("%s of %j is refused as %s: %s", async (name, data, code, _) => {
    const { connect, bus, hub } = serveBuilding();
    const heard = vi.fn();
    bus.on("*", heard);
    expect(await answers(await connect(), ["event", name, data, "id"])).toMatchObject([
      refused("id", name, code),
    ]);
    expect(heard).not.toHaveBeenCalled();
    expect(hub.counters().refused).toEqual({ [code]: 1 });
    expect(hub.peers()[0]!.counters()).toMatchObject({ eventsIn: 1, refused: { [code]: 1 } });
  });

  it("asks the rule with data that has passed its schema", async () => {
    const rule = vi.fn(() => false);
    const { connect } = serveBuilding({ allow: { emit: { "note.added": rule } } });
    const link = await connect();
    await answers(link, ["event", "note.added", 5, "a"], ["event", "note.added", "hi", "b"]);
    expect(rule).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ name: "note.added", data: "hi" }));
  });

  it("whose refusal would repeat too much of it is refused in few words, and ends nothing", async () => {
    const { connect, errors } = serveBuilding();
    const link = await connect();
    const data = { room: "a", at, [`${"x".repeat(450_000)}`]: 1, ["y".repeat(450_000)]: 2 };
    const [answer] = await answers(link, ["event", "room.entered", data, "id"]);
    expect(answer).toMatchObject(refused("id", "room.entered", "Invalid"));
    expect(JSON.stringify(answer).length).toBeLessThan(3_000);
    expect(errors).toEqual([]);
  });

  it("of a run is refused where its id would be one that nobody else takes", async () => {
    const { connect, bus } = serveBuilding();
    const heard = vi.fn();
    bus.on("note.added", heard);
    const [link, other] = [await connect(), await connect()];
    await answers(other, ["listen", 1, "note.added"]);
    const run = ["events", "note.added", "x".repeat(64), null, 1, "hi"];
    expect(await answers(link, run)).toMatchObject([["refused", null, null, { code: "Invalid" }]]);
    expect(other.take()).toEqual([]);
    expect(heard).not.toHaveBeenCalled();
  });

  it("that a listener fails on was taken all the same", async () => {
    const { connect, bus, errors } = serveBuilding();
    bus.on("note.added", () => {
      throw new Error("broken");
    });
    expect(await answers(await connect(), ["event", "note.added", "hi", "id"])).toEqual([]);
    expect(errors).toMatchObject([{ code: "ListenerFailed" }]);
  });
});

describe("a listen", () => {
  it("brings the events of its name, or of its key, until unlisten", async () => {
    const { connect, bus } = serveBuilding();
    const link = await connect();
    expect(await answers(link, ["listen", 1, "room.opened", "a"], ["listen", 2, "light.moved"])).toEqual([
      ["listening", 1],
      ["listening", 2],
    ]);
    for (const room of ["a", "b"]) bus.emit("room.opened", { room, at });
    bus.emit("light.moved", 1);
    expect(await answers(link, ["unlisten", 1])).toEqual([
      ["event", "room.opened", { room: "a", at }, expect.any(String), expect.any(Number)],
      ["event", "light.moved", 1, expect.any(String), expect.any(Number)],
    ]);
    bus.emit("room.opened", { room: "a", at });
    expect(await answers(link)).toEqual([]);
  });

  it.each([
    ["vault.opened", undefined, "Denied"],
    ["door.pushed", undefined, "Denied"],
    ["order.placed", undefined, "Unsupported"],
    ["order.pack", undefined, "Unsupported"],
    ["room.size", undefined, "Unsupported"],
    ["nothing.such", undefined, "Unsupported"],
    ["log.written", undefined, "Unsupported"],
    ["*", undefined, "Unsupported"],
    ["__proto__", undefined, "Unsupported"],
    ["hasOwnProperty", undefined, "Unsupported"],
    ["note.added", "k", "Invalid"],
  ])("to %s with the key %s fails as %s", async (name, key, code) => {
    const { connect, bus } = serveBuilding();
    const link = await connect();
    expect(
      await answers(link, key === undefined ? ["listen", 1, name] : ["listen", 1, name, key]),
    ).toMatchObject([failed(1, code)]);
    bus.emit("vault.opened", "x");
    expect(await answers(link)).toEqual([]);
  });

  it("asks the rule with the key", async () => {
    const { connect } = serveBuilding({ allow: { listen: { "room.opened": ({ key }) => key === "mine" } } });
    const link = await connect();
    const messages = [
      ["listen", 1, "room.opened", "mine"],
      ["listen", 2, "room.opened", "yours"],
      ["listen", 3, "room.opened"],
    ];
    expect(await answers(link, ...messages)).toMatchObject([
      ["listening", 1],
      failed(2, "Denied"),
      failed(3, "Denied"),
    ]);
  });

  it("with a number in use fails, and the first stays", async () => {
    const { connect, bus } = serveBuilding();
    const link = await connect();
    await answers(link, ["listen", 1, "note.added"]);
    expect(await answers(link, ["listen", 1, "light.moved"])).toMatchObject([failed(1, "Invalid")]);
    bus.emit("note.added", "hi");
    expect(await answers(link)).toHaveLength(1);
  });

  it("past the limit fails, until another one ends", async () => {
    const { connect } = serveBuilding({ limits: { listeners: 2 } });
    const link = await connect();
    const listen = (ref: number) => ["listen", ref, "room.opened", ref];
    expect(await answers(link, listen(1), listen(2), listen(3))).toMatchObject([
      ["listening", 1],
      ["listening", 2],
      failed(3, "Overflow"),
    ]);
    expect(await answers(link, ["unlisten", 1], listen(3))).toEqual([["listening", 3]]);
  });

  it("that is doubled brings each event once, and holds until both end", async () => {
    const { connect, bus } = serveBuilding();
    const link = await connect();
    await answers(
      link,
      ["listen", 1, "room.opened", "a"],
      ["listen", 2, "room.opened", "a"],
      ["listen", 3, "room.opened"],
    );
    const opened = { room: "a", at };
    bus.emit("room.opened", opened);
    expect(await answers(link, ["unlisten", 1], ["unlisten", 3])).toHaveLength(1);
    bus.emit("room.opened", opened);
    expect(await answers(link, ["unlisten", 2])).toHaveLength(1);
    bus.emit("room.opened", opened);
    expect(await answers(link)).toEqual([]);
  });

  it("that was never made may be ended without effect", async () => {
    const { connect, hub } = serveBuilding();
    expect(await answers(await connect(), ["unlisten", 99])).toEqual([]);
    expect(hub.counters().refused).toEqual({});
  });
});

describe("a link that may be half-open", () => {
  const connectHalfOpen = async (heartbeat?: number) => {
    const served = serveBuilding(heartbeat === undefined ? {} : { limits: { heartbeat } });
    return { ...served, link: await served.connect({ halfOpen: true }) };
  };

  it("is asked for a sign of life, and stays for any that comes", async () => {
    const { link, runtime, hub } = await connectHalfOpen();
    for (const silence of [15_000, 30_000, 30_000, 30_000]) {
      await runtime.advance(silence);
      expect(link.take()).toEqual([["ping"]]);
      link.arrive(["pong"]);
    }
    expect(hub.peers()).toHaveLength(1);
    expect(hub.counters().refused).toEqual({});
  });

  it("is not asked while it is talking", async () => {
    const { link, runtime } = await connectHalfOpen();
    for (let round = 0; round < 5; round++) {
      await runtime.advance(14_000);
      link.arrive(["unlisten", 1]);
    }
    expect(link.take()).toEqual([]);
  });

  it("is lost when it gives none, and leaves no timer", async () => {
    const { link, runtime, hub } = await connectHalfOpen(1_000);
    await runtime.advance(1_999);
    expect(link.closed).toBeUndefined();
    await runtime.advance(1);
    expect(link.closed).toMatchObject({ code: "Lost", retryable: true });
    expect(hub.peers()).toEqual([]);
    expect(runtime.timers).toBe(0);
  });

  it("lives while it takes what it is sent, though its answer is stuck behind that", async () => {
    const { link, runtime } = await connectHalfOpen();
    for (let round = 0; round < 5; round++) {
      await runtime.advance(14_000);
      link.drain();
    }
    expect(link.closed).toBeUndefined();
  });

  it("is not watched where told so, and where it notices by itself", async () => {
    const { runtime, connect } = await connectHalfOpen(Number.POSITIVE_INFINITY);
    await connect();
    expect(runtime.timers).toBe(0);
  });

  it("answers who asks for a sign of life, whatever the link", async () => {
    const { connect } = serveBuilding();
    expect(await answers(await connect(), ["ping"])).toEqual([["pong"]]);
    // Once a turn is enough.
    expect(await answers(await connect(), ["ping"], ["ping", 7])).toEqual([["pong", 7]]);
  });
});

it("a server tells a client of another contract what it has, and the others nothing", async () => {
  const { source } = serveBuilding();
  const [same, other] = [source.give(), source.give(new FakeLink())];
  same.arrive(hello());
  other.arrive(["hello", { ...hello()[1], contract: "another" }]);
  await settle();
  expect(same.take().map(([type]) => type)).toEqual(["welcome"]);
  const [welcome, ...parts] = other.take();
  expect([welcome![0], parts.length]).toEqual(["welcome", 1]);
  expect(parts[0]![1]).toContainEqual(["room.opened", "event", "server", "live", true]);
});
