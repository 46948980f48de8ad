import { createBus, DeniedError } from "@eventwire/core";
import * as json from "@eventwire/core/attach";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it, vi } from "vitest";
import { building } from "../fixtures/building.js";
import { startBuildingClient } from "../fixtures/connected-building.js";
import { FakeLink, FakeSource } from "../fixtures/fake-link.js";
import { hello, serveBuilding, tapped } from "../fixtures/served-building.js";
import { settle } from "../fixtures/settle.js";
import { createHub } from "./hub.js";

const at = new Date(5);
const opened = (room: string) => ({ room, at });

async function listening(link: FakeLink, ...names: readonly (readonly [string, string?])[]) {
  link.arrive(
    ...names.map(([name, key], ref) =>
      key === undefined ? ["listen", ref, name] : ["listen", ref, name, key],
    ),
  );
  await settle();
  expect(link.take()).toHaveLength(names.length);
  return link;
}

describe("what a bus emits", () => {
  it("is encoded once, however many peers get it, and not at all where none listens", async () => {
    const { bus, connect } = serveBuilding();
    const links = await Promise.all([1, 2, 3].map(() => connect()));
    for (const link of links) await listening(link, ["room.opened", "a"]);
    const encode = vi.spyOn(json, "encodeJson");
    bus.emit("room.opened", opened("a"));
    expect(encode).toHaveBeenCalledTimes(1);
    bus.emit("room.opened", opened("b"));
    bus.emit("note.added", "hi");
    expect(encode).toHaveBeenCalledTimes(1);
    encode.mockRestore();
    await settle();
    for (const link of links) expect(link.take()).toHaveLength(1);
  });

  it("is sent as it was when it was emitted", async () => {
    const { bus, connect } = serveBuilding();
    const link = await listening(await connect(), ["room.opened"]);
    const data = opened("a");
    bus.emit("room.opened", data);
    data.room = "changed";
    await settle();
    expect(link.take()[0]![2]).toEqual(opened("a"));
  });

  it("leaves behind what its schema does not know, and goes to nobody when the schema refuses it", async () => {
    const { bus, connect, errors } = serveBuilding();
    const link = await listening(await connect(), ["badge.shown"], ["room.opened"]);
    const badge = { badge: "7", secret: "kept" };
    bus.emit("badge.shown", badge);
    bus.emit("room.opened", { room: 7 } as never);
    await settle();
    expect(link.take()).toEqual([
      ["event", "badge.shown", { badge: "7" }, expect.any(String), expect.any(Number)],
    ]);
    expect(errors).toMatchObject([{ code: "Invalid", about: "room.opened" }]);
  });

  it("reaches other peers when one of them emitted it, and is not echoed to that one", async () => {
    const { connect } = serveBuilding();
    const [sender, other] = await Promise.all([connect(), connect()]);
    for (const link of [sender!, other!]) await listening(link, ["note.added"]);
    sender!.arrive(["event", "note.added", "hi", "id7"]);
    await settle();
    expect(sender!.take()).toEqual([]);
    expect(other!.take()).toEqual([["event", "note.added", "hi", "id7", expect.any(Number)]]);
  });

  it("and is too large for one peer reaches the others, and is reported", async () => {
    const { bus, connect, errors } = serveBuilding();
    const [small, large] = [await connect({ maxFrameBytes: 300 }), await connect()];
    for (const link of [small, large]) await listening(link, ["note.added"]);
    bus.emit("note.added", "x".repeat(500));
    await settle();
    expect(small.take()).toEqual([]);
    expect(small.closed).toBeUndefined();
    expect(large.take()).toHaveLength(1);
    expect(errors).toMatchObject([{ code: "Overflow" }]);
  });

  it("waits for a slow peer within a bound, which is told what it missed, and disturbs nobody else", async () => {
    const { bus, connect, hub } = serveBuilding({ limits: { bufferedBytes: 1_000 } });
    const [slow, quick] = await Promise.all([connect(), connect()]);
    for (const link of [slow!, quick!]) await listening(link, ["note.added"]);
    slow!.full = true;
    for (let count = 0; count < 50; count++) {
      bus.emit("note.added", `${count}`);
      await settle();
    }
    expect(quick!.take()).toHaveLength(50);
    slow!.take();
    slow!.drain();
    await settle();
    const [gap, ...events] = slow!.take();
    expect(gap).toEqual(["gap", "note.added", null, "overflow", 49 - events.length]);
    expect(events.map(([, , data]) => data)).toEqual(
      Array.from({ length: events.length }, (_, index) => `${50 - events.length + index}`),
    );
    expect(events.length).toBeGreaterThan(5);
    expect(hub.peers()).toHaveLength(2);
    expect(slow!.closed).toBeUndefined();
  });
});

describe("what nobody listens to any more", () => {
  it.each(["unlisten", "close"])("is not looked at after %s", async (how) => {
    const { bus, connect } = serveBuilding();
    expect(tapped(bus)).toEqual([]);
    const link = await listening(await connect(), ["room.opened", "a"], ["room.opened", "b"], ["note.added"]);
    expect(tapped(bus)).toEqual(["note.added", "room.opened"]);
    if (how === "close") link.close({ code: "Lost", message: "Lost.", retryable: true });
    else link.arrive(["unlisten", 0], ["unlisten", 1], ["unlisten", 2]);
    expect(tapped(bus)).toEqual([]);
  });
});

describe("to", () => {
  async function serveTwo() {
    const served = serveBuilding({ authenticate: ({ auth }) => ({ id: auth as string }) });
    const [ann, bob, bobToo] = [
      await served.connect({ auth: "ann" }),
      await served.connect({ auth: "bob" }),
      await served.connect({ auth: "bob" }),
    ];
    for (const link of [ann, bob, bobToo]) await listening(link, ["room.opened", "a"]);
    return { ...served, ann, bob, bobToo };
  }

  it("a peer sends to that one, and to a user to each of their connections", async () => {
    const { hub, ann, bob, bobToo } = await serveTwo();
    expect(hub.to(hub.peers()[1]!).emit("room.opened", opened("a"))).toBe(1);
    expect(hub.to({ user: "bob" }).emit("room.opened", opened("a"))).toBe(2);
    await settle();
    expect([ann, bob, bobToo].map((link) => link.take().length)).toEqual([0, 2, 1]);
  });

  it("sends nothing to those who do not listen, and encodes nothing for nobody", async () => {
    const { hub } = await serveTwo();
    const encode = vi.spyOn(json, "encodeJson");
    expect(hub.to({ user: "bob" }).emit("room.opened", opened("b"))).toBe(0);
    expect(hub.to({ user: "carl" }).emit("room.opened", opened("a"))).toBe(0);
    expect(hub.to({ user: "bob" }).emit("note.added", "hi")).toBe(0);
    expect(encode).not.toHaveBeenCalled();
    encode.mockRestore();
  });

  it.each([
    ["nothing.such", "Misuse"],
    ["room.size", "Misuse"],
    ["door.pushed", "Denied"],
    ["order.placed", "Unsupported"],
    ["log.written", "Unsupported"],
  ])("refuses %s as %s", async (name, code) => {
    const { hub } = await serveTwo();
    expect(() => hub.to({ user: "bob" }).emit(name as "note.added", "x")).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it("does not reach the listeners of the bus", async () => {
    const { hub, bus } = await serveTwo();
    const heard = vi.fn();
    bus.on("room.opened", heard);
    hub.to({ user: "bob" }).emit("room.opened", opened("a"));
    expect(heard).not.toHaveBeenCalled();
  });
});

describe("peers", () => {
  it("are those that are welcomed and have not left", async () => {
    const { hub, source, connect, runtime } = serveBuilding();
    source.give();
    expect(hub.peers()).toEqual([]);
    const link = await connect({ address: "127.0.0.1" });
    expect(hub.peers()).toMatchObject([
      { user: { id: "me" }, since: runtime.now(), facts: { address: "127.0.0.1" } },
    ]);
    link.close({ code: "Lost", message: "Lost.", retryable: true });
    expect(hub.peers()).toEqual([]);
  });

  it("can be disconnected with a reason", async () => {
    const { hub, connect } = serveBuilding();
    const link = await connect();
    hub.peers()[0]!.disconnect("Too loud.", { code: "Kicked", retryable: true });
    expect(link.take()).toEqual([["goodbye", { code: "Kicked", message: "Too loud.", retryable: true }]]);
    expect(hub.peers()).toEqual([]);
  });

  it("count what crossed them, and the hub what crossed them all", async () => {
    const { hub, connect } = serveBuilding();
    const [one, other] = await Promise.all([connect(), connect()]);
    one!.arrive(["event", "note.added", "hi", "a"], ["event", "vault.opened", "x", "b"]);
    other!.arrive(["event", "note.added", "hi", "a"]);
    await settle();
    expect(hub.peers()[0]!.counters()).toMatchObject({
      framesIn: 2,
      framesOut: 2,
      eventsIn: 2,
      refused: { Denied: 1 },
    });
    expect(hub.counters()).toMatchObject({ framesIn: 4, framesOut: 3, eventsIn: 3, refused: { Denied: 1 } });
  });
});

describe("closing", () => {
  it("takes no more of what peers send while handlers finish", async () => {
    const { bus, connect } = serveBuilding();
    const link = await connect();
    let finish!: (size: number) => void;
    bus.handle(
      "room.size",
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    link.arrive(["request", 1, "room.size", 9_000, "a"]);
    await settle();
    const closed = bus.close();
    link.arrive(["request", 2, "room.size", 9_000, "b"], ["event", "note.added", "hi", "id1"]);
    await settle();
    expect(link.take()).toMatchObject([
      ["failed", 2, { code: "Disconnected" }],
      ["refused", "id1", "note.added", { code: "Disconnected" }],
    ]);
    finish(3);
    await closed;
    expect(link.take()[0]).toEqual(["answer", 1, 3]);
  });

  it.each(["hub", "bus"])(
    "the %s tells every peer, which may connect elsewhere, and takes no more",
    async (which) => {
      const { hub, bus, source, connect } = serveBuilding();
      const [welcomed, fresh] = [await connect(), source.give()];
      await (which === "hub" ? hub.close() : bus.close());
      await hub.close();
      for (const link of [welcomed, fresh]) {
        expect(link.take()).toEqual([
          ["goodbye", expect.objectContaining({ code: "Closed", retryable: true })],
        ]);
      }
      expect(source.stopped).toBe(true);
      expect(source.give().closed).toMatchObject({ code: "Closed" });
      expect(hub.peers()).toEqual([]);
    },
  );
});

describe("a process without onError", () => {
  it("is not ended by a peer that makes authenticate or a rule throw, or an event too large for another", async () => {
    const runtime = new VirtualClock();
    const source = new FakeSource();
    createHub(createBus(building, { runtime }), source, {
      authenticate: ({ auth }) => {
        if (auth === "bad") throw new Error("malformed token");
        return { id: "me" };
      },
      allow: {
        emit: {
          "note.added": true,
          "room.entered": () => {
            throw new Error("broken");
          },
        },
        listen: { "*": true },
      },
    });
    const links = [{ auth: "bad" }, {}, { maxFrameBytes: 300 }].map((facts) =>
      source.give(new FakeLink(facts)),
    );
    for (const link of links) link.arrive(hello());
    await settle();
    links[2]!.arrive(["listen", 1, "note.added"]);
    links[1]!.arrive(
      ["event", "room.entered", opened("a"), "a"],
      ["event", "note.added", "x".repeat(900), "b"],
    );
    await settle();
    expect(links[0]!.closed).toMatchObject({ code: "Unavailable" });
    expect(links[1]!.take().at(-1)).toMatchObject(["refused", "a", "room.entered", { code: "Denied" }]);
    expect(runtime.uncaughtErrors).toEqual([]);
    expect(runtime.loggedErrors.map(String)).toEqual([
      "Error: malformed token",
      "Error: broken",
      expect.stringContaining("OverflowError"),
    ]);
  });
});

it("tells a page of a foreign origin that it may not connect", async () => {
  const { source } = serveBuilding({ origins: ["https://a.example"] });
  const link = source.give(new FakeLink({ headers: { origin: "https://evil.example" } }));
  link.arrive(hello());
  await settle();
  expect(link.closed).toMatchObject({ code: "Denied", message: expect.stringContaining("origin") });
});

it("passes on what authenticate says in a denial of its own", async () => {
  const { source, errors } = serveBuilding({
    authenticate: () => {
      throw new DeniedError("Your trial is over.");
    },
  });
  const link = source.give();
  link.arrive(hello());
  await settle();
  expect(link.closed).toMatchObject({ code: "Denied", message: "Your trial is over." });
  expect(errors).toEqual([]);
});

it("serves no bus of a client", () => {
  const { bus } = startBuildingClient();
  expect(() => createHub(bus as never, new FakeSource(), { authenticate: () => ({ id: "me" }) })).toThrow(
    /server side/,
  );
});

it("reports why its source takes no further links", () => {
  const { source, errors } = serveBuilding();
  source.fail({ code: "Taken", message: "Another server is there.", retryable: false });
  expect(errors).toMatchObject([
    { code: "Disconnected", message: "No further peers are taken: Another server is there." },
  ]);
});
