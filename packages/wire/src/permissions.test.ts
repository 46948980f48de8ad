import { UnavailableError } from "@eventwire/core";
import { describe, expect, it, vi } from "vitest";
import type { FakeLink } from "../fixtures/fake-link.js";
import { serveBuilding } from "../fixtures/served-building.js";
import { settle } from "../fixtures/settle.js";
import { everyKey } from "./every-key.js";
import type { WireMessage } from "./messages.js";

const at = new Date(5);

async function answers(link: FakeLink, ...messages: readonly unknown[]) {
  if (messages.length > 0) link.arrive(...messages);
  await settle();
  return taken(link);
}

/** What it was sent, without what these tests are not about. */
const taken = (link: FakeLink) => link.take().map(brief);

function brief(message: WireMessage): readonly unknown[] {
  switch (message[0]) {
    case "event":
      return message.slice(0, 3);
    case "failed":
      return ["failed", message[1], message[2].code];
    case "refused":
      return ["refused", message[1], message[3].code];
    default:
      return message;
  }
}

/** A rule whose answers the test gives, in the order of its questions. */
function asked() {
  const waiting: ((answer: unknown) => void)[] = [];
  const rule = vi.fn(() => new Promise<boolean>((resolve) => waiting.push(resolve as never)));
  const answer = async (value: unknown) => {
    waiting.shift()!(value);
    await settle();
  };
  return { rule, answer, waiting };
}

describe("a listen whose rule answers later", () => {
  it("is in force once it is allowed, and not before", async () => {
    const { rule, answer } = asked();
    const { connect, bus } = serveBuilding({ allow: { listen: { "note.added": rule } } });
    const link = await connect();
    expect(await answers(link, ["listen", 1, "note.added"])).toEqual([]);
    bus.emit("note.added", "before");
    await answer(true);
    bus.emit("note.added", "after");
    expect(await answers(link)).toEqual([
      ["listening", 1],
      ["event", "note.added", "after"],
    ]);
  });

  it("holds up nothing that comes after it", async () => {
    const { rule, answer } = asked();
    const { connect } = serveBuilding({ allow: { listen: { "*": true, "note.added": rule } } });
    const link = await connect();
    expect(await answers(link, ["listen", 1, "note.added"], ["listen", 2, "light.moved"])).toEqual([
      ["listening", 2],
    ]);
    await answer(false);
    expect(await answers(link)).toEqual([["failed", 1, "Denied"]]);
  });

  it("takes no effect when it was ended meanwhile, or its peer has left", async () => {
    const { rule, answer } = asked();
    const { connect, bus } = serveBuilding({ allow: { listen: { "note.added": rule } } });
    const [one, other] = [await connect(), await connect()];
    await answers(one, ["listen", 1, "note.added"], ["unlisten", 1]);
    await answers(other, ["listen", 1, "note.added"]);
    other.close({ code: "Lost", message: "", retryable: true });
    await answer(true);
    await answer(true);
    bus.emit("note.added", "x");
    expect(await answers(one)).toEqual([]);
    expect(other.take()).toEqual([]);
  });

  it("answers the number that was taken again for the later one alone", async () => {
    const { rule, answer } = asked();
    const { connect, bus } = serveBuilding({ allow: { listen: { "*": rule } } });
    const link = await connect();
    await answers(link, ["listen", 1, "note.added"], ["unlisten", 1], ["listen", 1, "light.moved"]);
    await answer(true);
    expect(await answers(link)).toEqual([]);
    await answer(true);
    expect(await answers(link)).toEqual([["listening", 1]]);
    bus.emit("note.added", "x");
    bus.emit("light.moved", 1);
    expect(await answers(link)).toEqual([["event", "light.moved", 1]]);
  });

  it("that storms, listening and ending in turns, asks no more than may be listened to", async () => {
    const { rule, answer } = asked();
    const { connect } = serveBuilding({ limits: { listeners: 5 }, allow: { listen: { "*": rule } } });
    const link = await connect();
    const storm = Array.from({ length: 50 }, (_, ref) => [
      ["listen", ref, "note.added"],
      ["unlisten", ref],
    ]).flat();
    const refused = await answers(link, ...storm);
    expect(rule).toHaveBeenCalledTimes(5);
    expect(refused).toHaveLength(45);
    expect(refused[0]).toEqual(["failed", 5, "Overflow"]);
    await answer(true);
    expect(await answers(link, ["listen", 99, "note.added"])).toEqual([]);
    expect(rule).toHaveBeenCalledTimes(6);
  });
});

describe("a listen whose rule cannot decide", () => {
  const unavailable = (ref: number) => ["failed", ref, "Unavailable"];

  it("is told so, not denied, and may be asked for again by its number", async () => {
    const { rule, answer, waiting } = asked();
    const { connect, bus, runtime } = serveBuilding({
      limits: { decisionTimeout: 500 },
      allow: { listen: { "note.added": rule } },
    });
    const link = await connect();
    await answers(link, ["listen", 1, "note.added"]);
    await runtime.advance(500);
    expect(await answers(link)).toEqual([unavailable(1)]);
    await answer(true);
    bus.emit("note.added", "unheard");
    expect(await answers(link, ["listen", 1, "note.added"])).toEqual([]);
    expect(waiting).toHaveLength(1);
    await answer(true);
    expect(await answers(link)).toEqual([["listening", 1]]);
  });

  it("is told so where the rule says that it cannot tell now, and denied where it is broken", async () => {
    const { connect, errors } = serveBuilding({
      allow: {
        listen: {
          "note.added": () => Promise.reject(new UnavailableError("The database is away.")),
          "light.moved": () => Promise.reject(new Error("broken")),
        },
      },
    });
    const link = await connect();
    expect(await answers(link, ["listen", 1, "note.added"], ["listen", 2, "light.moved"])).toEqual([
      unavailable(1),
      ["failed", 2, "Denied"],
    ]);
    expect(errors.map(({ message }) => message)).toEqual(["The database is away.", "broken"]);
  });

  it("ends what was in force, which is told so as well", async () => {
    let now: () => boolean | Promise<boolean> = () => true;
    const { connect, bus, hub, runtime } = serveBuilding({
      limits: { decisionTimeout: 500 },
      allow: { listen: { "note.added": () => now() } },
    });
    const link = await connect();
    await answers(link, ["listen", 1, "note.added"]);
    now = () => new Promise(() => undefined);
    const ended = hub.reauthorize();
    await runtime.advance(500);
    expect(await ended).toBe(1);
    bus.emit("note.added", "unheard");
    expect(await answers(link)).toEqual([unavailable(1)]);
  });

  it("is no refusal that a peer brings about", async () => {
    const { connect } = serveBuilding({
      limits: { refusals: 1 },
      allow: { listen: { "*": () => Promise.reject(new UnavailableError("Away.")) } },
    });
    const link = await connect();
    const listens = Array.from({ length: 100 }, (_, ref) => ["listen", ref, "note.added"]);
    expect(await answers(link, ...listens)).toHaveLength(100);
    expect(link.closed).toBeUndefined();
  });
});

describe("all keys at once", () => {
  it("are a right of its own, which nothing that a user lacks is taken for", async () => {
    const keys: unknown[] = [];
    const { connect } = serveBuilding({
      authenticate: () => ({ id: "me", room: undefined }) as { id: string },
      allow: {
        listen: {
          "room.*": ({ peer, key }) => {
            keys.push(key);
            return (key as unknown) === (peer.user as { room?: string }).room;
          },
          "note.added": ({ key }) => key === undefined,
        },
      },
    });
    const link = await connect();
    expect(await answers(link, ["listen", 1, "room.opened"], ["listen", 2, "note.added"])).toEqual([
      ["failed", 1, "Denied"],
      ["listening", 2],
    ]);
    expect(keys).toEqual([everyKey]);
  });
});

describe("an event or request whose rule answers later", () => {
  it("keeps its place: what the same peer sends after it waits, what others send does not", async () => {
    const { rule, answer } = asked();
    const { connect, bus } = serveBuilding({
      allow: { listen: { "*": true }, emit: { "*": true, "room.entered": rule }, request: { "*": true } },
    });
    const seen: unknown[] = [];
    bus.on("room.entered", ({ room }) => seen.push(room));
    bus.on("note.added", (note) => seen.push(note));
    bus.handle("room.size", (room) => {
      seen.push(`size of ${room}`);
      return 1;
    });
    const [link, other] = [await connect(), await connect()];
    const later = await answers(
      link,
      ["event", "room.entered", { room: "a", at }, "1"],
      ["event", "note.added", "b", "2"],
      ["request", 1, "room.size", 1_000, "c"],
      ["listen", 2, "light.moved"],
      ["unlisten", 2],
      ["event", "room.entered", { room: "d", at }, "3"],
      ["event", "note.added", "e", "4"],
    );
    expect(later).toEqual([]);
    await answers(other, ["event", "note.added", "of another", "1"]);
    expect(seen).toEqual(["of another"]);
    await answer(true);
    expect(seen).toEqual(["of another", "a", "b", "size of c"]);
    await answer(false);
    expect(seen).toEqual(["of another", "a", "b", "size of c", "e"]);
    expect(await answers(link)).toEqual([
      ["answer", 1, 1],
      ["listening", 2],
      ["refused", "3", "Denied"],
    ]);
  });

  it("is decided before a later ping is answered", async () => {
    const { rule, answer } = asked();
    const { connect } = serveBuilding({ allow: { emit: { "*": rule } } });
    const link = await connect();
    expect(await answers(link, ["event", "note.added", "a", "1"], ["ping"])).toEqual([]);
    await answer(false);
    expect(await answers(link)).toEqual([["refused", "1", "Denied"], ["pong"]]);
  });

  it("is given up where its peer leaves", async () => {
    const { rule, answer } = asked();
    const { connect, bus } = serveBuilding({ allow: { emit: { "*": rule } } });
    const heard = vi.fn();
    bus.on("note.added", heard);
    const link = await connect();
    await answers(link, ["event", "note.added", "a", "1"]);
    await answers(link, ["goodbye", { code: "Left", message: "", retryable: true }]);
    await answer(true);
    expect(link.closed).toMatchObject({ code: "Left" });
    expect(heard).not.toHaveBeenCalled();
  });

  it("lets so much wait and refuses the rest, by number and by bytes", async () => {
    for (const limits of [{ heldMessages: 2 }, { heldBytes: 60 }]) {
      const { rule, answer } = asked();
      const { connect, bus } = serveBuilding({ limits, allow: { emit: { "*": true, "note.added": rule } } });
      const heard: number[] = [];
      bus.on("light.moved", (light) => heard.push(light));
      const link = await connect();
      link.arrive(["event", "note.added", "a", "0"]);
      for (const light of [1, 2]) link.arrive(["event", "light.moved", light, `${light}`]);
      link.arrive(["request", 9, "room.size", 1_000, "x".repeat(400)]);
      expect(await answers(link)).toEqual([["failed", 9, "Overflow"]]);
      await answer(true);
      expect(heard).toEqual([1, 2]);
      expect(link.closed).toBeUndefined();
    }
  });

  it("ends the link where what cannot be refused would be too much", async () => {
    const { rule } = asked();
    const { connect } = serveBuilding({ limits: { heldMessages: 1 }, allow: { emit: { "*": rule } } });
    const link = await connect();
    await answers(link, ["event", "note.added", "a", "0"], ["cancel", 1], ["cancel", 2]);
    expect(link.closed).toMatchObject({ code: "Overflow", retryable: true });
  });

  it("has less time for its handler by what the decision took", async () => {
    const { rule, answer } = asked();
    const { connect, bus, runtime } = serveBuilding({ allow: { request: { "*": rule } } });
    bus.handle("room.size", () => new Promise<number>(() => undefined));
    const link = await connect();
    await answers(link, ["request", 1, "room.size", 1_000, "a"]);
    await runtime.advance(900);
    await answer(true);
    await runtime.advance(99);
    expect(await answers(link)).toEqual([]);
    await runtime.advance(1);
    expect(await answers(link)).toEqual([["failed", 1, "Timeout"]]);
  });

  it("is denied where its rule hangs, and what waits goes on", async () => {
    const { rule } = asked();
    const { connect, bus, runtime, errors } = serveBuilding({
      limits: { decisionTimeout: 500 },
      allow: { emit: { "*": true, "note.added": rule } },
    });
    const heard = vi.fn();
    bus.on("light.moved", heard);
    const link = await connect();
    await answers(link, ["event", "note.added", "a", "1"], ["event", "light.moved", 1, "2"]);
    await runtime.advance(500);
    expect(await answers(link)).toEqual([["refused", "1", "Denied"]]);
    expect(heard).toHaveBeenCalledOnce();
    expect(errors).toHaveLength(1);
  });

  it("shows its rule the key that was computed here", async () => {
    const rule = vi.fn(({ key }: { key: string }) => key === "mine");
    const { connect } = serveBuilding({ allow: { emit: { "room.entered": rule } } });
    const link = await connect();
    const enter = (room: string) => ["event", "room.entered", { room, at }, room];
    expect(await answers(link, enter("mine"), enter("yours"))).toEqual([["refused", "yours", "Denied"]]);
  });
});

describe("a right that is taken away", () => {
  const rooms = new Set<unknown>();
  const serveRooms = (options: Parameters<typeof serveBuilding>[0] = {}) =>
    serveBuilding({ allow: { listen: { "room.opened": ({ key }) => rooms.has(key) } }, ...options });

  it("cuts off what it had allowed, at once and nothing else", async () => {
    for (const room of ["a", "b"]) rooms.add(room);
    const { connect, bus, hub } = serveRooms();
    const link = await connect();
    await answers(link, ["listen", 1, "room.opened", "a"], ["listen", 2, "room.opened", "b"]);
    rooms.delete("a");
    expect(await hub.reauthorize()).toBe(1);
    for (const room of ["a", "b"]) bus.emit("room.opened", { room, at });
    expect(await answers(link)).toEqual([
      ["failed", 1, "Denied"],
      ["event", "room.opened", { room: "b", at }],
    ]);
    rooms.add("a");
    expect(await answers(link, ["listen", 1, "room.opened", "a"])).toEqual([["listening", 1]]);
  });

  it("of one user or peer leaves others alone", async () => {
    rooms.add("a");
    let count = 0;
    const { connect, hub } = serveRooms({ authenticate: () => ({ id: `user ${++count}` }) });
    const links = [await connect(), await connect(), await connect()];
    for (const link of links) await answers(link, ["listen", 1, "room.opened", "a"]);
    rooms.delete("a");
    expect(await hub.reauthorize({ user: "user 2" })).toBe(1);
    expect(await hub.reauthorize(hub.peers()[2]!)).toBe(1);
    expect(await hub.reauthorize({ user: "nobody" })).toBe(0);
    await settle();
    expect(links.map((link) => link.take().length)).toEqual([0, 1, 1]);
  });

  it("is asked for again where a cached rule remembers it, and where the answer was on its way", async () => {
    const { rule, answer } = asked();
    const { connect, hub } = serveBuilding({
      allow: { listen: { "note.added": { decide: rule, cachedFor: 1e9 } } },
    });
    const link = await connect();
    await answers(link, ["listen", 1, "note.added"]);
    const done = hub.reauthorize();
    await settle();
    await answer(true);
    expect(await answers(link)).toEqual([]);
    await answer(false);
    expect(await answers(link)).toEqual([["failed", 1, "Denied"]]);
    expect(await done).toBe(0);
    expect(rule).toHaveBeenCalledTimes(2);
  });

  it("that ends at a time cuts off within a second of it", async () => {
    let until = 0;
    const { connect, bus, runtime } = serveBuilding({
      allow: { listen: { "*": true, "note.added": async () => ({ allow: true, until }) } },
    });
    const link = await connect();
    until = runtime.now() + 5_000;
    await answers(link, ["listen", 1, "note.added"], ["listen", 2, "light.moved"]);
    await runtime.advance(4_999);
    bus.emit("note.added", "in time");
    await settle();
    expect(taken(link)).toEqual([["event", "note.added", "in time"]]);
    await runtime.advance(1_001);
    bus.emit("note.added", "too late");
    expect(await answers(link)).toEqual([["failed", 1, "Denied"]]);
    link.close({ code: "Lost", message: "", retryable: true });
    expect(runtime.timers).toBe(0);
  });

  it("holds while another listen of the same target is allowed", async () => {
    const ends = [5_000, 9_000];
    const { connect, bus, runtime } = serveBuilding({
      allow: { listen: { "note.added": () => ({ allow: true, until: runtime.now() + ends.shift()! }) } },
    });
    const link = await connect();
    await answers(link, ["listen", 1, "note.added"], ["listen", 2, "note.added"]);
    await runtime.advance(6_000);
    bus.emit("note.added", "held");
    expect(await answers(link)).toEqual([
      ["failed", 1, "Denied"],
      ["event", "note.added", "held"],
    ]);
    await runtime.advance(4_000);
    bus.emit("note.added", "lost");
    expect(await answers(link)).toEqual([["failed", 2, "Denied"]]);
  });
});
