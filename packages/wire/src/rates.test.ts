import { MisuseError } from "@eventwire/core";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it } from "vitest";
import type { FakeLink } from "../fixtures/fake-link.js";
import { serveBuilding } from "../fixtures/served-building.js";
import { settle } from "../fixtures/settle.js";
import type { ConnectedPeer } from "./peer.js";
import { type Rate, Rates } from "./rates.js";

function openRates(given: Record<string, Rate>) {
  const runtime = new VirtualClock();
  const rates = new Rates(runtime, given);
  /** How many of so many are taken. */
  const take = (user: string, name: string, times = 1) => {
    let taken = 0;
    for (; times > 0; times--) {
      try {
        rates.take({ user: { id: user } } as ConnectedPeer<unknown>, name);
        taken += 1;
      } catch (error) {
        if ((error as { code?: string }).code !== "Overflow") throw error;
      }
    }
    return taken;
  };
  return { runtime, rates, take };
}

describe("a rate", () => {
  it("lets a burst through, then one after the other", async () => {
    const { runtime, take } = openRates({ a: { most: 5, per: 10_000 } });
    expect(take("u", "a", 10)).toBe(5);
    await runtime.advance(1_999);
    expect(take("u", "a")).toBe(0);
    await runtime.advance(1);
    expect(take("u", "a", 2)).toBe(1);
    await runtime.advance(1e9);
    expect(take("u", "a", 10)).toBe(5);
  });

  it("is each user's own, and of a pattern shared by what matches it", () => {
    const { take } = openRates({ "a.*": { most: 3, per: 1_000 } });
    expect([take("u", "a.b", 2), take("u", "a.c", 2), take("other", "a.c", 9), take("u", "b", 9)]).toEqual([
      2, 1, 3, 9,
    ]);
  });

  it("takes nothing from the others where one of several refuses", () => {
    const { take } = openRates({ "*": { most: 5, per: 1_000 }, a: { most: 1, per: 1_000 } });
    expect([take("u", "a", 9), take("u", "b", 9)]).toEqual([1, 4]);
  });

  it("says when to try again", async () => {
    const { runtime, rates, take } = openRates({ a: { most: 1, per: 60_000 } });
    take("u", "a");
    await runtime.advance(20_000);
    expect(() => rates.take({ user: { id: "u" } } as ConnectedPeer<unknown>, "a")).toThrow(
      '"a" may be sent 1 times in 60000 ms. Try again in 40000 ms.',
    );
  });

  it("forgets those for whom nothing is missing, so that a crowd passing through takes no memory", async () => {
    const { runtime, take } = openRates({ a: { most: 2, per: 1_000 } });
    take("first", "a", 2);
    for (let user = 0; user < 25_000; user++) {
      take(`${user}`, "a");
      if (user % 1_000 === 0) await runtime.advance(10);
    }
    expect(take("first", "a", 3)).toBe(2);
    expect(take("24999", "a", 3)).toBe(1);
  });

  it.each([
    { most: 0, per: 1 },
    { most: 1, per: -1 },
    { most: Number.NaN, per: 1 },
    { most: Number.POSITIVE_INFINITY, per: 1 },
  ])("of %o is refused", (rate) => {
    expect(() => openRates({ a: rate })).toThrow(MisuseError);
  });
});

async function answers(link: FakeLink, ...messages: readonly unknown[]) {
  link.arrive(...messages);
  await settle();
  return link.take().map((message) => {
    if (message[0] === "failed") return ["failed", message[1], message[2].code];
    if (message[0] === "refused") return ["refused", message[1], message[3].code];
    return message;
  });
}
const notes = (count: number) =>
  Array.from({ length: count }, (_, id) => ["event", "note.added", "x", `${id}`]);

describe("rates at a hub", () => {
  it("hold over all connections of a user, for events and requests, before any rule is asked", async () => {
    const asked: string[] = [];
    const { connect, bus } = serveBuilding({
      rates: { "note.added": { most: 2, per: 1_000 }, "room.size": { most: 1, per: 1_000 } },
      allow: { emit: { "note.added": ({ data }) => asked.push(data) > 0 }, request: { "room.size": true } },
    });
    bus.handle("room.size", () => 1);
    const [one, other] = [await connect(), await connect()];
    expect(await answers(one, ...notes(1))).toEqual([]);
    expect(await answers(other, ...notes(2))).toEqual([["refused", "1", "Overflow"]]);
    expect(asked).toHaveLength(2);
    const ask = (ref: number) => ["request", ref, "room.size", 100, "a"];
    expect(await answers(one, ask(1), ask(2))).toEqual([
      ["answer", 1, 1],
      ["failed", 2, "Overflow"],
    ]);
  });

  it("are not used up by what is refused for its shape", async () => {
    const { connect } = serveBuilding({ rates: { "note.added": { most: 1, per: 1_000 } } });
    const link = await connect();
    expect(await answers(link, ["event", "note.added", 5, "a"], ...notes(1))).toEqual([
      ["refused", "a", "Invalid"],
    ]);
  });
});

describe("a peer's messages", () => {
  it("are bounded: ten seconds' worth at once, and the rest refused", async () => {
    const { connect, runtime } = serveBuilding({ limits: { messages: 10 } });
    const link = await connect();
    expect(await answers(link, ...notes(100))).toEqual([]);
    expect(
      await answers(
        link,
        ...notes(1),
        ["listen", 1, "note.added"],
        ["request", 2, "room.size", 1, "a"],
        ["auth", 3, {}],
        ["ping"],
        ["unlisten", 9],
        ["cancel", 9],
        ["pong"],
      ),
    ).toEqual([
      ["refused", "0", "Overflow"],
      ["failed", 1, "Overflow"],
      ["failed", 2, "Overflow"],
      ["failed", 3, "Overflow"],
      // One answer a turn is all that pings cost.
      ["pong"],
    ]);
    await runtime.advance(100);
    expect(await answers(link, ...notes(2))).toEqual([["refused", "1", "Overflow"]]);
  });

  it("are not counted where the limit says so", async () => {
    const { connect } = serveBuilding({ limits: { messages: Infinity } });
    const link = await connect();
    for (let frame = 0; frame < 200; frame++) expect(await answers(link, ...notes(1_000))).toEqual([]);
  });
});

describe("refusals", () => {
  it("are bounded: a peer that brings about too many is disconnected", async () => {
    const { connect, hub } = serveBuilding({ limits: { refusals: 2 } });
    const link = await connect();
    const wrong = Array.from({ length: 30 }, (_, id) => ["event", "vault.opened", "x", `${id}`]);
    const told = await answers(link, ...wrong);
    expect(told).toHaveLength(21);
    expect(told.at(-1)).toMatchObject(["goodbye", { code: "Flood", retryable: true }]);
    expect(hub.peers()).toEqual([]);
  });

  it("that are the server's own doing count for nothing", async () => {
    const { connect, bus } = serveBuilding({ limits: { refusals: 1 } });
    bus.handle("room.size", () => {
      throw new Error("broken");
    });
    const link = await connect();
    for (let ref = 0; ref < 30; ref++) {
      expect(await answers(link, ["request", ref, "room.size", 100, "a"])).toEqual([
        ["failed", ref, "Internal"],
      ]);
    }
    expect(link.closed).toBeUndefined();
  });
});
