import { describe, expect, it } from "vitest";
import type { FakeLink } from "../fixtures/fake-link.js";
import { serveBuilding } from "../fixtures/served-building.js";
import { settle } from "../fixtures/settle.js";

const me = { user: "me" };
const badge = { badge: "a" };

async function serveGuard(links = 1) {
  const served = serveBuilding({ limits: { requests: 2 } });
  const connected: FakeLink[] = [];
  for (let index = 0; index < links; index++) connected.push(await served.connect());
  const confirm = (options?: { timeout?: number; signal?: AbortSignal }) =>
    served.hub.to(me).request("guard.confirm", badge, options);
  return { ...served, links: connected, link: connected[0]!, confirm };
}

async function taken(link: FakeLink) {
  await settle();
  return link.take();
}

describe("a request to a peer", () => {
  it("is asked of it, and answered by it", async () => {
    const { link, confirm, hub } = await serveGuard();
    const answer = confirm({ timeout: 500 });
    expect(await taken(link)).toEqual([["request", 1, "guard.confirm", 500, badge]]);
    link.arrive(["answer", 1, true]);
    expect(await answer).toBe(true);
    const [peer] = hub.peers();
    const direct = hub.to(peer!).request("guard.confirm", badge).result();
    await taken(link);
    link.arrive(["failed", 2, { code: "Asleep", message: "zzz", detail: { since: 5 } }]);
    expect(await direct).toMatchObject({ ok: false, error: { code: "Asleep", detail: { since: 5 } } });
  });

  it("leaves behind what its schema does not know, on the way out and in", async () => {
    const { link, hub } = await serveGuard();
    const extra = { ...badge, secret: "s" };
    void hub.to(me).request("guard.confirm", extra).result();
    expect((await taken(link))[0]).toStrictEqual(["request", 1, "guard.confirm", 10_000, badge]);
    const seen = hub.to(me).request("guard.watch", "a");
    const first = seen.next();
    expect(await taken(link)).toMatchObject([
      ["request", 2, "guard.watch", 10_000, "a"],
      ["pull", 2, 16],
    ]);
    link.arrive(["streaming", 2], ["item", 2, { badge: "b", admin: true }]);
    expect((await first).value).toStrictEqual({ badge: "b" });
  });

  it("is Disconnected where nobody is connected, and where the peer leaves", async () => {
    const { link, hub, confirm } = await serveGuard();
    await expect(hub.to({ user: "you" }).request("guard.confirm", badge)).rejects.toMatchObject({
      code: "Disconnected",
    });
    await expect(hub.to({ id: "x", user: 1 }).request("guard.confirm", badge)).rejects.toThrow(
      '"guard.confirm" was not asked: nobody is connected there.',
    );
    const answer = confirm();
    await taken(link);
    link.close({ code: "Lost", message: "Lost.", retryable: true });
    await expect(answer).rejects.toMatchObject({ code: "Disconnected" });
    await expect(confirm()).rejects.toMatchObject({ code: "Disconnected" });
  });

  it("is Disconnected where the peer whose turn comes has left meanwhile", async () => {
    const { links, confirm } = await serveGuard(2);
    const answer = confirm();
    await taken(links[1]!);
    links[0]!.close({ code: "Lost", message: "Lost.", retryable: true });
    links[1]!.arrive(["failed", 1, { code: "NoHandler", message: "Nobody handles it." }]);
    await expect(answer).rejects.toMatchObject({ code: "Disconnected" });
  });

  it("takes a malformed, a wrong and an unknown answer for what they are", async () => {
    const { link, confirm } = await serveGuard();
    const answer = confirm();
    await taken(link);
    link.arrive(["answer", 7, true], ["answer", 1, "yes"], ["answer", 1, true]);
    await expect(answer).rejects.toMatchObject({ code: "Invalid" });
    const failed = confirm();
    await taken(link);
    link.arrive(["failed", 2, { code: "Asleep", message: "", detail: { since: "noon" } }]);
    await expect(failed).rejects.toMatchObject({ code: "Invalid" });
  });

  it("that is not answered in time is Timeout, is cancelled, and nothing is kept of it", async () => {
    const { link, confirm, runtime } = await serveGuard();
    const waiting = [confirm({ timeout: 50 }).result(), confirm({ timeout: 50 }).result()];
    await taken(link);
    await expect(confirm()).rejects.toMatchObject({ code: "Overflow" });
    await runtime.advance(50);
    expect(await Promise.all(waiting)).toMatchObject([
      { error: { code: "Timeout" } },
      { error: { code: "Timeout" } },
    ]);
    expect(await taken(link)).toEqual([
      ["cancel", 1],
      ["cancel", 2],
    ]);
    expect(runtime.timers).toBe(0);
    const again = confirm();
    await taken(link);
    link.arrive(["answer", 1, false], ["answer", 3, true]);
    expect(await again).toBe(true);
  });

  it("ends with its signal, with its bus, and with its hub", async () => {
    const { link, confirm, hub, bus } = await serveGuard();
    const controller = new AbortController();
    const aborted = confirm({ signal: controller.signal });
    await taken(link);
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ code: "Aborted" });
    expect(await taken(link)).toEqual([["cancel", 1]]);
    const left = confirm().result();
    await hub.close();
    expect(await left).toMatchObject({ error: { code: "Disconnected" } });
    await bus.close();
    await expect(confirm()).rejects.toMatchObject({ code: "Closed" });
  });

  it("is of the contract, answered by clients, and valid", async () => {
    const { hub, link } = await serveGuard();
    const to = hub.to(me);
    await expect(to.request("room.size" as "guard.count", "a")).rejects.toMatchObject({ code: "Denied" });
    await expect(to.request("guard.sleep" as "guard.count", "a")).rejects.toMatchObject({ code: "Misuse" });
    await expect(to.request("guard.count", 5 as never)).rejects.toMatchObject({ code: "Invalid" });
    expect(await taken(link)).toEqual([]);
  });
});

describe("a request to a user with several connections", () => {
  it("is asked of the newest, and of the one before where that does not handle it", async () => {
    const { links, confirm } = await serveGuard(3);
    const answer = confirm();
    for (const link of [links[2]!, links[1]!]) {
      expect(await taken(link)).toMatchObject([["request", 1, "guard.confirm", 10_000, badge]]);
      link.arrive(["failed", 1, { code: "NoHandler", message: "" }]);
    }
    expect(await taken(links[0]!)).toMatchObject([["request", 1, "guard.confirm", 10_000, badge]]);
    links[0]!.arrive(["answer", 1, true]);
    expect(await answer).toBe(true);
  });

  it("is NoHandler where none of them handles it", async () => {
    const { links, confirm } = await serveGuard(2);
    const answer = confirm().result();
    for (const link of [...links].reverse()) {
      await taken(link);
      link.arrive(["failed", 1, { code: "NoHandler", message: "" }]);
    }
    expect(await answer).toMatchObject({ error: { code: "NoHandler" } });
  });

  it("is asked of another when one leaves only where it may be asked twice", async () => {
    const { links, confirm, hub } = await serveGuard(2);
    const [first, second] = links as [FakeLink, FakeLink];
    const lost = confirm().result();
    const counted = hub.to(me).request("guard.count", "a");
    await taken(second);
    second.close({ code: "Lost", message: "Lost.", retryable: true });
    expect(await lost).toMatchObject({ error: { code: "Disconnected" } });
    expect(await taken(first)).toMatchObject([["request", 1, "guard.count", 10_000, "a"]]);
    first.arrive(["answer", 1, 5]);
    expect(await counted).toBe(5);
  });
});
