import { describe, expect, it } from "vitest";
import { createTexts, takeAll } from "../fixtures/texts.js";
import { AbortedError } from "./errors/aborted-error.js";
import { ClosedError } from "./errors/closed-error.js";

describe("an offer that waits for room", () => {
  const full = () => {
    const texts = createTexts({ capacity: 1, overflow: "wait" });
    texts.queue.offer("first");
    return texts;
  };

  it("does not wait when there is room", () => {
    const { queue } = createTexts({ capacity: 1, overflow: "wait" });
    expect(queue.offer("a")).toBe(true);
  });

  it("is let in when one is taken, those that wait in the order in which they came", async () => {
    const { queue, clock } = full();
    const events: string[] = [];
    for (const text of ["a", "b", "c"]) {
      void Promise.resolve(queue.offer(text, { priority: 9 })).then(() => events.push(`in ${text}`));
    }
    await clock.settle();
    expect([events, queue.stats().producers]).toEqual([[], 3]);
    expect(queue.take()?.data).toBe("first");
    await clock.settle();
    expect([events, queue.size]).toEqual([["in a"], 1]);
    expect(queue.take()?.data).toBe("a");
    expect(queue.take()?.data).toBe("b");
    await clock.settle();
    expect([events, queue.stats().producers]).toEqual([["in a", "in b", "in c"], 0]);
  });

  it("is not let in by the end of one in flight, which did not take room", async () => {
    const { queue } = full();
    const first = queue.take();
    queue.offer("second");
    void queue.offer("third");
    first?.done();
    expect([queue.size, queue.stats().producers]).toEqual([1, 1]);
  });

  it("keeps the delay that counts from the offer", async () => {
    const { queue, clock } = full();
    void queue.offer("delayed", { delay: 100 });
    await clock.advance(60);
    queue.take();
    await clock.advance(39);
    expect(queue.take()).toBeUndefined();
    await clock.advance(1);
    expect(queue.take()?.data).toBe("delayed");
  });

  it("ends with an error when its signal aborts, and others keep their turns", async () => {
    const { queue } = full();
    const controller = new AbortController();
    const aborted = queue.offer("a", { signal: controller.signal });
    const waiting = queue.offer("b");
    controller.abort("no time");
    await expect(aborted).rejects.toMatchObject({ code: "Aborted", cause: "no time", about: "texts" });
    expect(queue.stats().producers).toBe(1);
    takeAll(queue);
    await expect(waiting).resolves.toBe(true);
    expect(queue.stats()).toMatchObject({ offered: 2, inFlight: 2 });
  });

  it("is not made when its signal has aborted", () => {
    const { queue } = createTexts();
    expect(() => queue.offer("a", { signal: AbortSignal.abort() })).toThrow(AbortedError);
    expect(queue.size).toBe(0);
  });

  it("is not undone by an abort after it was let in", async () => {
    const { queue } = full();
    const controller = new AbortController();
    const waiting = queue.offer("a", { signal: controller.signal });
    queue.take();
    controller.abort();
    await expect(waiting).resolves.toBe(true);
    expect(queue.size).toBe(1);
  });

  it("ends with an error when the queue closes, and is not taken in", async () => {
    const { queue, clock } = full();
    const offers = ["a", "b"].map((text) => Promise.resolve(queue.offer(text)));
    const closed = queue.close({ drain: 10 });
    for (const offer of offers) await expect(offer).rejects.toBeInstanceOf(ClosedError);
    expect(takeAll(queue).map(({ data }) => data)).toEqual(["first"]);
    await clock.advance(10);
    await closed;
    expect(queue.stats()).toMatchObject({ offered: 1, dropped: 0 });
  });

  it("forgets twenty thousand that gave up while the queue stood still", async () => {
    const { queue } = full();
    let rejected = 0;
    for (let count = 0; count < 20_000; count++) {
      const controller = new AbortController();
      const offer = queue.offer("a", { signal: controller.signal });
      controller.abort();
      await Promise.resolve(offer).catch(() => rejected++);
    }
    expect([rejected, queue.stats().producers]).toEqual([20_000, 0]);
  });
});
