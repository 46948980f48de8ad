import { describe, expect, it } from "vitest";
import { createTexts } from "../fixtures/texts.js";

const ended = { done: true, value: undefined };

describe("a loop over entries", () => {
  it("gives what waits and what comes; each is done when the next is asked for", async () => {
    const { queue, clock } = createTexts();
    const seen: string[] = [];
    queue.offer("a");
    void (async () => {
      for await (const { data } of queue.entries()) {
        const { inFlight, done } = queue.stats();
        seen.push(`${data}: ${inFlight} in flight, ${done} done`);
      }
    })();
    await clock.settle();
    queue.offer("b");
    await clock.settle();
    expect(seen).toEqual(["a: 1 in flight, 0 done", "b: 1 in flight, 1 done"]);
    expect(queue.stats()).toMatchObject({ inFlight: 0, done: 2 });
  });

  it("leaves alone what the loop settled itself", async () => {
    const { queue, clock } = createTexts();
    for (const text of ["a", "b"]) queue.offer(text);
    void (async () => {
      for await (const entry of queue.entries())
        if (entry.data === "a" && entry.attempt === 1) entry.retry(10);
    })();
    await clock.run();
    expect(queue.stats()).toMatchObject({ done: 2, retried: 1 });
  });

  it.each(["break", "error"])(
    "has failed in the middle of an entry on %s, unless it was settled",
    async (how) => {
      const { queue } = createTexts();
      for (const text of ["a", "b", "c"]) queue.offer(text);
      const loop = async (settles: boolean) => {
        for await (const entry of queue.entries()) {
          if (settles) entry.done();
          if (how === "break") break;
          throw new Error("broken");
        }
      };
      await loop(true).catch(() => undefined);
      expect(queue.stats()).toMatchObject({ done: 1, dead: 0, depth: 2 });
      await loop(false).catch(() => undefined);
      expect(queue.dead()).toMatchObject([{ data: "b", error: { code: "Abandoned", retryable: true } }]);
      expect(queue.stats()).toMatchObject({ done: 1, depth: 1, inFlight: 0 });
    },
  );

  it("gives one entry to one loop, those that ask first, first", async () => {
    const { queue, clock } = createTexts();
    const loops = [queue.entries(), queue.entries(), queue.entries()];
    const seen: string[] = [];
    for (const [index, loop] of loops.entries()) {
      void loop.next().then(({ value }) => seen.push(`${index} ${value?.data}`));
    }
    for (const text of ["a", "b", "c"]) queue.offer(text);
    await clock.settle();
    expect(seen).toEqual(["0 a", "1 b", "2 c"]);
  });

  it("may be asked for several at once, and settles them when it is asked again", async () => {
    const { queue, clock } = createTexts();
    const loop = queue.entries();
    const asked = [loop.next(), loop.next()];
    for (const text of ["a", "b", "c"]) queue.offer(text);
    expect((await Promise.all(asked)).map(({ value }) => value?.data)).toEqual(["a", "b"]);
    await clock.settle();
    expect(queue.stats()).toMatchObject({ inFlight: 2, depth: 1 });
    await loop.next();
    expect(queue.stats()).toMatchObject({ inFlight: 1, done: 2 });
  });

  it.each(["return", "abort", "close"])(
    "ends whoever waits for its next on %s, and asks for nothing more",
    async (how) => {
      const { queue, clock } = createTexts();
      const controller = new AbortController();
      const loop = queue.entries({ signal: controller.signal });
      const asked = [loop.next(), loop.next()];
      if (how === "return") await loop.return?.();
      else if (how === "abort") controller.abort();
      else await queue.close();
      await expect(Promise.all(asked)).resolves.toEqual([ended, ended]);
      if (how !== "close") queue.offer("a");
      await clock.settle();
      await expect(loop.next()).resolves.toEqual(ended);
      expect(queue.stats().inFlight).toBe(0);
    },
  );

  it("lets the loop end its entry when the signal aborts meanwhile", async () => {
    const { queue } = createTexts();
    const controller = new AbortController();
    for (const text of ["a", "b"]) queue.offer(text);
    for await (const _ of queue.entries({ signal: controller.signal })) controller.abort();
    expect(queue.stats()).toMatchObject({ done: 1, depth: 1, failed: 0 });
  });

  it("is empty when its signal has aborted or the queue is closed", async () => {
    const { queue } = createTexts();
    await expect(queue.entries({ signal: AbortSignal.abort() }).next()).resolves.toEqual(ended);
    await queue.close();
    await expect(queue.entries().next()).resolves.toEqual(ended);
  });
});
