import type { HandlerContext } from "@eventwire/core";
import { describe, expect, it } from "vitest";
import type { FakeLink } from "../fixtures/fake-link.js";
import { type BuildingOptions, serveBuilding } from "../fixtures/served-building.js";
import { settle } from "../fixtures/settle.js";

async function answers(link: FakeLink, ...messages: readonly unknown[]) {
  link.take();
  link.arrive(...messages);
  await settle();
  return link.take();
}

const watch = (ref = 1, timeout = 1_000) => ["request", ref, "room.watch", timeout, "a"] as const;
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => ["item", 1, from + index]);

/** A server whose stream counts, and is asked of over one link. */
async function serveCounter(options?: BuildingOptions, count = Number.POSITIVE_INFINITY) {
  const served = serveBuilding(options);
  const made: number[] = [];
  let ended = 0;
  let context: HandlerContext | undefined;
  served.bus.handle("room.watch", async function* (_, given) {
    context = given;
    try {
      for (let index = 1; index <= count; index++) {
        made.push(index);
        yield index;
      }
    } finally {
      ended += 1;
    }
  });
  const link = await served.connect();
  return { ...served, link, made, ended: () => ended, signal: () => context!.signal };
}

describe("a streamed answer", () => {
  it("begins, gives what is pulled, and ends", async () => {
    const { link, made, ended } = await serveCounter({}, 5);
    expect(await answers(link, watch())).toEqual([["streaming", 1]]);
    expect(made).toEqual([]);
    expect(await answers(link, ["pull", 1, 2])).toEqual(numbers(1, 2));
    expect(made).toEqual([1, 2]);
    expect(await answers(link, ["pull", 1, 16])).toEqual([...numbers(3, 5), ["answer", 1]]);
    expect(ended()).toBe(1);
    expect(await answers(link, ["pull", 1, 16], watch())).toEqual([["streaming", 1]]);
  });

  it("may be pulled in the frame that asks for it", async () => {
    const { link } = await serveCounter();
    expect(await answers(link, watch(), ["pull", 1, 1])).toEqual([["streaming", 1], ...numbers(1, 1)]);
  });

  it("is given no further ahead than 256 items, whatever is pulled", async () => {
    const { link, made, bus } = await serveCounter();
    bus.emit("note.added", "the loop goes on");
    await answers(link, watch());
    for (const pull of [1e15, Number.MAX_SAFE_INTEGER, 1e15]) {
      made.length = 0;
      link.arrive(["pull", 1, pull]);
      for (let turn = 0; turn < 100; turn++) await settle();
      expect(made).toHaveLength(256);
    }
    expect(await answers(link, ["pull", 1, 0])).toEqual([]);
  });

  it.each([["pull", 1, -1], ["pull", 1, 0.5], ["pull", 1, "16"], ["pull", 1], ["pull"]])(
    "refuses %j %j %j as no message",
    async (...pull) => {
      const { link } = await serveCounter();
      await answers(link, watch());
      expect(await answers(link, pull)).toMatchObject([["refused", null, null, { code: "Invalid" }]]);
    },
  );

  it("takes a pull for what is not asked, or not streamed, for nothing", async () => {
    const { link, bus } = await serveCounter();
    bus.handle("room.size", () => new Promise(() => undefined));
    expect(
      await answers(link, ["pull", 9, 5], ["request", 2, "room.size", 100, "a"], ["pull", 2, 5]),
    ).toEqual([]);
  });

  it("ends when it is cancelled, in the middle of an item too", async () => {
    const { link, ended, signal, runtime } = await serveCounter();
    await answers(link, watch(), ["pull", 1, 3]);
    expect(await answers(link, ["cancel", 1])).toMatchObject([["failed", 1, { code: "Aborted" }]]);
    expect(signal().aborted).toBe(true);
    expect(ended()).toBe(1);
    expect(await answers(link, ["pull", 1, 3])).toEqual([]);
    expect(runtime.timers).toBe(0);
  });

  it("ends when its peer leaves", async () => {
    const { link, ended, errors, runtime } = await serveCounter();
    await answers(link, watch(), ["pull", 1, 3]);
    link.close({ code: "Lost", message: "Lost.", retryable: true });
    await settle();
    expect(ended()).toBe(1);
    expect(errors).toEqual([]);
    expect(runtime.timers).toBe(0);
  });

  it("has its time until it begins, and then as long as it is pulled", async () => {
    const { link, runtime } = await serveCounter({ limits: { streamIdle: 500, requestTimeout: 100 } });
    expect(await answers(link, watch())).toEqual([["streaming", 1]]);
    for (let index = 1; index < 5; index++) {
      await runtime.advance(400);
      expect(await answers(link, ["pull", 1, 1])).toEqual(numbers(index, index));
    }
  });

  it("that never begins is Timeout", async () => {
    const { connect, bus, runtime } = serveBuilding({ limits: { requestTimeout: 100 } });
    bus.handle("room.watch", () => new Promise<number[]>(() => undefined));
    const link = await connect();
    await answers(link, watch(1, 1_000), ["pull", 1, 5]);
    await runtime.advance(100);
    expect(link.take()).toMatchObject([["failed", 1, { code: "Timeout" }]]);
  });

  it("that nobody pulls counts as a request in flight, and ends when it has waited too long", async () => {
    const { link, ended, runtime, errors } = await serveCounter({ limits: { streamIdle: 500, requests: 1 } });
    await answers(link, watch(), ["pull", 1, 1]);
    expect(await answers(link, watch(2))).toMatchObject([["failed", 2, { code: "Overflow" }]]);
    await runtime.advance(500);
    await settle();
    expect(link.take()).toMatchObject([["failed", 1, { code: "Timeout" }]]);
    expect(ended()).toBe(1);
    expect(runtime.timers).toBe(0);
    expect(await answers(link, watch(2))).toEqual([["streaming", 2]]);
    expect(errors).toEqual([]);
  });

  it("leaves behind what its schema does not know, and ends at what that refuses", async () => {
    const { connect, bus, errors } = serveBuilding();
    let ended = false;
    bus.handle("room.watch", function* () {
      try {
        yield 1;
        yield "two" as unknown as number;
        yield 3;
      } finally {
        ended = true;
      }
    });
    const link = await connect();
    expect(await answers(link, watch(), ["pull", 1, 16])).toMatchObject([
      ["streaming", 1],
      ["item", 1, 1],
      ["failed", 1, { code: "Internal", message: "Internal error." }],
    ]);
    expect(errors).toMatchObject([{ code: "Invalid" }]);
    expect(ended).toBe(true);
  });

  it("fails behind the items before: as declared with its detail, else without a word of why", async () => {
    const { connect, bus, errors } = serveBuilding();
    let failure: Error | undefined;
    bus.handle("room.watch", async function* (_, { error }) {
      yield 1;
      throw failure ?? error("NoRoom", { nearest: "b" });
    });
    const link = await connect();
    const failed = async () => (await answers(link, watch(), ["pull", 1, 16])).slice(1);
    expect(await failed()).toMatchObject([
      ["item", 1, 1],
      ["failed", 1, { code: "NoRoom", detail: { nearest: "b" } }],
    ]);
    failure = new Error("password=hunter2");
    const [, answer] = await failed();
    expect(answer).toMatchObject(["failed", 1, { code: "Internal" }]);
    expect(JSON.stringify(answer)).not.toContain("hunter2");
    expect(errors).toMatchObject([{ code: "Internal", cause: failure }]);
  });

  it("blocks no other stream when nobody pulls it", async () => {
    const { link } = await serveCounter();
    await answers(link, watch(1), watch(2));
    expect(await answers(link, ["pull", 2, 2])).toEqual([
      ["item", 2, 1],
      ["item", 2, 2],
    ]);
  });
});
