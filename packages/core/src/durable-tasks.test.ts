import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { TroubledBroker } from "../fixtures/troubled-broker.js";
import {
  type BrokerFeatures,
  createBus,
  defineContract,
  EventwireError,
  event,
  type Inspection,
  type TaskStatus,
  task,
  unchecked,
} from "./index.js";
import { type MemoryOptions, memory } from "./memory.js";

const parcels = defineContract({
  "parcel.route": task(unchecked<string>(), { result: z.object({ stops: z.number() }), attempts: 2 }),
  "parcel.label": task(unchecked<string>(), { keep: 60_000 }),
  "parcel.weigh": task(unchecked<string>()),
  "parcel.scan": task(unchecked<string>(), { concurrency: 2 }),
  "parcel.print": task(unchecked<string>(), { rate: { count: 2, per: 1_000 } }),
  "parcel.routed": event(unchecked<string>(), { delivery: "durable" }),
  "parcel.seen": event(unchecked<string>()),
});

function createPost({
  features,
  memory: limits,
}: {
  readonly features?: Partial<BrokerFeatures>;
  readonly memory?: MemoryOptions;
} = {}) {
  const clock = new VirtualClock();
  const broker = new TroubledBroker(memory({ runtime: clock, ...limits }), features);
  const errors: EventwireError[] = [];
  const open = () => createBus(parcels, { broker, runtime: clock, onError: (error) => errors.push(error) });
  const pause = (milliseconds: number) => new Promise<void>((resolve) => clock.timer(resolve, milliseconds));
  return { bus: open(), open, broker, clock, errors, pause };
}

const { tasks: able } = memory().features;

/** As of a file that another program holds. */
class Locked extends EventwireError {
  readonly code = "Locked";
  override readonly retryable = true;
}

describe("a broker that cannot do it now", () => {
  it.each(["claim", "settle", "write"])("is asked again by who works: %s", async (operation) => {
    const { bus, broker, clock, errors } = createPost();
    let refused = 0;
    broker.trouble = async (asked, go) => {
      if (asked === operation && refused++ < 3) throw new Locked("The file is locked.");
      return go();
    };
    const { id } = await bus.enqueue("parcel.label", "a");
    let attempts = 0;
    bus.work("parcel.label", (data, task) => {
      attempts += 1;
      if (operation === "write") task.onDone.emit("parcel.routed", data);
    });
    const result = bus.tasks("parcel.label").result(id);
    await clock.advance(5_000);
    await expect(result).resolves.toBeUndefined();
    expect(attempts).toBe(1);
    expect(errors).toMatchObject([{ code: "Broker", cause: { code: "Locked" } }]);
    await bus.close();
    expect(clock.timers).toBe(0);
  });

  it("is not asked again by who waits for the answer", async () => {
    const { bus, broker } = createPost();
    broker.trouble = async (asked, go) => {
      if (asked === "enqueue") throw new Locked("The file is locked.");
      return go();
    };
    await expect(bus.enqueue("parcel.label", "a")).rejects.toMatchObject({ code: "Locked" });
    await bus.close();
  });
});

describe("a task that is refused", () => {
  it("fails alone of those that are enqueued with it", async () => {
    const { bus, clock } = createPost();
    const enqueued = ["a", "b", "never", "d", "e"].map((data) =>
      bus.enqueue("parcel.weigh", data, data === "never" ? { after: ["never"] } : {}).then(
        ({ duplicate }) => duplicate,
        ({ code, about }: EventwireError) => [code, about],
      ),
    );
    expect(await clock.until(Promise.all(enqueued))).toEqual([
      false,
      false,
      ["Invalid", "parcel.weigh"],
      false,
      false,
    ]);
    const done: string[] = [];
    bus.work("parcel.weigh", (data) => void done.push(data));
    await clock.settle();
    expect(done).toEqual(["a", "b", "d", "e"]);
    await bus.close();
  });
});

describe("the result of a task", () => {
  it("is waited for, checked and kept for its time", async () => {
    const { bus, open, clock } = createPost();
    const { id } = await bus.enqueue("parcel.route", "p");
    const early = bus.tasks("parcel.route").result(id);
    const elsewhere = open().tasks("parcel.route").result(id);
    await clock.settle();
    bus.work("parcel.route", (data) => ({ stops: data.length, more: true }) as { stops: number });
    await clock.settle();
    expect([await early, await elsewhere]).toEqual([{ stops: 1 }, { stops: 1 }]);
    await clock.advance(3_599_000);
    expect(await bus.tasks("parcel.route").result(id)).toEqual({ stops: 1 });
    await clock.advance(1_000);
    await expect(bus.tasks("parcel.route").result(id)).rejects.toMatchObject({ code: "UnknownTask", id });
    await bus.close();
    expect(clock.timers).toBe(0);
  });

  it("fails the attempt where it is not what the contract says", async () => {
    const { bus, clock, errors } = createPost();
    const { id } = await bus.enqueue("parcel.route", "p");
    const result = bus.tasks("parcel.route").result(id);
    result.catch(() => undefined);
    bus.work("parcel.route", () => ({ stops: "many" }) as never);
    await clock.advance(10_000);
    await expect(result).rejects.toMatchObject({ code: "TaskDead", id, about: "parcel.route" });
    expect(errors).toMatchObject([{ code: "Dead", attempts: 2, cause: { code: "Invalid" } }]);
  });

  it("is a reason to reject where the task dies, is cancelled, is another's or never was", async () => {
    const { bus, clock } = createPost();
    const labels = bus.tasks("parcel.label");
    const [died, cancelled] = [
      await bus.enqueue("parcel.label", "a"),
      await bus.enqueue("parcel.label", "b"),
    ];
    const results = [died, cancelled].map(({ id }) => labels.result(id));
    for (const result of results) result.catch(() => undefined);
    await labels.cancel(cancelled.id);
    bus.work("parcel.label", () => {
      throw new Error("no paper");
    });
    await clock.settle();
    await expect(results[0]).rejects.toMatchObject({ code: "TaskDead", reason: "no paper" });
    await expect(results[1]).rejects.toMatchObject({ code: "Cancelled", id: cancelled.id });
    await expect(labels.result("never")).rejects.toMatchObject({ code: "UnknownTask", id: "never" });
    await expect(bus.tasks("parcel.route").result(died.id)).rejects.toMatchObject({ code: "UnknownTask" });
    expect(await bus.tasks("parcel.route").state(died.id)).toBeUndefined();
  });

  it("is waited for no longer than the signal says, or the bus lives", async () => {
    const { bus, clock } = createPost();
    const { id } = await bus.enqueue("parcel.label", "a");
    const controller = new AbortController();
    const aborted = bus.tasks("parcel.label").result(id, { signal: controller.signal });
    const closed = bus.tasks("parcel.label").result(id);
    const watched = bus.tasks("parcel.label").watch(id);
    for (const result of [aborted, closed]) result.catch(() => undefined);
    await watched.next();
    const over = watched.next();
    await clock.settle();
    controller.abort("enough");
    await expect(aborted).rejects.toMatchObject({ code: "Aborted", cause: "enough" });
    await expect(bus.tasks("parcel.label").result(id, { signal: AbortSignal.abort() })).rejects.toMatchObject(
      { code: "Aborted" },
    );
    await clock.until(bus.close());
    await expect(closed).rejects.toMatchObject({ code: "Closed" });
    expect(await over).toEqual({ done: true, value: undefined });
  });

  it("is asked for together by many who wait, and found within a second where hints are lost", async () => {
    const { bus, broker, clock } = createPost({ features: { scope: "cluster" } });
    const receipts = await Promise.all(
      Array.from({ length: 100 }, (_, index) => bus.enqueue("parcel.label", String(index))),
    );
    broker.hints = false;
    const results = receipts.map(({ id }) => bus.tasks("parcel.label").result(id));
    await clock.settle();
    bus.work("parcel.label", () => undefined, { concurrency: 100 });
    const before = broker.count("states");
    await clock.advance(1_000);
    expect(await Promise.all(results)).toHaveLength(100);
    expect(broker.count("states") - before).toBeLessThan(5);
  });

  it("needs a broker that keeps it", async () => {
    const { bus } = createPost({ features: { tasks: { ...able, results: false } } });
    await expect(bus.enqueue("parcel.route", "a")).rejects.toMatchObject({ code: "Unsupported" });
    await expect(bus.enqueue("parcel.label", "a")).rejects.toThrow("tasks.results");
    await bus.enqueue("parcel.weigh", "a");
  });
});

describe("how a task stands", () => {
  it("is told when it is asked for, with its progress", async () => {
    const { bus, clock } = createPost();
    const { id } = await bus.enqueue("parcel.label", "a", { delay: 1_000 });
    const labels = bus.tasks("parcel.label");
    const bare = {
      id,
      key: undefined,
      attempt: 0,
      progress: undefined,
      result: undefined,
      reason: undefined,
    };
    expect(await labels.state(id)).toEqual({ ...bare, state: "delayed" });
    bus.work("parcel.label", async (_, task) => task.progress({ step: 1, at: new Date(5) }));
    await clock.advance(2_000);
    expect(await labels.state(id)).toEqual({
      ...bare,
      ...{ state: "done", attempt: 1, progress: { step: 1, at: new Date(5) } },
    });
    expect(await labels.state("never")).toBeUndefined();
  });

  it("is watched until it is over, each change once", async () => {
    const { bus, clock, pause } = createPost();
    const { id } = await bus.enqueue("parcel.label", "a");
    const seen: unknown[] = [];
    const watching = (async () => {
      for await (const { state, progress } of bus.tasks("parcel.label").watch(id))
        seen.push([state, progress]);
    })();
    await clock.settle();
    bus.work("parcel.label", async (_, task) => {
      await pause(500);
      await task.progress(1);
      await pause(500);
      await task.progress(2);
      await pause(500);
    });
    await bus.enqueue("parcel.label", "another");
    await clock.advance(5_000);
    await watching;
    expect(seen).toEqual([
      ["waiting", undefined],
      ["claimed", undefined],
      ["claimed", 1],
      ["claimed", 2],
      ["done", 2],
    ]);
  });

  it("is not watched of a task that is not known, and no longer than the signal says", async () => {
    const { bus, clock } = createPost();
    await expect(bus.tasks("parcel.label").watch("never").next()).rejects.toMatchObject({
      code: "UnknownTask",
    });
    const { id } = await bus.enqueue("parcel.weigh", "a");
    const controller = new AbortController();
    const watching = bus.tasks("parcel.weigh").watch(id, { signal: controller.signal });
    expect(await watching.next()).toMatchObject({ value: { state: "waiting" } });
    const next = watching.next();
    await clock.settle();
    controller.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    const gone = bus.tasks("parcel.weigh").watch(id);
    await gone.next();
    bus.work("parcel.weigh", () => undefined);
    const states: TaskStatus[] = [];
    for await (const status of gone) states.push(status);
    expect(states.every(({ state }) => state === "claimed")).toBe(true);
  });

  it("is written at most every 100 ms, the newest, and is over with the task", async () => {
    const { bus, broker, clock, pause } = createPost();
    const { id } = await bus.enqueue("parcel.label", "a");
    const { id: other } = await bus.enqueue("parcel.label", "b");
    const said: Promise<void>[] = [];
    const written: unknown[] = [];
    broker.trouble = async (operation, go) => {
      const result = await go();
      if (operation === "settle") written.push(clock.monotonic());
      return result;
    };
    bus.work("parcel.label", async (data, task) => {
      for (let step = 0; step < 10; step++) said.push(task.progress(step));
      await Promise.all(said);
      for (let step = 10; step < 20; step++) said.push(task.progress(step));
      if (data === "a") await Promise.all(said);
      else await pause(10);
    });
    const start = clock.monotonic();
    await clock.advance(1_000);
    await Promise.all(said);
    expect(await bus.tasks("parcel.label").state(id)).toMatchObject({ state: "done", progress: 19 });
    expect(await bus.tasks("parcel.label").state(other)).toMatchObject({ state: "done", progress: 9 });
    expect(written.map((at) => Number(at) - start)).toEqual([0, 100, 100, 100, 110]);
    expect(clock.timers).toBe(0);
  });

  it("refuses progress that cannot be kept, and has nobody handle that", async () => {
    const { bus, clock, errors } = createPost({ features: { tasks: { ...able, results: false } } });
    const codes: unknown[] = [];
    bus.work("parcel.weigh", async (_, task) => {
      void task.progress(1);
      await task.progress(1).catch((error: EventwireError) => codes.push(error.code));
    });
    await bus.enqueue("parcel.weigh", "a");
    await clock.settle();
    const { bus: able2, clock: clock2 } = createPost();
    able2.work("parcel.weigh", async (_, task) => {
      await task.progress(() => undefined).catch((error: EventwireError) => codes.push(error.code));
    });
    await able2.enqueue("parcel.weigh", "a");
    await clock2.settle();
    expect(codes).toEqual(["Unsupported", "Invalid"]);
    expect(errors).toEqual([]);
  });
});

describe("a task that is cancelled", () => {
  it("under way tells its worker within a second, and is no failure", async () => {
    const { bus, open, clock, errors } = createPost();
    const { id } = await bus.enqueue("parcel.label", "a");
    const reasons: unknown[] = [];
    const said: unknown[] = [];
    const told: Inspection["type"][] = [];
    bus.inspect(({ type }) => type.startsWith("task.") && told.push(type));
    bus.work("parcel.label", async (_, task) => {
      await new Promise<void>((resolve) => task.signal.addEventListener("abort", () => resolve()));
      reasons.push(task.signal.reason);
      await task.progress(1).catch((error: EventwireError) => said.push(error.code));
      task.onDone.emit("parcel.routed", "a");
    });
    await clock.settle();
    expect(await open().tasks("parcel.label").cancel([id])).toBe(1);
    await clock.advance(1_000);
    expect(reasons).toMatchObject([{ code: "Cancelled", id, about: "parcel.label" }]);
    expect(said).toEqual(["Cancelled"]);
    expect(told).toEqual(["task.started", "task.cancelled"]);
    expect(errors).toEqual([]);
    expect(await bus.tasks("parcel.label").state(id)).toMatchObject({ state: "cancelled" });
    await clock.until(bus.close());
  });

  it("tells its worker within a second where hints are lost", async () => {
    const { bus, open, broker, clock } = createPost({ features: { scope: "cluster" } });
    const { id } = await bus.enqueue("parcel.weigh", "a");
    let reason: unknown;
    bus.work("parcel.weigh", async (_, { signal }) => {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      reason = signal.reason;
    });
    await clock.advance(3_000);
    broker.hints = false;
    await open().tasks("parcel.weigh").cancel(id);
    await clock.advance(1_000);
    expect(reason).toMatchObject({ code: "Cancelled", id });
  });

  it("just before it ends, or says how far it is, is no failure either, and leaves nothing", async () => {
    const { bus, clock, errors } = createPost();
    const listener = vi.fn();
    bus.on("parcel.routed", listener);
    const codes: unknown[] = [];
    bus.work("parcel.label", async (data, task) => {
      task.onDone.emit("parcel.routed", data);
      await bus.tasks("parcel.label").cancel(task.id);
      if (data === "b") await task.progress(1).catch((error: EventwireError) => codes.push(error.code));
    });
    bus.work("parcel.weigh", async (_, task) => {
      await bus.tasks("parcel.weigh").cancel(task.id);
    });
    await bus.enqueue("parcel.label", "a");
    await bus.enqueue("parcel.label", "b");
    await bus.enqueue("parcel.weigh", "c");
    await clock.advance(1_000);
    expect(codes).toEqual(["Cancelled"]);
    expect(listener).not.toHaveBeenCalled();
    expect(errors).toEqual([]);
  });
});

describe("tasks of a name", () => {
  it("are held back and go on, over all buses", async () => {
    const { bus, open, clock } = createPost();
    const done: string[] = [];
    open().work("parcel.weigh", (data) => done.push(data));
    await bus.tasks("parcel.weigh").pause();
    await bus.enqueue("parcel.weigh", "a");
    await clock.advance(5_000);
    expect(done).toEqual([]);
    expect(await bus.tasks("parcel.weigh").counts()).toMatchObject({ waiting: 1, paused: true });
    await bus.tasks("parcel.weigh").resume();
    await clock.settle();
    expect(done).toEqual(["a"]);
  });

  it("that died are forgotten by when they did, and tell what led to them", async () => {
    const { bus, clock } = createPost();
    bus.work("parcel.weigh", () => {
      throw new Error("no");
    });
    bus.on("parcel.seen", (data) => {
      void bus.enqueue("parcel.weigh", data);
    });
    bus.emit("parcel.seen", "a");
    await clock.advance(1_000);
    const [letter] = await bus.tasks("parcel.weigh").dead();
    expect(letter).toMatchObject({ data: "a", cause: [{ name: "parcel.seen", kind: "event" }] });
    const diedAt = new Date(letter!.diedAt);
    expect(await bus.tasks("parcel.weigh").forget({ before: diedAt })).toBe(0);
    expect(await bus.tasks("parcel.weigh").forget({ before: new Date(letter!.diedAt + 1) })).toBe(1);
    expect(await bus.tasks("parcel.weigh").dead()).toEqual([]);
  });

  it("are no more under way, and begun, than the contract says, over all buses", async () => {
    const { bus, open, clock, pause } = createPost();
    let [now, most, printed] = [0, 0, 0];
    for (const one of [bus, open(), open()]) {
      one.work(
        "parcel.scan",
        async () => {
          most = Math.max(most, ++now);
          await pause(10);
          now -= 1;
        },
        { concurrency: 5 },
      );
      one.work("parcel.print", () => printed++, { concurrency: 5 });
    }
    for (let count = 0; count < 20; count++) {
      await bus.enqueue("parcel.scan", "x");
      await bus.enqueue("parcel.print", "x");
    }
    await clock.advance(99);
    expect([most, printed]).toEqual([2, 2]);
    await clock.advance(1_000);
    expect(await bus.tasks("parcel.scan").counts()).toMatchObject({ waiting: 0, claimed: 0 });
    expect(printed).toBe(4);
    await clock.advance(20_000);
    expect([most, printed]).toEqual([2, 20]);
  });

  it("are not worked on where the broker lacks the limits that they have", async () => {
    const { bus } = createPost({ features: { tasks: { ...able, limits: false } } });
    await expect(bus.work("parcel.scan", () => undefined).ready).rejects.toThrow("tasks.limits");
    await bus.work("parcel.weigh", () => undefined).ready;
    await bus.enqueue("parcel.scan", "x");
  });
});

describe("a task that is to come after others", () => {
  it("waits for them, and dies with them", async () => {
    const { bus, clock, pause } = createPost();
    const done: string[] = [];
    bus.work(
      "parcel.weigh",
      async (data) => {
        await pause(100);
        if (data === "bad") throw new Error("no scales");
        done.push(data);
      },
      { concurrency: 5 },
    );
    bus.work("parcel.label", (data) => done.push(`label ${data}`));
    const one = await bus.enqueue("parcel.weigh", "1");
    const two = await bus.enqueue("parcel.weigh", "2");
    const bad = await bus.enqueue("parcel.weigh", "bad", { delay: 1_000 });
    await bus.enqueue("parcel.label", "3", { after: [one.id, two.id] });
    const lost = await bus.enqueue("parcel.label", "4", { after: [bad.id] });
    await clock.advance(500);
    expect(done).toEqual(["1", "2", "label 3"]);
    const result = bus.tasks("parcel.label").result(lost.id);
    result.catch(() => undefined);
    await clock.advance(1_000);
    await expect(result).rejects.toMatchObject({ code: "TaskDead", reason: expect.stringContaining(bad.id) });
  });

  it("is refused where that makes no sense", async () => {
    const { bus } = createPost();
    const ids = Array.from({ length: 65 }, (_, index) => String(index));
    await expect(bus.enqueue("parcel.label", "a", { after: ids })).rejects.toMatchObject({ code: "Misuse" });
    await expect(bus.enqueue("parcel.label", "a", { after: ["1", "1"] })).rejects.toMatchObject({
      code: "Misuse",
    });
    await expect(bus.enqueue("parcel.label", "a", { after: ["never"] })).rejects.toMatchObject({
      code: "Invalid",
      about: "parcel.label",
    });
    const lacking = createPost({ features: { tasks: { ...able, after: false } } });
    await expect(lacking.bus.enqueue("parcel.label", "a", { after: ["x"] })).rejects.toThrow("tasks.after");
  });
});

describe("a task that is due at a time", () => {
  it("is done then, or at once where that has passed", async () => {
    const { bus, clock } = createPost();
    const done: string[] = [];
    bus.work("parcel.weigh", (data) => done.push(data));
    await bus.enqueue("parcel.weigh", "later", { at: new Date(clock.now() + 5_000) });
    await bus.enqueue("parcel.weigh", "before", { at: new Date(0) });
    await clock.advance(4_999);
    expect(done).toEqual(["before"]);
    await clock.advance(1);
    expect(done).toEqual(["before", "later"]);
    const misuse = { code: "Misuse", about: "parcel.weigh" };
    const at = new Date(Number.NaN);
    await expect(bus.enqueue("parcel.weigh", "x", { at })).rejects.toMatchObject(misuse);
    const both = { at: new Date(), delay: 5 };
    await expect(bus.enqueue("parcel.weigh", "x", both)).rejects.toMatchObject(misuse);
  });
});

describe("what is said by onDone", () => {
  it("is there with the end of the task, caused by it, and not before", async () => {
    const { bus, broker, clock, pause } = createPost();
    const heard: unknown[] = [];
    bus.on("parcel.routed", (data, { cause }) => heard.push([data, cause.map(({ name }) => name)]));
    const done: unknown[] = [];
    bus.work("parcel.label", (data, { cause }) => done.push([data, cause.map(({ name }) => name)]));
    bus.work("parcel.weigh", async (data, task) => {
      const id = task.onDone.enqueue("parcel.label", `${data} 1`);
      task.onDone.enqueue("parcel.label", `${data} 2`, { after: [id] });
      const event = { data };
      task.onDone.emit("parcel.routed", event.data);
      event.data = "changed";
      await pause(100);
    });
    const told: Inspection["type"][] = [];
    await clock.settle();
    bus.inspect(({ type }) => told.push(type));
    await bus.enqueue("parcel.weigh", "a");
    await clock.advance(99);
    expect([heard, done]).toEqual([[], []]);
    await clock.advance(1);
    expect(heard).toEqual([["a", ["parcel.weigh"]]]);
    expect(done).toEqual([
      ["a 1", ["parcel.weigh"]],
      ["a 2", ["parcel.weigh"]],
    ]);
    expect(broker.count("write")).toBe(1);
    expect(broker.count("append")).toBe(0);
    const first = (type: Inspection["type"]) => told.indexOf(type);
    expect([first("task.done"), first("emitted"), first("log.appended")].every((at) => at >= 0)).toBe(true);
  });

  it("is dropped where the attempt fails, and where the lease is lost", async () => {
    const { bus, broker, clock, errors } = createPost();
    const heard: string[] = [];
    bus.on("parcel.routed", (data) => heard.push(data));
    bus.work("parcel.route", (_, task) => {
      task.onDone.emit("parcel.routed", `attempt ${task.attempt}`);
      if (task.attempt === 1) throw new Error("no");
      return { stops: 1 };
    });
    await bus.enqueue("parcel.route", "a");
    await clock.advance(5_000);
    expect(heard).toEqual(["attempt 2"]);
    expect(broker.count("write")).toBe(1);
    broker.trouble = async (operation, go) =>
      operation === "write" ? ({ type: "refused", by: "task", id: "x" } as never) : go();
    bus.work("parcel.weigh", (_, task) => task.onDone.emit("parcel.routed", "fenced"));
    await bus.enqueue("parcel.weigh", "b");
    await clock.settle();
    expect(heard).toEqual(["attempt 2"]);
    expect(errors).toMatchObject([{ code: "LeaseLost", about: "parcel.weigh" }]);
  });

  it("is written once where the broker fails to answer, and fails the attempt where it refuses", async () => {
    const { bus, broker, clock, errors } = createPost();
    const heard: string[] = [];
    bus.on("parcel.routed", (data) => heard.push(data));
    let failures = 3;
    broker.trouble = async (operation, go) => {
      const result = await go();
      if (operation === "write" && failures-- > 0) throw new Error("no answer");
      return result;
    };
    bus.work("parcel.weigh", (data, task) => {
      if (data === "b") task.onDone.enqueue("parcel.weigh", "x", { after: ["never"] });
      task.onDone.emit("parcel.routed", data);
    });
    await bus.enqueue("parcel.weigh", "a");
    await clock.advance(10_000);
    expect(heard).toEqual(["a"]);
    expect(errors).toMatchObject([{ code: "Broker" }]);
    await bus.enqueue("parcel.weigh", "b");
    await clock.advance(10_000);
    expect(heard).toEqual(["a"]);
    expect(await bus.tasks("parcel.weigh").dead()).toMatchObject([{ data: "b", attempts: 1 }]);
  });

  it("passes through the middleware around emits, which may refuse it", async () => {
    const { bus, clock } = createPost();
    bus.use({
      emit(message, next) {
        if (message.data === "bad") throw new Error("not this one");
        next();
      },
    });
    const heard: string[] = [];
    bus.on("parcel.routed", (data) => heard.push(data));
    bus.work("parcel.weigh", (data, task) => task.onDone.emit("parcel.routed", data));
    await bus.enqueue("parcel.weigh", "bad");
    await bus.enqueue("parcel.weigh", "good");
    await clock.settle();
    expect(heard).toEqual(["good"]);
    expect(await bus.tasks("parcel.weigh").dead()).toMatchObject([{ reason: "not this one" }]);
  });

  it("is refused where it cannot be a part of the end of a task", async () => {
    const codes: unknown[] = [];
    const attempt = (work: () => unknown) => {
      try {
        work();
      } catch (error) {
        codes.push((error as EventwireError).code);
      }
    };
    for (const transactions of [true, false]) {
      const { bus, clock } = createPost({ features: { transactions } });
      bus.work("parcel.weigh", (_, { onDone }) => {
        attempt(() => onDone.emit("parcel.seen" as never, "x" as never));
        attempt(() => onDone.emit("parcel.routed", (() => undefined) as never));
        attempt(() => onDone.enqueue("parcel.label", "x", { delay: -1 }));
      });
      await bus.enqueue("parcel.weigh", "a");
      await clock.settle();
    }
    expect(codes).toEqual(["Misuse", "Invalid", "Misuse", "Misuse", "Unsupported", "Unsupported"]);
  });
});

describe("the end of a bus", () => {
  it("lets tasks that are under way end with all that they leave, within its drain, and gives back the rest", async () => {
    const { bus, open, clock, errors, pause } = createPost();
    const heard: string[] = [];
    open().on("parcel.routed", (data) => heard.push(data));
    bus.work(
      "parcel.weigh",
      async (data, task) => {
        await pause(data === "slow" ? 60_000 : 1_000);
        task.onDone.emit("parcel.routed", data);
      },
      { concurrency: 2 },
    );
    for (const data of ["a", "slow", "b"]) await bus.enqueue("parcel.weigh", data);
    await clock.settle();
    const closing = bus.close({ drain: 3_000 });
    await clock.until(closing);
    expect(heard).toEqual(["a"]);
    expect(errors).toEqual([]);
    const other = open();
    const done: [string, number][] = [];
    other.work("parcel.weigh", (data, { attempt }) => done.push([data, attempt]), { concurrency: 2 });
    await clock.advance(30_000);
    expect(done).toEqual([
      ["b", 1],
      ["slow", 2],
    ]);
  });

  it("waits for the transaction that ends a task", async () => {
    const { bus, broker, clock, pause, errors } = createPost();
    let closedBefore: boolean | undefined;
    broker.trouble = async (operation, go) => {
      if (operation !== "write") return go();
      await pause(500);
      closedBefore = broker.calls.includes("close");
      return go();
    };
    bus.work("parcel.weigh", (data, task) => task.onDone.emit("parcel.routed", data));
    await bus.enqueue("parcel.weigh", "a");
    await clock.settle();
    await clock.until(bus.close({ drain: 1_000 }));
    expect(closedBefore).toBe(false);
    await broker.open();
    expect(await broker.log.head()).toBe(1);
    expect(errors).toEqual([]);
  });

  it("gives back what was gathered for a batch", async () => {
    const { bus, open, clock } = createPost();
    const worker = vi.fn();
    bus.workBatch("parcel.weigh", worker, { size: 10, wait: 1_000 });
    await bus.enqueue("parcel.weigh", "a");
    await clock.settle();
    await clock.until(bus.close());
    expect(worker).not.toHaveBeenCalled();
    const attempts: number[] = [];
    open().work("parcel.weigh", (_, { attempt }) => attempts.push(attempt));
    await clock.settle();
    expect(attempts).toEqual([1]);
  });
});
