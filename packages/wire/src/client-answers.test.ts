import { describe, expect, it, vi } from "vitest";
import { startBuildingClient } from "../fixtures/connected-building.js";
import type { FakeLink } from "../fixtures/fake-link.js";
import { settle } from "../fixtures/settle.js";

async function answers(link: FakeLink, ...messages: readonly unknown[]) {
  link.take();
  link.arrive(...messages);
  await settle();
  return link.take();
}

const badge = { badge: "a" };
const confirm = (ref = 1, input: unknown = badge) => ["request", ref, "guard.confirm", 1_000, input] as const;

describe("a client", () => {
  it("answers what its server asks, with what its schemas know", async () => {
    const { bus, welcome } = startBuildingClient();
    const handler = vi.fn(() => true);
    bus.handle("guard.confirm", handler);
    bus.handle("guard.watch", () => [{ badge: "b", secret: "s" }]);
    const link = await welcome();
    expect(await answers(link, confirm(1, { ...badge, admin: true }))).toEqual([["answer", 1, true]]);
    expect(handler).toHaveBeenCalledExactlyOnceWith(
      badge,
      expect.objectContaining({ peer: { id: "server", user: undefined } }),
    );
    const watched = await answers(link, ["request", 2, "guard.watch", 1_000, "a"], ["pull", 2, 5]);
    expect(watched).toStrictEqual([
      ["streaming", 2],
      ["item", 2, { badge: "b" }],
      ["answer", 2],
    ]);
  });

  it("answers many as bytes where its server reads them, each with its own answer, and one alone as text", async () => {
    const { bus, welcome, errors } = startBuildingClient();
    bus.handle("guard.confirm", ({ badge }) => (badge === "b50" ? ("yes" as never) : badge.endsWith("1")));
    const link = await welcome({ codec: "messagepack" });
    await vi.waitFor(() => expect(link.take()).toEqual([["reads", "messagepack"]]));
    const ask = (ref: number) => confirm(ref, { badge: `b${ref}` });
    expect(await answers(link, ask(0))).toEqual([["answer", 0, false]]);
    expect(typeof link.frames.at(-1)).toBe("string");
    const refs = Array.from({ length: 200 }, (_, index) => index + 1);
    expect(await answers(link, ...refs.map(ask))).toEqual(
      refs.map((ref) =>
        ref === 50
          ? ["failed", ref, expect.objectContaining({ code: "Internal" })]
          : ["answer", ref, ref % 10 === 1],
      ),
    );
    expect(link.frames.at(-1)).toBeInstanceOf(Uint8Array);
    expect(errors).toMatchObject([{ code: "Invalid", about: "guard.confirm" }]);
  });

  it.each([
    ["guard.confirm", badge, "NoHandler"],
    ["guard.confirm", 5, "Invalid"],
    ["room.size", "a", "Denied"],
    ["note.added", "a", "Unsupported"],
    ["nothing.such", "a", "Unsupported"],
    ["__proto__", "a", "Unsupported"],
  ])("fails %s of %j as %s", async (name, input, code) => {
    const { welcome } = startBuildingClient();
    const link = await welcome();
    expect(await answers(link, ["request", 1, name, 1_000, input])).toMatchObject([["failed", 1, { code }]]);
  });

  it("tells its server of a declared error, and of another only that there was one", async () => {
    const { bus, welcome, errors } = startBuildingClient();
    let failure: Error | undefined;
    bus.handle("guard.confirm", (_, { error }) => {
      throw failure ?? error("Asleep", { since: 5 });
    });
    const link = await welcome();
    expect(await answers(link, confirm())).toMatchObject([
      ["failed", 1, { code: "Asleep", detail: { since: 5 } }],
    ]);
    failure = new Error("password=hunter2");
    const [answer] = await answers(link, confirm());
    expect(JSON.stringify(answer)).not.toContain("hunter2");
    expect(errors).toMatchObject([{ code: "Internal", cause: failure }]);
  });

  it("waits as long as its server says, does 256 at once, and ends what is cancelled or lost", async () => {
    const { bus, welcome, runtime } = startBuildingClient();
    const aborted = vi.fn();
    bus.handle("guard.confirm", (_, { signal }) => {
      return new Promise((_, reject) =>
        signal.addEventListener("abort", () => {
          aborted();
          reject(signal.reason);
        }),
      );
    });
    const link = await welcome();
    const asked = Array.from({ length: 257 }, (_, ref) => ["request", ref, "guard.confirm", 1e9, badge]);
    expect(await answers(link, ...asked)).toMatchObject([["failed", 256, { code: "Overflow" }]]);
    await runtime.advance(1e6);
    expect(aborted).not.toHaveBeenCalled();
    expect(await answers(link, ["cancel", 0])).toMatchObject([["failed", 0, { code: "Aborted" }]]);
    expect(aborted).toHaveBeenCalledTimes(1);
    link.close({ code: "Lost", message: "Lost.", retryable: true });
    expect(aborted).toHaveBeenCalledTimes(256);
    expect(runtime.timers).toBe(0);
  });

  it("answers nothing before its welcome, and nothing of an earlier connection", async () => {
    const { bus, welcome } = startBuildingClient();
    const open: ((sure: boolean) => void)[] = [];
    bus.handle("guard.confirm", () => new Promise((resolve) => open.push(resolve)));
    const first = await welcome();
    await answers(first, confirm());
    first.close({ code: "Lost", message: "Lost.", retryable: true });
    const second = await welcome();
    open[0]!(true);
    expect(await answers(second)).toEqual([]);
    await answers(second, confirm());
    open[1]!(false);
    expect(await answers(second)).toEqual([["answer", 1, false]]);
  });

  it("streams over its link, and fails the stream with it", async () => {
    const { bus, welcome, runtime } = startBuildingClient();
    const link = await welcome();
    const numbers = bus.request("room.watch", "a");
    await settle();
    expect(link.take()).toEqual([]);
    const first = numbers.next();
    await settle();
    expect(link.take()).toEqual([
      ["request", 257, "room.watch", 10_000, "a"],
      ["pull", 257, 16],
    ]);
    link.arrive(["streaming", 257], ["item", 257, 5]);
    expect(await first).toEqual({ done: false, value: 5 });
    expect(runtime.timers).toBe(0);
    const next = numbers.next();
    link.close({ code: "Lost", message: "Lost.", retryable: true });
    await expect(next).rejects.toMatchObject({ code: "Disconnected" });
    expect(await numbers.next()).toEqual({ done: true, value: undefined });
  });

  it.each(["Aborted", "Closed"])(
    "fails a stream as %s also where its end and items of it have come",
    async (code) => {
      const { bus, welcome } = startBuildingClient();
      const link = await welcome();
      const controller = new AbortController();
      const numbers = bus.request("room.watch", "a", { signal: controller.signal });
      const first = numbers.next();
      await settle();
      link.take();
      link.arrive(["streaming", 257], ["item", 257, 1], ["item", 257, 2], ["answer", 257]);
      expect(await first).toEqual({ done: false, value: 1 });
      if (code === "Aborted") controller.abort();
      else await bus.close();
      await expect(numbers.next()).rejects.toMatchObject({ code });
      await settle();
      expect(link.take().map(([type]) => type)).not.toContain("cancel");
    },
  );

  it("cancels a stream that its loop leaves", async () => {
    const { bus, welcome } = startBuildingClient();
    const link = await welcome();
    const looped = (async () => {
      for await (const number of bus.request("room.watch", "a")) if (number === 2) break;
    })();
    await settle();
    link.take();
    link.arrive(["streaming", 257], ["item", 257, 1], ["item", 257, 2], ["item", 257, 3]);
    await looped;
    await settle();
    expect(link.take()).toEqual([["cancel", 257]]);
  });
});
