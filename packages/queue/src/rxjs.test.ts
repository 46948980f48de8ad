import { concat, firstValueFrom, NEVER, Observable, of, Subject, take, throwError, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import { createTexts } from "../fixtures/texts.js";
import { MisuseError } from "./errors/misuse-error.js";
import { stream } from "./rxjs.js";

describe("a stream of a queue", () => {
  it("gives the data of its entries, each done when it is given out", async () => {
    const { queue, clock } = createTexts();
    const seen: string[] = [];
    queue.offer("a");
    const subscription = stream(queue).subscribe((text) => seen.push(`${text} ${queue.stats().done}`));
    await clock.settle();
    queue.offer("b");
    await clock.settle();
    expect(seen).toEqual(["a 1", "b 2"]);
    subscription.unsubscribe();
    queue.offer("c");
    await clock.settle();
    expect([seen.length, queue.stats()]).toMatchObject([2, { depth: 1, inFlight: 0, done: 2 }]);
  });

  it("takes nothing unless it is subscribed, and no more than is asked for", async () => {
    const { queue, clock } = createTexts();
    const texts = stream(queue);
    for (const text of ["a", "b", "c"]) queue.offer(text);
    await clock.settle();
    expect(queue.size).toBe(3);
    await expect(firstValueFrom(texts.pipe(take(2), toArray()))).resolves.toEqual(["a", "b"]);
    await clock.settle();
    expect(queue.stats()).toMatchObject({ done: 2, depth: 1, inFlight: 0 });
  });

  it("shares the entries out among its subscribers", async () => {
    const { queue, clock } = createTexts();
    const seen: string[] = [];
    for (const name of ["one", "other"]) stream(queue).subscribe((text) => seen.push(`${name} ${text}`));
    for (const text of ["a", "b", "c", "d"]) queue.offer(text);
    await clock.settle();
    expect(seen.map((text) => text.split(" ")[1])).toEqual(["a", "b", "c", "d"]);
    expect(new Set(seen.map((text) => text.split(" ")[0])).size).toBe(2);
  });

  it("begins the work on the next entry when one completes, as many at once as it may", async () => {
    const { queue, clock } = createTexts();
    const works = new Map<string, Subject<string>>();
    const seen: string[] = [];
    const work = (text: string) => {
      const subject = new Subject<string>();
      works.set(text, subject);
      return subject;
    };
    stream(queue, work, { concurrency: 2 }).subscribe((value) => seen.push(value));
    for (const text of ["a", "b", "c"]) queue.offer(text);
    await clock.settle();
    expect([...works.keys()]).toEqual(["a", "b"]);
    works.get("b")?.next("b1");
    works.get("a")?.next("a1");
    works.get("b")?.complete();
    await clock.settle();
    expect([[...works.keys()], seen]).toEqual([
      ["a", "b", "c"],
      ["b1", "a1"],
    ]);
    expect(queue.stats()).toMatchObject({ done: 1, inFlight: 2 });
  });

  it("goes on when the work on an entry errors or throws: that attempt has failed", async () => {
    const { queue, clock } = createTexts({ attempts: 2, backoff: () => 10 });
    const seen: string[] = [];
    stream(queue, (text, { attempt }) => {
      if (text === "throws") throw new Error(text);
      return attempt === 1
        ? concat(
            of(`${text} begins`),
            throwError(() => new Error(text)),
          )
        : of(`${text} again`);
    }).subscribe((value) => seen.push(value));
    for (const text of ["errors", "throws"]) queue.offer(text);
    await clock.run();
    expect(seen).toEqual(["errors begins", "errors again"]);
    expect(queue.dead()).toMatchObject([{ data: "throws", attempts: 2, error: { message: "throws" } }]);
  });

  it("gives the entries under way back when it is unsubscribed, and ends the work on them", async () => {
    const { queue, clock } = createTexts();
    let ended = 0;
    const endless = new Observable<string>(() => () => ended++);
    const subscription = stream(queue, () => endless, { concurrency: 3 }).subscribe();
    for (const text of ["a", "b", "c"]) queue.offer(text);
    await clock.settle();
    expect(queue.stats().inFlight).toBe(3);
    subscription.unsubscribe();
    expect(ended).toBe(3);
    expect(queue.stats()).toMatchObject({ inFlight: 0, depth: 3, failed: 0 });
    expect(queue.take()?.attempt).toBe(1);
  });

  it.each(["close", "abort"])("completes on %s, after what is under way", async (how) => {
    const { queue, clock } = createTexts();
    const controller = new AbortController();
    const events: string[] = [];
    const subject = new Subject<string>();
    stream(queue, () => subject, { signal: controller.signal }).subscribe({
      next: (value) => events.push(value),
      complete: () => events.push("complete"),
    });
    for (const text of ["a", "b"]) queue.offer(text);
    await clock.settle();
    if (how === "abort") controller.abort();
    else void queue.close({ drain: 100 });
    await clock.settle();
    expect(events).toEqual([]);
    subject.next("value");
    subject.complete();
    await clock.advance(100);
    expect(events).toEqual(["value", "complete"]);
    expect(queue.stats()).toMatchObject({ done: how === "abort" ? 1 : 2, inFlight: 0 });
  });

  it("ends the work under way when the queue has ended, which drops the entry", async () => {
    const { queue, clock, dropped } = createTexts();
    let complete = false;
    stream(queue, () => NEVER).subscribe({
      complete: () => {
        complete = true;
      },
    });
    queue.offer("a");
    await clock.settle();
    await queue.close({ drain: 0 });
    await clock.settle();
    expect(complete).toBe(true);
    expect(dropped).toMatchObject([{ data: "a", reason: "closed" }]);
  });

  it("is empty when its signal has aborted", async () => {
    const { queue } = createTexts();
    queue.offer("a");
    await expect(
      firstValueFrom(stream(queue, { signal: AbortSignal.abort() }).pipe(toArray())),
    ).resolves.toEqual([]);
    expect(queue.size).toBe(1);
  });

  it.each(["work", "no work"])(
    "begins nothing that comes just as it is unsubscribed, with %s",
    async (how) => {
      const { queue, clock } = createTexts();
      const seen: string[] = [];
      const work = (text: string) => {
        seen.push(text);
        return of(text);
      };
      const watched = how === "work" ? stream(queue, work) : stream(queue);
      const subscription = watched.subscribe((text) => seen.push(text));
      await clock.settle();
      queue.offer("a");
      // After the queue gave the entry out, before the stream had its turn.
      queueMicrotask(() => subscription.unsubscribe());
      await clock.settle();
      expect(seen).toEqual([]);
      expect(queue.stats()).toMatchObject({ depth: 1, inFlight: 0, done: 0, failed: 0 });
    },
  );

  it("works on as many at once as there are when there is no limit", async () => {
    const { queue, clock } = createTexts();
    const subject = new Subject<string>();
    const seen: string[] = [];
    stream(queue, () => subject, { concurrency: Number.POSITIVE_INFINITY }).subscribe((text) =>
      seen.push(text),
    );
    for (const text of ["a", "b", "c"]) queue.offer(text);
    await clock.settle();
    expect(queue.stats().inFlight).toBe(3);
    subject.next("x");
    expect(seen).toEqual(["x", "x", "x"]);
  });

  it.each([0, 1.5, Number.NaN])("refuses to work on %s at once", (concurrency) => {
    const { queue } = createTexts();
    expect(() => stream(queue, (text) => of(text), { concurrency })).toThrow(MisuseError);
  });
});
