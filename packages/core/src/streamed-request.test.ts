import * as fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { countAbortListeners, createBoard, settle } from "../fixtures/board.js";
import type { HandlerContext, Inspection } from "./index.js";

const room = { name: "a" };

/** Handles by counting, and keeps what becomes of it. */
function createCounter(count = Number.POSITIVE_INFINITY) {
  const board = createBoard();
  const made: number[] = [];
  let ended = 0;
  let context: HandlerContext | undefined;
  board.bus.handle("point.watch", async function* (_, given) {
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
  return {
    ...board,
    made,
    ended: () => ended,
    signal: () => context!.signal,
    watch: (options?: { timeout?: number; signal?: AbortSignal }) =>
      board.bus.request("point.watch", room, options),
  };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of items) taken.push(item);
  return taken;
}

describe("a streamed request", () => {
  it("gives the items of its handler in order, and ends with them", async () => {
    const { watch, ended, runtime } = createCounter(3);
    const items = watch();
    expect(await all(items)).toEqual([1, 2, 3]);
    expect(ended()).toBe(1);
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expect(runtime.timers).toBe(0);
  });

  it.each<[string, () => Iterable<number> | AsyncIterable<number> | Promise<Iterable<number>>]>([
    ["an array", () => [1, 2]],
    ["a promise of one", async () => new Set([1, 2])],
    ["a stream of the platform", () => new Blob(["\u0001\u0002"]).stream().pipeThrough(bytesToNumbers())],
  ])("takes %s for an answer", async (_, handler) => {
    const { bus } = createBoard();
    bus.handle("point.watch", handler);
    expect(await all(bus.request("point.watch", room))).toEqual([1, 2]);
  });

  it("is not asked before its first item is", async () => {
    const { watch, made, runtime, bus } = createCounter();
    const types: string[] = [];
    bus.inspect(({ type }) => types.push(type));
    const items = watch();
    await settle();
    expect(made).toEqual([]);
    expect([types, runtime.timers]).toEqual([[], 0]);
    await items.next();
    expect(made).toEqual([1]);
    await items.return?.();
  });

  it("asks its handler for no more than is taken, however many are taken at once", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 8 }), async (takes) => {
        const { watch, made } = createCounter();
        const items = watch();
        let taken = 0;
        for (const take of takes) {
          const results = await Promise.all(Array.from({ length: take }, () => items.next()));
          expect(results.map(({ value }) => value)).toEqual(results.map((__, index) => taken + index + 1));
          taken += take;
          await settle();
          expect(made).toHaveLength(taken);
        }
        await items.return?.();
      }),
      { numRuns: 30 },
    );
  });

  it("told to end by its taker ends its handler, and leaves nothing with its signals", async () => {
    const { watch, made, ended, signal, runtime } = createCounter();
    const controller = new AbortController();
    const listeners = countAbortListeners(controller.signal);
    for await (const item of watch({ signal: controller.signal })) {
      expect(listeners()).toBe(1);
      if (item === 2) break;
    }
    await settle();
    expect(made).toEqual([1, 2]);
    expect(ended()).toBe(1);
    expect(signal().aborted).toBe(true);
    expect(listeners()).toBe(0);
    expect(runtime.timers).toBe(0);
  });

  it("ends its handler in the middle of an item, when its taker aborts", async () => {
    const { bus, errors } = createBoard();
    const controller = new AbortController();
    let released = 0;
    bus.handle("point.watch", () => {
      let wake: (result: IteratorResult<number>) => void = () => undefined;
      return {
        [Symbol.asyncIterator]: () => ({
          next: () => new Promise<IteratorResult<number>>((resolve) => (wake = resolve)),
          async return() {
            released += 1;
            wake({ done: true, value: undefined });
            return { done: true, value: undefined };
          },
        }),
      };
    });
    const items = bus.request("point.watch", room, { signal: controller.signal });
    const waiting = items.next();
    await settle();
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(waiting).rejects.toMatchObject({ code: "Aborted", cause: reason });
    await settle();
    expect(released).toBe(1);
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expect(errors).toEqual([]);
  });

  it("gives nothing more once its taker has aborted, though an item was on its way", async () => {
    const { bus } = createBoard();
    const controller = new AbortController();
    bus.handle("point.watch", async function* () {
      yield 1;
      controller.abort();
      yield 2;
    });
    const items = bus.request("point.watch", room, { signal: controller.signal });
    await items.next();
    await expect(items.next()).rejects.toMatchObject({ code: "Aborted" });
  });

  it("reaches no handler when its signal has aborted, or it was given up before it was asked", async () => {
    const { watch, made } = createCounter();
    await expect(all(watch({ signal: AbortSignal.abort() }))).rejects.toMatchObject({ code: "Aborted" });
    const items = watch();
    expect(await items.return?.()).toEqual({ done: true, value: undefined });
    expect(await items.next()).toEqual({ done: true, value: undefined });
    await settle();
    expect(made).toEqual([]);
  });

  it("throws what its handler throws behind the items before, once", async () => {
    const { bus } = createBoard();
    bus.handle("point.watch", async function* (_, context) {
      yield 1;
      throw context.error("NoRoom", { nearest: "b" });
    });
    const items = bus.request("point.watch", room);
    expect(await items.next()).toEqual({ done: false, value: 1 });
    await expect(items.next()).rejects.toMatchObject({ code: "NoRoom", detail: { nearest: "b" } });
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });

  it("keeps its failure for who asks next, where nobody waits", async () => {
    const { watch } = createCounter();
    const controller = new AbortController();
    const items = watch({ signal: controller.signal });
    await items.next();
    controller.abort();
    await settle();
    await expect(items.next()).rejects.toMatchObject({ code: "Aborted" });
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });

  it("fails as other requests do, for who takes it", async () => {
    const { bus } = createBoard();
    await expect(all(bus.request("point.watch", room))).rejects.toMatchObject({ code: "NoHandler" });
    bus.handle("point.watch", () => 5 as unknown as Iterable<number>);
    await expect(all(bus.request("point.watch", room))).rejects.toMatchObject({
      code: "Internal",
      cause: { message: "A handler of a streamed request has to return what can be iterated." },
    });
    await bus.close();
    await expect(all(bus.request("point.watch", room))).rejects.toMatchObject({ code: "Closed" });
  });

  it("has its time to begin, and then no limit", async () => {
    const { bus, runtime } = createBoard();
    const begin: ((items: AsyncIterable<number>) => void)[] = [];
    bus.handle("point.watch", () => new Promise<AsyncIterable<number>>((resolve) => begin.push(resolve)));
    const late = bus.request("point.watch", room, { timeout: 50 }).next();
    const rejected = expect(late).rejects.toMatchObject({ code: "Timeout" });
    await runtime.advance(50);
    await rejected;
    const items = bus.request("point.watch", room, { timeout: 50 });
    const first = items.next();
    await settle();
    let give: (value: number) => void = () => undefined;
    begin[1]!(
      (async function* () {
        yield await new Promise<number>((resolve) => (give = resolve));
      })(),
    );
    await settle();
    expect(runtime.timers).toBe(0);
    await runtime.advance(1e9);
    give(7);
    expect(await first).toEqual({ done: false, value: 7 });
  });

  it("ends what begins after its time", async () => {
    const { bus, runtime } = createBoard();
    let begin: (items: AsyncIterable<number>) => void = () => undefined;
    const source = { next: vi.fn(), return: vi.fn() };
    bus.handle("point.watch", () => new Promise<AsyncIterable<number>>((resolve) => (begin = resolve)));
    const late = bus.request("point.watch", room, { timeout: 50 }).next();
    const rejected = expect(late).rejects.toMatchObject({ code: "Timeout" });
    await runtime.advance(50);
    await rejected;
    begin({ [Symbol.asyncIterator]: () => source } as never);
    await settle();
    expect(source.next).not.toHaveBeenCalled();
    expect(source.return).toHaveBeenCalledOnce();
  });

  it("reports what a handler fails with while it is ended", async () => {
    const { bus, errors } = createBoard();
    const broken = new Error("could not close");
    bus.handle("point.watch", async function* () {
      try {
        yield 1;
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: it is what is tested.
        throw broken;
      }
    });
    for await (const _ of bus.request("point.watch", room)) break;
    await settle();
    expect(errors).toMatchObject([{ code: "Internal", about: "point.watch", cause: broken }]);
  });

  it("is at work until it has ended, for middleware, observers and the end of the bus", async () => {
    const { bus } = createBoard();
    const said: string[] = [];
    bus.use({
      async handle({ name }, next) {
        said.push(`begins ${name}`);
        said.push(`ends with ${await next()}`);
      },
    });
    bus.inspect(({ type }: Inspection) => type.startsWith("request.") && said.push(type));
    bus.handle("point.watch", () => [1, 2]);
    const items = bus.request("point.watch", room);
    await items.next();
    const closed = bus.close().then(() => said.push("closed"));
    expect(await all(items)).toEqual([2]);
    await closed;
    expect(said).toEqual([
      "request.asked",
      "begins point.watch",
      "ends with undefined",
      "request.answered",
      "closed",
    ]);
  });

  it("fails as closed when the bus has ended", async () => {
    const { watch, bus, ended, runtime } = createCounter();
    const items = watch();
    await items.next();
    const closed = bus.close({ drain: 5 });
    await runtime.advance(5);
    await closed;
    await expect(items.next()).rejects.toMatchObject({ code: "Closed" });
    await settle();
    expect(ended()).toBe(1);
  });

  it("is the cause of what its handler emits, also between items", async () => {
    const { bus } = createBoard();
    const causes: unknown[] = [];
    bus.on("chat.said", (_, { cause }) => causes.push(cause.map(({ name }) => name)));
    bus.handle("point.watch", async function* () {
      bus.emit("chat.said", "before");
      yield 1;
      await undefined;
      bus.emit("chat.said", "between");
    });
    await all(bus.request("point.watch", room));
    expect(causes).toEqual([["point.watch"], ["point.watch"]]);
  });
});

describe("a request that clients answer", () => {
  it("is neither asked of a bus nor handled on the server", async () => {
    const { bus } = createBoard();
    await expect(bus.request("user.confirm" as never, "sure?" as never)).rejects.toThrow(
      '"user.confirm" is answered by clients: ask one of them, by hub.to(peer).request().',
    );
    const handle = () => bus.handle("user.confirm" as never, (() => true) as never);
    expect(handle).toThrow('"user.confirm" is handled on the client; this bus is on the server side.');
  });
});

function bytesToNumbers() {
  return new TransformStream<Uint8Array, number>({
    transform(bytes, controller) {
      for (const byte of bytes) controller.enqueue(byte);
    },
  }) as unknown as ReadableWritablePair<number, Uint8Array> as never;
}
