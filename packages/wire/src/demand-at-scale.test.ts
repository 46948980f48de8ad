import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Quote, serveCrowd } from "../fixtures/crowd.js";
import type { FakeLink } from "../fixtures/fake-link.js";
import { settle } from "../fixtures/settle.js";
import { Batch } from "./batch.js";
import { Session } from "./session.js";

/** Called once for each frame that is made. */
const framed = vi.spyOn(Batch.prototype, "messages");
afterEach(() => framed.mockClear());
afterAll(() => framed.mockRestore());

const crowd = 5_000;
const own = 20;
const keys = crowd * own;
const keyOf = (index: number) => `key ${index % keys}`;

/** A quote, and how often its amount was read: once for each time that it was encoded. */
function countedQuote(symbol: string): { readonly quote: Quote; readonly reads: () => number } {
  let reads = 0;
  const quote = {
    symbol,
    get amount() {
      reads += 1;
      return 1;
    },
  };
  return { quote, reads: () => reads };
}

describe("with 100,000 keys, 5,000 peers and a few that want all", () => {
  let served: ReturnType<typeof serveCrowd>;
  let links: readonly FakeLink[];
  let wide: readonly FakeLink[];
  beforeAll(async () => {
    served = serveCrowd();
    links = await served.join(crowd, (peer) =>
      Array.from({ length: own }, (_, index) => ["quote.changed", keyOf(peer * own + index)] as const),
    );
    wide = await served.join(3, () => ["quote.changed", ["quote.changed", keyOf(7)], "market.halted"]);
  });

  it("an emit visits those who asked, and nobody else", async () => {
    const visits = vi.spyOn(Session.prototype, "sendEvent");
    const emits = 1_000;
    for (let index = 0; index < emits; index++)
      served.bus.emit("quote.changed", { symbol: keyOf(index * 7_919), amount: index });
    await settle();
    expect(visits).toHaveBeenCalledTimes(emits * (1 + wide.length));
    visits.mockClear();
    served.bus.emit("quote.changed", { symbol: "no key of anybody", amount: 0 });
    served.bus.emit("market.halted", { symbol: "all", amount: 0 });
    expect(visits).toHaveBeenCalledTimes(2 * wide.length);
    visits.mockRestore();
    await settle();
    for (const link of wide) expect(link.take()).toHaveLength(emits + 2);
    expect(links.reduce((sum, link) => sum + link.take().length, 0)).toBe(emits);
  });

  it("what one peer listens to twice, by its key and by its name, it is sent once", async () => {
    served.bus.emit("quote.changed", { symbol: keyOf(7), amount: 7 });
    await settle();
    for (const link of [links[0]!, ...wide]) expect(link.take()).toHaveLength(1);
  });
});

describe("peers that ask for the same", () => {
  const emitTo = async (count: number) => {
    const { bus, join } = serveCrowd();
    const links = await join(count, () => [["quote.changed", "a"], "market.halted"]);
    framed.mockClear();
    const { quote, reads } = countedQuote("a");
    bus.emit("quote.changed", quote);
    bus.emit("market.halted", quote);
    await settle();
    for (const link of links) expect(link.take()).toHaveLength(2);
    return { frames: framed.mock.calls.length, reads: reads() };
  };

  it("cost one validation, one encoding and one frame, however many they are", async () => {
    const one = await emitTo(1);
    expect(one.frames).toBe(1);
    expect(await emitTo(crowd)).toEqual(one);
  });

  it("share it with those who may hear more, and part only from what they may not", async () => {
    const { bus, join } = serveCrowd({
      allow: { listen: { "market.*": true, "quote.*": ({ peer }) => peer.user.id.endsWith("7") } },
    });
    await join(1_000, () => ["market.halted", ["quote.changed", "a"]]);
    framed.mockClear();
    for (let index = 0; index < 10; index++) bus.emit("market.halted", { symbol: "x", amount: index });
    await settle();
    expect(framed).toHaveBeenCalledTimes(1);
    for (let index = 0; index < 10; index++) {
      bus.emit("market.halted", { symbol: "x", amount: index });
      bus.emit("quote.changed", { symbol: "a", amount: index });
    }
    await settle();
    // One for those who may hear quotes, one for those who may not.
    expect(framed).toHaveBeenCalledTimes(3);
    bus.emit("market.halted", { symbol: "x", amount: 10 });
    await settle();
    expect(framed).toHaveBeenCalledTimes(4);
  });

  it("share it though one of them sent it, and so does not get it", async () => {
    const { bus, join } = serveCrowd();
    const links = await join(1_000, () => ["market.halted"]);
    framed.mockClear();
    links[17]!.arrive(["event", "market.halted", { symbol: "x", amount: 1 }, "id"]);
    bus.emit("market.halted", { symbol: "x", amount: 2 });
    await settle();
    expect(framed).toHaveBeenCalledTimes(2);
    expect(links.map((link) => link.take().length)).toEqual(links.map((_, peer) => (peer === 17 ? 1 : 2)));
  });
});

describe("what one user asks for", () => {
  it("is all that is looked at when their rights are asked about again, or they are addressed", async () => {
    const rule = vi.fn(() => true);
    const { hub, join } = serveCrowd({ allow: { listen: { "*": rule } } });
    await join(1_000, () => ["market.halted", ["quote.changed", "a"]]);
    rule.mockClear();
    await hub.reauthorize({ user: "user 7" });
    expect(rule).toHaveBeenCalledTimes(2);
    const visits = vi.spyOn(Session.prototype, "sendEvent");
    expect(hub.to({ user: "user 7" }).emit("market.halted", { symbol: "x", amount: 1 })).toBe(1);
    expect(visits).toHaveBeenCalledTimes(1);
    visits.mockRestore();
  });
});
