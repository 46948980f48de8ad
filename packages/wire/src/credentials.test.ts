import { describe, expect, it, vi } from "vitest";
import { FakeLink as Fake, type FakeLink } from "../fixtures/fake-link.js";
import { type BuildingOptions, hello, serveBuilding } from "../fixtures/served-building.js";
import { settle } from "../fixtures/settle.js";
import type { Principal } from "./credentials.js";

type Authenticate = NonNullable<BuildingOptions["authenticate"]>;

/** Tokens are times, in seconds after the start, until which they hold. */
async function serveTokens(options: BuildingOptions = {}) {
  const authenticate = vi.fn<Authenticate>(({ auth }) => {
    const { user = "me", seconds } = auth as { user?: string; seconds?: number };
    if (seconds === 0) return undefined;
    return { id: user, expires: seconds === undefined ? undefined : start + seconds * 1_000 };
  });
  const served = serveBuilding({ authenticate, ...options });
  const start = served.runtime.now();
  const open = async (auth: object) => {
    const link = served.source.give(new Fake({ auth }));
    link.arrive(hello());
    await settle();
    return link;
  };
  return { ...served, authenticate, open };
}

const codes = (link: FakeLink) =>
  link.take().map((message) => {
    if (message[0] === "failed") return ["failed", message[1], message[2].code];
    if (message[0] === "refused") return ["refused", message[1], message[3].code];
    return message.slice(0, 2);
  });

async function answers(link: FakeLink, ...messages: readonly unknown[]) {
  link.arrive(...messages);
  await settle();
  return codes(link);
}

describe("credentials that expire", () => {
  it("are asked for a minute before, and again while there is time", async () => {
    const { open, runtime } = await serveTokens();
    const link = await open({ seconds: 600 });
    link.take();
    await runtime.advance(539_999);
    expect(link.take()).toEqual([]);
    await runtime.advance(1);
    expect(link.take()).toEqual([["expiring", 60_000]]);
    await runtime.advance(59_999);
    expect(link.take()).toEqual([
      ["expiring", 30_000],
      ["expiring", 15_000],
      ["expiring", 7_000],
      ["expiring", 3_000],
    ]);
  });

  it("of a short life are asked for at half of it", async () => {
    const { open, runtime } = await serveTokens();
    const link = await open({ seconds: 20 });
    link.take();
    await runtime.advance(10_000);
    expect(link.take()).toEqual([["expiring", 10_000]]);
  });

  it("end what is listened to, let nothing through, and then the link, which may come back", async () => {
    const { open, runtime, bus, hub } = await serveTokens();
    const heard = vi.fn();
    bus.on("note.added", heard);
    const link = await open({ seconds: 60 });
    await answers(link, ["listen", 1, "note.added"]);
    await runtime.advance(60_000);
    bus.emit("note.added", "mine alone");
    expect(codes(link).filter(([type]) => type !== "expiring")).toEqual([["failed", 1, "Denied"]]);
    expect(
      await answers(
        link,
        ["event", "note.added", "x", "7"],
        ["request", 2, "room.size", 100, "a"],
        ["listen", 3, "note.added"],
        ["unlisten", 1],
      ),
    ).toEqual([
      ["refused", "7", "Denied"],
      ["failed", 2, "Denied"],
      ["failed", 3, "Denied"],
    ]);
    expect(heard).toHaveBeenCalledOnce();
    await runtime.advance(29_999);
    expect(link.closed).toBeUndefined();
    await runtime.advance(1);
    expect(link.closed).toMatchObject({ code: "Expired", retryable: true });
    expect(hub.peers()).toEqual([]);
    expect(runtime.timers).toBe(0);
  });

  it("count to the millisecond for what is sent, though timers are coarser", async () => {
    const { open, runtime } = await serveTokens();
    const link = await open({ seconds: 10.25 });
    await runtime.advance(10_249);
    link.take();
    expect(await answers(link, ["event", "note.added", "x", "1"])).toEqual([]);
    await runtime.advance(1);
    expect(await answers(link, ["event", "note.added", "x", "2"])).toEqual([["refused", "2", "Denied"]]);
  });

  it("have expired when they come: the link is closed, and may come back", async () => {
    const { open, errors } = await serveTokens();
    const link = await open({ seconds: -1 });
    expect(link.closed).toMatchObject({ code: "Expired", retryable: true });
    expect(errors).toEqual([]);
  });

  it("in seconds are taken for a mistake", async () => {
    const { open, errors, runtime } = await serveTokens({
      authenticate: (): Principal => ({ id: "me", expires: runtime.now() / 1_000 + 600 }),
    });
    expect((await open({})).closed).toMatchObject({ code: "Expired" });
    expect(errors).toMatchObject([{ code: "Misuse", message: expect.stringContaining("not seconds") }]);
  });

  it.each([Number.NaN, "2099-01-01", null])("at %s is no time, so that nobody is let in", async (expires) => {
    const { open, errors } = await serveTokens({ authenticate: () => ({ id: "me", expires }) as Principal });
    expect((await open({})).closed).toMatchObject({ code: "Unavailable" });
    expect(errors).toMatchObject([{ code: "Misuse" }]);
  });
});

describe("fresh credentials", () => {
  it("of the same user count from then on, and what is listened to stays", async () => {
    const { open, runtime, bus, hub, authenticate } = await serveTokens();
    const link = await open({ seconds: 60 });
    await answers(link, ["listen", 1, "note.added"]);
    expect(await answers(link, ["auth", 2, { seconds: 3_600 }])).toEqual([["authorized", 2]]);
    expect(authenticate).toHaveBeenLastCalledWith({ ...link.facts, auth: { seconds: 3_600 } });
    expect(hub.peers()[0]!.facts.auth).toEqual({ seconds: 3_600 });
    await runtime.advance(3_000_000);
    bus.emit("note.added", "x");
    await settle();
    expect(codes(link)).toEqual([["event", "note.added"]]);
  });

  it("may take rights away: what is listened to is asked for again", async () => {
    const { open } = await serveTokens({
      allow: { listen: { "note.added": ({ peer }) => (peer.facts.auth as { reads: boolean }).reads } },
    });
    const link = await open({ reads: true });
    expect(await answers(link, ["listen", 1, "note.added"])).toContainEqual(["listening", 1]);
    expect(await answers(link, ["auth", 2, { reads: false }])).toEqual([
      ["authorized", 2],
      ["failed", 1, "Denied"],
    ]);
  });

  it("count also when they come after those of before have expired, in time", async () => {
    const { open, runtime } = await serveTokens();
    const link = await open({ seconds: 60 });
    await answers(link, ["listen", 1, "note.added"]);
    await runtime.advance(80_000);
    link.take();
    expect(await answers(link, ["auth", 2, { seconds: 600 }], ["listen", 1, "note.added"])).toEqual([
      ["failed", 1, "Denied"],
      ["authorized", 2],
    ]);
    expect(await answers(link, ["listen", 3, "note.added"])).toEqual([["listening", 3]]);
    await runtime.advance(300_000);
    expect(link.closed).toBeUndefined();
  });

  it("of somebody else end the link for good", async () => {
    const { open, hub } = await serveTokens();
    const link = await open({ user: "ann" });
    link.arrive(["auth", 1, { user: "bob" }]);
    await settle();
    expect(link.closed).toMatchObject({ code: "Denied", retryable: false });
    expect(hub.peers()).toEqual([]);
  });

  it("that are denied, or have expired, leave those of before in force", async () => {
    const { open, hub } = await serveTokens();
    const link = await open({ seconds: 60 });
    link.take();
    expect(await answers(link, ["auth", 1, { seconds: 0 }])).toEqual([["failed", 1, "Denied"]]);
    expect(await answers(link, ["auth", 2, { seconds: -5 }])).toEqual([["failed", 2, "Denied"]]);
    expect(hub.peers()[0]!.facts.auth).toEqual({ seconds: 60 });
    expect(await answers(link, ["listen", 3, "note.added"])).toEqual([["listening", 3]]);
  });

  it("whose check fails tell the peer no more than that", async () => {
    let broken = false;
    const { open, errors } = await serveTokens({
      authenticate: () => {
        if (broken) throw new Error("secret");
        return { id: "me" };
      },
    });
    const link = await open({});
    broken = true;
    link.take();
    link.arrive(["auth", 1, {}]);
    await settle();
    expect(link.take()).toEqual([["failed", 1, { code: "Internal", message: "Internal error." }]]);
    expect(errors).toMatchObject([{ message: "secret" }]);
  });

  it("are checked one after the other, and no more than so often", async () => {
    const { open, authenticate, runtime } = await serveTokens();
    const link = await open({});
    link.take();
    authenticate.mockClear();
    expect(await answers(link, ["auth", 1, {}], ["auth", 2, {}])).toEqual([
      ["failed", 2, "Overflow"],
      ["authorized", 1],
    ]);
    for (let ref = 3; ref < 30; ref++) await answers(link, ["auth", ref, {}]);
    expect(authenticate).toHaveBeenCalledTimes(6);
    await runtime.advance(10_000);
    expect(await answers(link, ["auth", 99, {}])).toEqual([["authorized", 99]]);
  });

  it("whose check hangs are given up, and may be sent again", async () => {
    let hangs = false;
    const { open, runtime } = await serveTokens({
      authenticate: () => (hangs ? new Promise(() => undefined) : { id: "me" }),
    });
    const link = await open({});
    hangs = true;
    link.take();
    await answers(link, ["auth", 1, {}]);
    await runtime.advance(10_000);
    expect(codes(link)).toEqual([["failed", 1, "Timeout"]]);
    hangs = false;
    expect(await answers(link, ["auth", 2, {}])).toEqual([["authorized", 2]]);
  });

  it("that say the same as before are not asked for without end", async () => {
    const { open, runtime } = await serveTokens();
    const link = await open({ seconds: 60 });
    await runtime.advance(30_000);
    link.take();
    await answers(link, ["auth", 1, { seconds: 60 }]);
    await runtime.advance(29_000);
    expect(codes(link)).toEqual([]);
  });

  it("do nothing where the peer has left before they were checked", async () => {
    let let_in: (user: Principal) => void = () => undefined;
    let slow = false;
    const { open, errors } = await serveTokens({
      authenticate: () =>
        slow
          ? new Promise<Principal>((resolve) => {
              let_in = resolve;
            })
          : { id: "me" },
    });
    const link = await open({});
    slow = true;
    link.arrive(["auth", 1, {}]);
    link.close({ code: "Lost", message: "", retryable: true });
    let_in({ id: "somebody else" });
    await settle();
    expect(link.closed).toMatchObject({ code: "Lost" });
    expect(errors).toEqual([]);
  });
});
