import { describe, expect, it, vi } from "vitest";
import type { FakeLink } from "../fixtures/fake-link.js";
import { type BuildingOptions, serveBuilding } from "../fixtures/served-building.js";
import { settle } from "../fixtures/settle.js";

async function answers(link: FakeLink, ...messages: readonly unknown[]) {
  if (messages.length > 0) link.arrive(...messages);
  await settle();
  return link
    .take()
    .map((message) => (message[0] === "failed" ? ["failed", message[1], message[2].code] : message));
}

const watch = (ref: number, room: string) => ["request", ref, "room.watch", 60_000, room] as const;

/** A server whose rooms are watched without end, by a rule that may change its mind. */
async function serveWatching(rule: (room: string) => unknown, options: BuildingOptions = {}) {
  const served = serveBuilding({
    allow: { request: { "room.watch": ({ input }) => rule(input) as boolean } },
    ...options,
  });
  const watched = new Map<string, AbortSignal>();
  served.bus.handle("room.watch", async function* (room, { signal }) {
    watched.set(room, signal);
    for (let count = 1; !signal.aborted; count++) yield count;
  });
  const link = await served.connect();
  return { ...served, link, watched };
}

describe("an answer that is streamed", () => {
  it("ends when rules that are asked again deny it, and its handler is told; others go on", async () => {
    const rooms = new Set(["a", "b"]);
    const { hub, link, watched } = await serveWatching((room) => rooms.has(room));
    await answers(link, watch(1, "a"), watch(2, "b"), ["pull", 1, 1], ["pull", 2, 1]);
    expect(await hub.reauthorize()).toBe(0);
    rooms.delete("a");
    expect(await hub.reauthorize({ user: "somebody else" })).toBe(0);
    expect(await hub.reauthorize({ user: "me" })).toBe(1);
    expect(await answers(link)).toEqual([["failed", 1, "Denied"]]);
    expect([watched.get("a")!.aborted, watched.get("b")!.aborted]).toEqual([true, false]);
    expect(await answers(link, ["pull", 1, 1], ["pull", 2, 1])).toEqual([["item", 2, 2]]);
  });

  it("ends within a second after its allowance", async () => {
    let until = 0;
    const { link, runtime } = await serveWatching(() => ({ allow: true, until }));
    until = runtime.now() + 5_000;
    await answers(link, watch(1, "a"), ["pull", 1, 1]);
    until = runtime.now() + 60_000;
    await answers(link, watch(2, "b"), ["pull", 2, 1]);
    await runtime.advance(4_999);
    expect(await answers(link)).toEqual([]);
    await runtime.advance(1_001);
    expect(await answers(link)).toEqual([["failed", 1, "Denied"]]);
    await runtime.advance(60_000);
    expect(await answers(link)).toEqual([["failed", 2, "Denied"]]);
  });

  it("goes on where its allowance is prolonged", async () => {
    let until = 0;
    const { hub, link, runtime } = await serveWatching(() => ({ allow: true, until }));
    until = runtime.now() + 5_000;
    await answers(link, watch(1, "a"), ["pull", 1, 1]);
    until = runtime.now() + 90_000;
    expect(await hub.reauthorize()).toBe(0);
    await runtime.advance(80_000);
    expect(await answers(link, ["pull", 1, 1])).toEqual([["item", 1, 2]]);
    await runtime.advance(11_000);
    expect(await answers(link)).toEqual([["failed", 1, "Denied"]]);
  });

  it("does not begin by what a rule said before all was asked again", async () => {
    const waiting: ((answer: boolean) => void)[] = [];
    const rule = vi.fn(() => new Promise<boolean>((resolve) => waiting.push(resolve)));
    const { hub, link, watched } = await serveWatching(rule);
    await answers(link, watch(1, "a"));
    await hub.reauthorize();
    waiting.shift()!(true);
    await settle();
    expect(rule).toHaveBeenCalledTimes(2);
    waiting.shift()!(false);
    expect(await answers(link)).toEqual([["failed", 1, "Denied"]]);
    expect(watched.size).toBe(0);
  });

  it("is asked about again with fresh credentials, and ends where these do not allow it", async () => {
    const { link } = await serveWatching(() => true, {
      authenticate: ({ auth }) => ({ id: "me", guest: auth !== undefined }) as { id: string },
      allow: { request: { "room.watch": ({ peer }) => !(peer.user as unknown as { guest: boolean }).guest } },
    });
    await answers(link, watch(1, "a"), ["pull", 1, 1]);
    expect(await answers(link, ["auth", 2, "guest"])).toEqual([
      ["authorized", 2],
      ["failed", 1, "Denied"],
    ]);
  });

  it("that has ended leaves nothing to be ended, nor a timer", async () => {
    const { hub, link, runtime } = await serveWatching(() => ({
      allow: true,
      until: runtime.now() + 60_000,
    }));
    await answers(link, watch(1, "a"), ["pull", 1, 1]);
    await answers(link, ["cancel", 1]);
    expect(await hub.reauthorize()).toBe(0);
    await runtime.advance(120_000);
    expect(await answers(link)).toEqual([]);
    expect(runtime.timers).toBe(0);
  });
});
