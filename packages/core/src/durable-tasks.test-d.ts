import { describe, expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  type Bus,
  type Cause,
  type Contract,
  createBus,
  defineContract,
  event,
  type ResultOf,
  type Subscription,
  type TaskContext,
  type TaskName,
  type TaskQueue,
  type TaskStatus,
  task,
} from "./index.js";

const parcels = defineContract({
  "parcel.route": task(z.object({ id: z.string() }), {
    key: ({ id }) => id,
    result: z.object({ stops: z.array(z.string()) }),
  }),
  "parcel.label": task(z.object({ id: z.string() })),
  "parcel.audit": task(z.string(), { from: "client" }),
  "parcel.routed": event(z.object({ stops: z.number() }), { delivery: "durable" }),
  "parcel.asked": event(z.string(), { delivery: "durable", from: "client" }),
  "parcel.seen": event(z.string()),
});
type Parcels = typeof parcels;
type Route = { stops: string[] };

declare const bus: Bus<Parcels>;
declare const client: Bus<Parcels, "client">;

describe("the result of a task", () => {
  test("is what its schema gives, or nothing", async () => {
    expectTypeOf<ResultOf<Parcels, "parcel.route">>().toEqualTypeOf<Route>();
    expectTypeOf<ResultOf<Parcels, "parcel.label">>().toEqualTypeOf<undefined>();
    const routes = bus.tasks("parcel.route");
    expectTypeOf(routes).toEqualTypeOf<TaskQueue<{ id: string }, string, Route>>();
    expectTypeOf(await routes.result("id")).toEqualTypeOf<Route>();
    expectTypeOf(await bus.tasks("parcel.label").result("id")).toEqualTypeOf<undefined>();
    expectTypeOf(await routes.state("id")).toEqualTypeOf<TaskStatus<string, Route> | undefined>();
    for await (const status of routes.watch("id", { signal: AbortSignal.timeout(1) })) {
      expectTypeOf(status).toEqualTypeOf<TaskStatus<string, Route>>();
    }
    expectTypeOf((await routes.dead())[0]!.cause).toEqualTypeOf<readonly Cause[]>();
    expectTypeOf(routes.cancel("id")).toEqualTypeOf<Promise<number>>();
    expectTypeOf(client.tasks("parcel.route")).toEqualTypeOf<TaskQueue<{ id: string }, string, Route>>();
  });

  test("is what a worker has to return", () => {
    bus.work("parcel.route", ({ id }) => ({ stops: [id] }));
    bus.work("parcel.route", async ({ id }) => ({ stops: [id] }));
    bus.work("parcel.label", () => undefined);
    bus.work("parcel.label", async () => 5);
    // @ts-expect-error it returns nothing
    bus.work("parcel.route", () => undefined);
    // @ts-expect-error it returns something else
    bus.work("parcel.route", async () => ({ stops: [1] }));
    // @ts-expect-error no such option
    bus.work("parcel.label", () => undefined, { size: 1 });
  });

  test("is none of what is released", () => {
    bus.work("parcel.route", ({ id }, task) => (id === "" ? task.release({ delay: 5 }) : { stops: [id] }));
    bus.work("parcel.route", async (_, task) => task.release());
    bus.workBatch("parcel.route", (tasks) => tasks.map((task) => task.release()));
    client.work("parcel.label", (_, task) => task.release());
    // @ts-expect-error it only looks like one
    bus.work("parcel.route", () => ({}));
    // @ts-expect-error a delay is a number
    bus.work("parcel.label", (_, task) => task.release({ delay: "5" }));
  });

  test("is refused where it is waited for by what is no id", () => {
    // @ts-expect-error an id is a text
    bus.tasks("parcel.route").result(1);
    // @ts-expect-error no such task
    bus.tasks("parcel.routed");
    // @ts-expect-error a time is a Date
    bus.tasks("parcel.route").forget({ before: 1 });
    // @ts-expect-error it is not said before when
    bus.tasks("parcel.route").forget();
  });
});

describe("enqueue", () => {
  test("takes when, and after what, a task is done", () => {
    bus.enqueue("parcel.label", { id: "a" }, { at: new Date(), after: ["x"], priority: 1 });
    // @ts-expect-error a time is a Date
    bus.enqueue("parcel.label", { id: "a" }, { at: 1 });
    // @ts-expect-error several ids are a list
    bus.enqueue("parcel.label", { id: "a" }, { after: "x" });
  });
});

describe("what a worker knows of its task", () => {
  test("lets it say how far it is, and what follows", () => {
    bus.work("parcel.label", async (parcel, task) => {
      expectTypeOf(parcel).toEqualTypeOf<{ id: string }>();
      expectTypeOf(task).toEqualTypeOf<TaskContext<"parcel.label", never, Parcels, "server">>();
      expectTypeOf(task.progress({ step: 1 })).toEqualTypeOf<Promise<void>>();
      expectTypeOf(task.onDone.emit("parcel.routed", { stops: 1 })).toEqualTypeOf<void>();
      const id = task.onDone.enqueue("parcel.route", { id: "a" }, { delay: 5 });
      expectTypeOf(id).toEqualTypeOf<string>();
      task.onDone.enqueue("parcel.label", { id: "b" }, { after: [id] });
      // @ts-expect-error what is not durable cannot be a part of it
      task.onDone.emit("parcel.seen", "x");
      // @ts-expect-error its data is something else
      task.onDone.emit("parcel.routed", "x");
      // @ts-expect-error clients emit it
      task.onDone.emit("parcel.asked", "x");
      // @ts-expect-error clients enqueue it
      task.onDone.enqueue("parcel.audit", "x");
      // @ts-expect-error nobody waits for it
      task.onDone.enqueue("parcel.label", { id: "c" }, { signal: AbortSignal.timeout(1) });
    });
  });

  test("is given to code that knows no contract", () => {
    const log = (task: TaskContext) => [task.id, task.name, task.key, task.progress(1)];
    bus.work("parcel.route", (_, task) => {
      log(task);
      return { stops: [] };
    });
    bus.use({ work: (task, next) => [task.progress(1), next()] });
  });
});

describe("workBatch", () => {
  test("gives several tasks, each of which may fail", () => {
    const stop = bus.workBatch(
      "parcel.label",
      async (tasks) => {
        for (const { data, fail, attempt } of tasks) {
          expectTypeOf(data).toEqualTypeOf<{ id: string }>();
          expectTypeOf(attempt).toEqualTypeOf<number>();
          fail(new Error("no"));
        }
      },
      { size: 10, wait: 5, timeout: 1_000 },
    );
    expectTypeOf(stop).toEqualTypeOf<Subscription>();
    bus.workBatch("parcel.route", (tasks) => tasks.map(({ key }) => ({ stops: [String(key)] })));
    // @ts-expect-error it returns nothing
    bus.workBatch("parcel.route", () => undefined);
    // @ts-expect-error one result for all
    bus.workBatch("parcel.route", async () => ({ stops: [] }));
    // @ts-expect-error batches are done one at a time
    bus.workBatch("parcel.label", () => undefined, { concurrency: 2 });
    // @ts-expect-error no such task
    bus.workBatch("parcel.seen", () => undefined);
  });
});

test("generic code enqueues, works and waits", async () => {
  const first = async <C extends Contract, N extends TaskName<C>>(of: Bus<C>, name: N) => {
    of.work(name, (_, task) => task.progress(1) as never);
    return of.tasks(name).result("id");
  };
  expectTypeOf(await first(createBus(parcels), "parcel.route")).toEqualTypeOf<Route>();
});
