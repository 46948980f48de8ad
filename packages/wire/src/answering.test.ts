import { describe, expect, it, vi } from "vitest";
import type { FakeLink } from "../fixtures/fake-link.js";
import { serveBuilding } from "../fixtures/served-building.js";
import { settle } from "../fixtures/settle.js";

async function answers(link: FakeLink, ...messages: readonly unknown[]) {
  link.take();
  link.arrive(...messages);
  await settle();
  return link.take();
}

const ask = (ref: number, timeout = 1_000) => ["request", ref, "room.size", timeout, "a"] as const;
const failed = (ref: number, code: string) => ["failed", ref, { code }];
const never = () => new Promise<never>(() => undefined);

describe("a request", () => {
  it("is answered with what its handler returns", async () => {
    const { connect, bus, hub } = serveBuilding();
    bus.handle("room.size", (room, { peer }) => {
      expect(peer).toBe(hub.peers()[0]);
      return room.length;
    });
    expect(await answers(await connect(), ask(7))).toEqual([["answer", 7, 1]]);
  });

  it("leaves behind what its schemas do not know, on the way in and out", async () => {
    const { connect, bus } = serveBuilding();
    const handler = vi.fn(({ badge }: { badge: string }) => ({ badge, secret: "s" }));
    bus.handle("badge.find", handler);
    const input = { badge: "a", admin: true };
    expect(await answers(await connect(), ["request", 1, "badge.find", 1_000, input])).toStrictEqual([
      ["answer", 1, { badge: "a" }],
    ]);
    expect(handler.mock.calls[0]![0]).toStrictEqual({ badge: "a" });
  });

  it.each([
    ["vault.code", "a", "Denied"],
    ["lamp.state", "a", "Denied"],
    ["note.added", "a", "Unsupported"],
    ["order.pack", "a", "Unsupported"],
    ["nothing.such", "a", "Unsupported"],
    ["__proto__", "a", "Unsupported"],
    ["valueOf", "a", "Unsupported"],
    ["room.size", 5, "Invalid"],
    ["room.size", "a", "NoHandler"],
  ])("%s of %j fails as %s", async (name, input, code) => {
    const { connect, hub } = serveBuilding();
    expect(await answers(await connect(), ["request", 1, name, 1_000, input])).toMatchObject([
      failed(1, code),
    ]);
    expect(hub.counters().refused).toEqual({ [code]: 1 });
  });

  it("is told a declared error with the detail that its schema knows, and no more", async () => {
    const { connect, bus } = serveBuilding();
    bus.handle("room.size", (_, { error }) => {
      throw error("NoRoom", { nearest: "b", secret: "s" } as { nearest: string });
    });
    const [answer] = await answers(await connect(), ask(1));
    expect(answer).toEqual([
      "failed",
      1,
      { code: "NoRoom", message: expect.any(String), detail: { nearest: "b" } },
    ]);
  });

  it.each<[string, () => number | Promise<number>]>([
    [
      "throws",
      () => {
        throw new Error("password=hunter2");
      },
    ],
    ["rejects", () => Promise.reject(new Error("password=hunter2"))],
    ["returns what its schema refuses", () => "password=hunter2" as unknown as number],
    ["returns what cannot be sent", () => (() => 1) as unknown as number],
  ])("whose handler %s fails as internal without a word of why, and is reported here", async (_, handler) => {
    const { connect, bus, errors } = serveBuilding();
    bus.handle("room.size", handler);
    const [answer] = await answers(await connect(), ask(1));
    expect(answer).toMatchObject(failed(1, "Internal"));
    expect(JSON.stringify(answer)).not.toContain("hunter2");
    expect(errors).toHaveLength(1);
  });

  it("whose declared error does not pass its schema fails as internal", async () => {
    const { connect, bus, errors } = serveBuilding();
    bus.handle("room.size", (_, { error }) => {
      throw error("NoRoom", (() => 1) as unknown as { nearest: string });
    });
    expect(await answers(await connect(), ask(1))).toMatchObject([failed(1, "Internal")]);
    expect(errors).toMatchObject([{ code: "Invalid" }]);
  });

  it("whose declared error is over the link's size fails as overflow", async () => {
    const { connect, bus } = serveBuilding();
    bus.handle("room.size", (_, { error }) => {
      throw error("NoRoom", { nearest: "x".repeat(2_000_000) });
    });
    expect(await answers(await connect(), ask(1))).toMatchObject([failed(1, "Overflow")]);
  });

  it("with the number of one that is not answered fails, and the first is answered", async () => {
    const { connect, bus } = serveBuilding();
    let answer: (size: number) => void = () => undefined;
    bus.handle("room.size", () => new Promise<number>((resolve) => (answer = resolve)));
    const link = await connect();
    expect(await answers(link, ask(1), ask(1))).toMatchObject([failed(1, "Invalid")]);
    answer(3);
    expect(await answers(link)).toEqual([["answer", 1, 3]]);
    expect(await answers(link, ask(1))).toEqual([]);
  });
});

describe("the time of a request", () => {
  it("is the client's, up to the server's limit", async () => {
    const { connect, bus, runtime } = serveBuilding({ limits: { requestTimeout: 500 } });
    bus.handle("room.size", never);
    const link = await connect();
    await answers(link, ask(1, 100), ask(2, Number.POSITIVE_INFINITY));
    await runtime.advance(100);
    expect(link.take()).toMatchObject([failed(1, "Timeout")]);
    await runtime.advance(400);
    expect(link.take()).toMatchObject([failed(2, "Timeout")]);
    expect(runtime.timers).toBe(0);
  });

  it("tells the handler when it is over", async () => {
    const { connect, bus, runtime } = serveBuilding();
    let signal: AbortSignal | undefined;
    bus.handle("room.size", (_, context) => {
      signal = context.signal;
      return never();
    });
    await answers(await connect(), ask(1, 100));
    await runtime.advance(100);
    expect(signal!.aborted).toBe(true);
  });
});

describe("a cancel", () => {
  it("tells the handler, answers once, and frees the number", async () => {
    const { connect, bus, runtime } = serveBuilding();
    const handler = vi.fn(
      (_: string, { signal }: { signal: AbortSignal }) =>
        new Promise<number>((_, reject) =>
          signal.addEventListener("abort", () => reject(new Error("stopped"))),
        ),
    );
    bus.handle("room.size", handler);
    const link = await connect();
    expect(await answers(link, ask(1), ["cancel", 1], ["cancel", 1])).toMatchObject([failed(1, "Aborted")]);
    expect(runtime.timers).toBe(0);
    await answers(link, ask(1));
    expect(handler).toHaveBeenCalledTimes(2);
  });

  it("of what was never asked, or is answered, does nothing", async () => {
    const { connect, bus } = serveBuilding();
    bus.handle("room.size", () => 1);
    const link = await connect();
    expect(await answers(link, ask(1))).toHaveLength(1);
    expect(await answers(link, ["cancel", 1], ["cancel", 99])).toEqual([]);
  });
});

describe("the limit of requests", () => {
  it("refuses one too many, until another is answered", async () => {
    const { connect, bus } = serveBuilding({ limits: { requests: 2 } });
    const open: ((size: number) => void)[] = [];
    bus.handle("room.size", () => new Promise<number>((resolve) => void open.push(resolve)));
    const link = await connect();
    expect(await answers(link, ask(1), ask(2), ask(3))).toMatchObject([failed(3, "Overflow")]);
    open[0]!(1);
    expect(await answers(link)).toEqual([["answer", 1, 1]]);
    expect(await answers(link, ask(3))).toEqual([]);
    expect(open).toHaveLength(3);
  });

  it.each([
    ["cancelled", ["cancel", 1]],
    ["out of time", undefined],
  ])("counts a handler that is still at work on what is %s", async (_, cancel) => {
    const { connect, bus, runtime } = serveBuilding({ limits: { requests: 1 } });
    const handler = vi.fn(never);
    bus.handle("room.size", handler);
    const link = await connect();
    await answers(link, ask(1, 10), ...(cancel ? [cancel] : []));
    await runtime.advance(10);
    await settle();
    expect(await answers(link, ask(2))).toMatchObject([failed(2, "Overflow")]);
    expect(handler).toHaveBeenCalledOnce();
  });
});

describe("a peer that leaves", () => {
  it("aborts what its handlers do, and what they answer goes nowhere", async () => {
    const { connect, bus, errors, runtime } = serveBuilding();
    let finish: (size: number) => void = () => undefined;
    let signal: AbortSignal | undefined;
    bus.handle("room.size", (_, context) => {
      signal = context.signal;
      return new Promise<number>((resolve) => (finish = resolve));
    });
    const link = await connect();
    await answers(link, ask(1));
    link.close({ code: "Lost", message: "Lost.", retryable: true });
    expect(signal!.aborted).toBe(true);
    finish(1);
    expect(await answers(link)).toEqual([]);
    expect(runtime.timers).toBe(0);
    expect(errors).toEqual([]);
  });
});
