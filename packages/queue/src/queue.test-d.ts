import type { Observable } from "rxjs";
import { of } from "rxjs";
import { describe, expectTypeOf, test } from "vitest";
import {
  createQueue,
  type Disposer,
  type Dropped,
  type Entry,
  type EventwireError,
  type Key,
  OverflowError,
  type Queue,
  type QueueOptions,
  type QueueStats,
} from "./index.js";
import { stream } from "./rxjs.js";

interface Order {
  readonly id: number;
  readonly shop: string;
}

const order: Order = { id: 1, shop: "a" };
const orders = createQueue<Order>({ key: (data) => data.shop });

describe("createQueue", () => {
  test("gives a queue of what its type says, or its options", () => {
    expectTypeOf(orders).toEqualTypeOf<Queue<Order, boolean>>();
    expectTypeOf(createQueue()).toEqualTypeOf<Queue<unknown, boolean>>();
    const inferred = createQueue({ key: (data: Order) => data.id });
    expectTypeOf(inferred).toEqualTypeOf<Queue<Order, boolean>>();
  });

  test("gives one whose offers may be promises where they may have to wait", () => {
    const waiting = createQueue<Order>({ overflow: "wait", capacity: 10 });
    expectTypeOf(waiting.offer(order)).toEqualTypeOf<boolean | Promise<boolean>>();
    for (const overflow of ["reject", "drop-oldest", "drop-newest", "conflate"] as const) {
      expectTypeOf(createQueue<Order>({ overflow }).offer(order)).toEqualTypeOf<boolean>();
    }
    const options: QueueOptions<Order> = {};
    expectTypeOf(createQueue(options)).toEqualTypeOf<Queue<Order>>();
    // Every queue can be handed to who knows only of queues.
    expectTypeOf(orders).toExtend<Queue<Order>>();
    expectTypeOf(waiting).toExtend<Queue<Order>>();
    expectTypeOf(waiting).not.toExtend<Queue<Order, boolean>>();
  });

  test("tells what is dropped and what fails with its type", () => {
    createQueue<Order>({
      onDrop: (dropped) => expectTypeOf(dropped).toEqualTypeOf<Dropped<Order>>(),
      onFailure: ({ entry, error, retryIn }) => {
        expectTypeOf(entry).toEqualTypeOf<Entry<Order>>();
        expectTypeOf(error).toEqualTypeOf<unknown>();
        expectTypeOf(retryIn).toEqualTypeOf<number | undefined>();
      },
      backoff: (attempt) => attempt * 10,
    });
  });

  test("refuses wrong options", () => {
    // @ts-expect-error no such policy
    createQueue<Order>({ overflow: "block" });
    // @ts-expect-error a key is a string or a number
    createQueue<Order>({ key: (data) => ({ shop: data.shop }) });
    // @ts-expect-error no such part of the data
    createQueue<Order>({ key: (data) => data.store });
    // @ts-expect-error a number of milliseconds
    createQueue<Order>({ backoff: () => "1s" });
    // @ts-expect-error both or none
    createQueue<Order>({ rate: { limit: 5 } });
    // @ts-expect-error no such option
    createQueue<Order>({ concurrency: 5 });
  });
});

describe("a queue", () => {
  test("takes in only its data", () => {
    orders.offer(order, { key: 5, priority: -1, delay: 10, signal: new AbortController().signal });
    // @ts-expect-error other data
    orders.offer({ id: "1", shop: "a" });
    // @ts-expect-error no such option
    orders.offer(order, { ttl: 5 });
    // @ts-expect-error a key is a string or a number
    orders.offer(order, { key: Symbol("a") });
  });

  test("gives entries with their data", () => {
    expectTypeOf(orders.take()).toEqualTypeOf<Entry<Order> | undefined>();
    const entry = orders.take();
    if (entry) {
      expectTypeOf(entry.data).toEqualTypeOf<Order>();
      expectTypeOf(entry.key).toEqualTypeOf<Key | undefined>();
      expectTypeOf(entry.done()).toEqualTypeOf<boolean>();
      // @ts-expect-error what an entry is does not change
      entry.data = order;
      // @ts-expect-error of the queue's own
      entry.lane;
    }
  });

  test("gives work its data and the entry, and takes anything from it", () => {
    const stop = orders.work(
      async (data, entry) => {
        expectTypeOf(data).toEqualTypeOf<Order>();
        expectTypeOf(entry).toEqualTypeOf<Entry<Order>>();
        return 5;
      },
      { concurrency: 4, timeout: 1_000 },
    );
    expectTypeOf(stop).toEqualTypeOf<Disposer>();
    expectTypeOf(orders.watch(() => undefined)).toExtend<Disposable>();
    // @ts-expect-error of other data
    orders.work((data: string) => data);
    // @ts-expect-error no such option
    orders.work(() => undefined, { attempts: 5 });
  });

  test("is looped over by its entries", async () => {
    for await (const entry of orders.entries()) expectTypeOf(entry).toEqualTypeOf<Entry<Order>>();
    // @ts-expect-error one way to loop
    for await (const entry of orders) entry;
  });

  test("is not widened to take other data", () => {
    const named: Queue<Order> = orders;
    // @ts-expect-error who has it could offer what is no order
    const wider: Queue<Order | string> = named;
    expectTypeOf(orders.stats()).toEqualTypeOf<QueueStats>();
  });
});

describe("a stream of a queue", () => {
  test("gives the data, or what comes of work on them", () => {
    expectTypeOf(stream(orders)).toEqualTypeOf<Observable<Order>>();
    expectTypeOf(stream(orders, ({ id }) => of(id), { concurrency: 2 })).toEqualTypeOf<Observable<number>>();
    expectTypeOf(stream(orders, async ({ shop }, { attempt }) => `${shop} ${attempt}`)).toEqualTypeOf<
      Observable<string>
    >();
    // @ts-expect-error without work there is nothing to do at once
    stream(orders, { concurrency: 2 });
    // @ts-expect-error work gives something to observe
    stream(orders, ({ id }) => id);
    // @ts-expect-error no queue
    stream({});
  });
});

test("its errors are Eventwire's", () => {
  expectTypeOf(new OverflowError("full")).toExtend<EventwireError>();
});
