import { describe, expect, it } from "vitest";
import { createTexts, takeAll } from "../fixtures/texts.js";

describe("dead letters", () => {
  const withDead = (texts: readonly string[], deadLetters?: number) => {
    const created = createTexts({ deadLetters });
    for (const text of texts) created.queue.offer(text, { key: text, priority: 2 });
    for (const entry of takeAll(created.queue)) entry.fail(new Error(entry.data));
    return created;
  };

  it("are kept with what is known of them, in the order in which they died", () => {
    const { queue, clock } = withDead(["a", "b"]);
    expect(queue.dead()).toEqual([
      ...["a", "b"].map((text, index) => ({
        ...{ id: index + 1, data: text, key: text, priority: 2, attempts: 1 },
        ...{ offeredAt: clock.now(), diedAt: clock.now(), error: new Error(text) },
      })),
    ]);
    expect(queue.stats()).toMatchObject({ dead: 2, depth: 0 });
  });

  it("make room for newer ones, and are told as dropped then", () => {
    const { queue, dropped } = withDead(["a", "b", "c"], 2);
    expect(queue.dead().map(({ data }) => data)).toEqual(["b", "c"]);
    expect(dropped).toMatchObject([{ id: 1, data: "a", reason: "forgotten" }]);
  });

  it("are not kept where there is no room at all, but told", () => {
    const { queue, dropped } = withDead(["a"], 0);
    expect([queue.dead(), dropped.map(({ data }) => data)]).toEqual([[], ["a"]]);
  });

  it("are tried again by id or all, before what came later, with their priority and key", () => {
    const { queue } = withDead(["a", "b", "c"]);
    queue.offer("later", { priority: 2 });
    expect(queue.redrive([3, 99, 3])).toBe(1);
    expect(queue.redrive("all")).toBe(2);
    expect(queue.dead()).toEqual([]);
    const entries = takeAll(queue);
    expect(entries.map(({ data, attempt }) => `${data} ${attempt}`)).toEqual([
      "a 1",
      "b 1",
      "c 1",
      "later 1",
    ]);
    expect(entries.map(({ key, priority }) => `${key} ${priority}`)).toContain("a 2");
  });

  it("wake who works when they are redriven, and may die again", async () => {
    const { queue, clock } = withDead(["a"]);
    queue.work(() => Promise.reject("again"));
    await clock.settle();
    queue.redrive("all");
    await clock.settle();
    expect(queue.dead()).toMatchObject([{ id: 1, error: "again", attempts: 1 }]);
  });
});

describe("a failure", () => {
  it("is told with what comes of it", () => {
    const told: unknown[] = [];
    const { queue } = createTexts({
      attempts: 2,
      backoff: () => 70,
      onFailure: ({ entry, error, retryIn }) => {
        told.push([entry.data, entry.attempt, error, retryIn, entry.done()]);
      },
    });
    queue.offer("a");
    queue.take()?.fail("first");
    queue.offer("b");
    queue.take()?.retry(5);
    const { queue: dying } = createTexts({ onFailure: ({ retryIn, error }) => told.push([error, retryIn]) });
    dying.offer("c");
    dying.take()?.fail("last");
    expect(told).toEqual([
      ["a", 1, "first", 70, false],
      ["b", 1, undefined, 5, false],
      ["last", undefined],
    ]);
  });

  it("of what is told is reported, and changes nothing", () => {
    const { queue, clock } = createTexts({
      onFailure: () => {
        throw new Error("broken");
      },
    });
    queue.offer("a");
    expect(queue.take()?.fail("x")).toBe(true);
    expect(queue.dead()).toHaveLength(1);
    expect(clock.uncaughtErrors).toMatchObject([{ message: "broken" }]);
  });
});
