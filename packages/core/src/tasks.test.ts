import { systemRuntime } from "@eventwire/queue";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { createShop, type Step, shop, step } from "../fixtures/shop.js";
import {
  createBus,
  defineContract,
  type Inspection,
  type TaskContext,
  task,
  UnavailableError,
  unchecked,
} from "./index.js";
import { memory } from "./memory.js";

const none = { waiting: 0, delayed: 0, blocked: 0, claimed: 0, dead: 0 };

function gate() {
  let open = () => undefined as unknown;
  const opened = new Promise<void>((resolve) => {
    open = () => resolve();
  });
  return { open: () => open(), opened };
}

describe("enqueue", () => {
  it("resolves when the broker has the task, which waits for a worker", async () => {
    const { bus } = createShop();
    const receipt = await bus.enqueue("mail.send", "x");
    expect(receipt).toEqual({ id: expect.any(String), durability: "memory", duplicate: false });
    expect(await bus.tasks("mail.send").counts()).toMatchObject({ ...none, waiting: 1 });
  });

  it("takes the data in at once, and hands over the tasks of a turn together", async () => {
    const { bus, broker, clock } = createShop();
    const order = { order: "a", step: 1 };
    const seen: Step[] = [];
    void bus.enqueue("order.pack", order);
    order.step = 2;
    void bus.enqueue("order.pack", order);
    bus.work("order.pack", (data) => seen.push(data));
    await clock.settle();
    expect(broker.count("enqueue")).toBe(1);
    expect(seen).toEqual([step("a", 1), step("a", 2)]);
  });

  it("knows one of the same name for a duplicate, whose id is the first one's", async () => {
    const { bus, clock } = createShop({ memory: { dedupeWindow: 1_000 } });
    const first = await bus.enqueue("mail.send", "x", { dedupe: "order 7" });
    const second = await bus.enqueue("mail.send", "y", { dedupe: "order 7" });
    const other = await bus.enqueue("order.pack", step("a", 1), { dedupe: "order 7" });
    expect(second).toEqual({ ...first, duplicate: true });
    expect(other.duplicate).toBe(false);
    bus.work("mail.send", () => undefined);
    await clock.advance(1_000);
    expect((await bus.enqueue("mail.send", "z", { dedupe: "order 7" })).duplicate).toBe(false);
  });

  it("rejects what cannot be kept, by what it is", async () => {
    const { bus, errors } = createShop({ memory: { bytes: 50 } });
    const rejects = async (promise: Promise<unknown>, code: string) =>
      expect(promise).rejects.toMatchObject({ code, about: "mail.send" });
    await rejects(bus.enqueue("mail.send", (() => 1) as unknown as string), "Invalid");
    await rejects(bus.enqueue("mail.send", "x".repeat(50)), "Invalid");
    await rejects(bus.enqueue("mail.send", "x", { delay: -1 }), "Misuse");
    await rejects(bus.enqueue("mail.send", "x", { delay: Number.POSITIVE_INFINITY }), "Misuse");
    await rejects(bus.enqueue("mail.send", "x", { priority: Number.NaN }), "Misuse");
    await rejects(bus.enqueue("mail.send", "x", { dedupe: "x".repeat(257) }), "Misuse");
    const keyless = bus.enqueue("order.pack", { order: {} as string, step: 1 });
    await expect(keyless).rejects.toMatchObject({ code: "Invalid", about: "order.pack" });
    await bus.close();
    await rejects(bus.enqueue("mail.send", "x"), "Closed");
    expect(errors).toEqual([]);
  });

  it("throws for what is no task", () => {
    const { bus } = createShop();
    const misuse = expect.objectContaining({ code: "Misuse" });
    expect(() => bus.enqueue("note.kept" as "mail.send", "x")).toThrow(misuse);
    expect(() => bus.work("nothing" as "mail.send", () => undefined)).toThrow(misuse);
    expect(() => bus.tasks("note.kept" as "mail.send")).toThrow(misuse);
    expect(() => bus.work("mail.send", () => undefined, { concurrency: 0 })).toThrow(misuse);
    expect(() => bus.work("mail.send", () => undefined, { timeout: 0 })).toThrow(misuse);
  });

  it("reports a rejection that nobody looks at", async () => {
    const { bus, clock, errors } = createShop();
    void bus.enqueue("mail.send", "x", { delay: -1 });
    await clock.settle();
    expect(errors).toMatchObject([{ code: "Misuse" }]);
  });

  it("is refused by its own name where the broker has no room for it, and those before it in the turn are not", async () => {
    const { bus } = createShop({ memory: { tasks: 1 } });
    const [pack, mail] = await Promise.allSettled([
      bus.enqueue("order.pack", step("a", 1)),
      bus.enqueue("mail.send", "x"),
    ]);
    expect(pack).toMatchObject({ value: { duplicate: false } });
    expect(mail).toMatchObject({ reason: { code: "Overflow", about: "mail.send" } });
    expect((mail as PromiseRejectedResult).reason.message).toContain(
      '"mail.send" was not enqueued: 1 tasks may wait',
    );
  });

  it("stops waiting when the signal aborts, and the task is enqueued all the same", async () => {
    const { bus, broker, clock } = createShop();
    const held = gate();
    broker.trouble = async (operation, go) => {
      if (operation === "enqueue") await held.opened;
      return go();
    };
    const controller = new AbortController();
    const receipt = bus.enqueue("mail.send", "x", { signal: controller.signal });
    const outcome = expect(receipt).rejects.toMatchObject({ code: "Aborted", cause: "enough" });
    await clock.settle();
    controller.abort("enough");
    await outcome;
    held.open();
    await clock.settle();
    broker.trouble = (_, go) => go();
    expect(await bus.tasks("mail.send").counts()).toMatchObject({ ...none, waiting: 1 });
    await expect(bus.enqueue("mail.send", "y", { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "Aborted",
    });
  });

  it("needs a broker that has a delay or a priority where one is asked for", async () => {
    const tasks = { ...memory().features.tasks, delay: false, priority: false };
    const { bus } = createShop({ features: { tasks } });
    const unsupported = { code: "Unsupported", about: "mail.send" };
    await expect(bus.enqueue("mail.send", "x", { delay: 1 })).rejects.toMatchObject(unsupported);
    await expect(bus.enqueue("mail.send", "x", { priority: 1 })).rejects.toMatchObject(unsupported);
    await bus.enqueue("mail.send", "x", { delay: 0, priority: 0 });
  });

  it("waits and is repeated where the broker fails, without a second task", async () => {
    const { bus, broker, clock } = createShop();
    let failures = 3;
    broker.trouble = async (operation, go) => {
      const result = await go();
      if (operation === "enqueue" && failures-- > 0) throw new Error("no answer");
      return result;
    };
    const receipt = bus.enqueue("mail.send", "x");
    await clock.advance(1_000);
    expect(await receipt).toMatchObject({ duplicate: true });
    expect(await bus.tasks("mail.send").counts()).toMatchObject({ ...none, waiting: 1 });
  });
});

describe("a worker", () => {
  it("is told of its task", async () => {
    const { bus, clock } = createShop();
    const time = clock.now();
    const { id } = await bus.enqueue("order.pack", step("a", 1));
    const seen: TaskContext[] = [];
    await clock.advance(50);
    bus.work("order.pack", (data, task) => {
      expect(data).toEqual(step("a", 1));
      seen.push(task);
    });
    await clock.settle();
    expect(seen).toMatchObject([
      { kind: "task", id, name: "order.pack", key: "a", time, attempt: 1, cause: [] },
    ]);
    expect(seen[0]!.signal.aborted).toBe(false);
    expect(await bus.tasks("order.pack").counts()).toMatchObject(none);
  });

  it("does one at a time by default, as many as it is let, and those of a key one at a time in order", async () => {
    const { bus, clock } = createShop();
    const running = new Set<string>();
    const order: number[] = [];
    let most = 0;
    const work = async ({ order: key, step }: Step) => {
      expect(running).not.toContain(key);
      running.add(key);
      most = Math.max(most, running.size);
      order.push(step);
      await new Promise<void>((resolve) => clock.timer(resolve, 10));
      running.delete(key);
    };
    for (let count = 0; count < 12; count++) {
      void bus.enqueue("order.pack", step(["a", "b", "c", "d"][count % 4]!, count));
    }
    const stop = bus.work("order.pack", work);
    await clock.advance(25);
    expect([most, order]).toEqual([1, [0, 1, 2]]);
    stop();
    await clock.advance(10);
    bus.work("order.pack", work, { concurrency: 3 });
    await clock.advance(200);
    expect(most).toBe(3);
    expect(order).toHaveLength(12);
    for (const key of [0, 1, 2, 3]) {
      expect(order.filter((step) => step % 4 === key)).toEqual([key, key + 4, key + 8]);
    }
  });

  it("shares the tasks with workers of other buses, each done once", async () => {
    const { bus, open, clock } = createShop();
    const done: Record<string, string[]> = { one: [], other: [] };
    for (const [who, its] of [
      ["one", bus],
      ["other", open()],
    ] as const) {
      its.work("mail.send", async (mail) => {
        await new Promise<void>((resolve) => clock.timer(resolve, 10));
        done[who]!.push(mail);
      });
    }
    const mails = Array.from({ length: 10 }, (_, mail) => String(mail));
    for (const mail of mails) void bus.enqueue("mail.send", mail);
    await clock.advance(1_000);
    expect([...done.one!, ...done.other!].sort()).toEqual(mails);
    expect([done.one!.length, done.other!.length]).toEqual([5, 5]);
  });

  it("does what is more urgent first, and what is delayed when it is due", async () => {
    const { bus, clock } = createShop();
    const done: string[] = [];
    void bus.enqueue("mail.send", "low", { priority: -1 });
    void bus.enqueue("mail.send", "usual");
    void bus.enqueue("mail.send", "high", { priority: 1 });
    void bus.enqueue("mail.send", "late", { delay: 1_000, priority: 9 });
    await clock.settle();
    bus.work("mail.send", (mail) => done.push(mail));
    await clock.advance(999);
    expect(done).toEqual(["high", "usual", "low"]);
    await clock.advance(1);
    expect(done).toEqual(["high", "usual", "low", "late"]);
    expect(clock.timers).toBe(0);
  });

  it("begins nothing more when it is stopped, and ends what it began", async () => {
    const { bus, clock } = createShop();
    const held = gate();
    const controller = new AbortController();
    const begun: string[] = [];
    bus.work(
      "mail.send",
      async (mail) => {
        begun.push(mail);
        await held.opened;
      },
      { signal: controller.signal },
    );
    void bus.enqueue("mail.send", "1");
    void bus.enqueue("mail.send", "2");
    await clock.settle();
    controller.abort();
    held.open();
    await clock.settle();
    expect(begun).toEqual(["1"]);
    expect(await bus.tasks("mail.send").counts()).toMatchObject({ ...none, waiting: 1 });
    bus.work("mail.send", () => undefined, { signal: AbortSignal.abort() });
    await clock.settle();
    expect(await bus.tasks("mail.send").counts()).toMatchObject({ ...none, waiting: 1 });
  });

  it("lets the event loop have its turn, however much there is to do and however little it takes", async () => {
    const bus = createBus(shop);
    const many = 10_000;
    let done = 0;
    bus.work("mail.send", async () => {
      done += 1;
      if (done < many) void bus.enqueue("mail.send", "again");
    });
    await bus.enqueue("mail.send", "x");
    await new Promise<void>((resolve) => systemRuntime.macrotask(resolve));
    expect(done).toBeLessThan(many);
    await bus.close({ drain: 0 });
  });

  it.each(["claim", "settle"])(
    "goes on after what the broker says may pass, told once, where that stood in the way of a %s",
    async (operation) => {
      const { bus, broker, clock, errors } = createShop();
      let fails = true;
      broker.trouble = async (asked, go) => {
        if (asked === operation && fails) throw new UnavailableError("The file is locked.");
        return go();
      };
      const done: string[] = [];
      bus.work("mail.send", (data) => void done.push(data));
      await bus.enqueue("mail.send", "x");
      await clock.advance(20_000);
      expect(errors).toMatchObject([{ code: "Broker", message: expect.stringContaining("is locked") }]);
      fails = false;
      await clock.advance(5_000);
      expect(done).toEqual(["x"]);
      expect(await bus.tasks("mail.send").counts()).toMatchObject(none);
      await bus.enqueue("mail.send", "y");
      await clock.advance(5_000);
      expect(done).toEqual(["x", "y"]);
      expect(errors).toHaveLength(1);
    },
  );

  it("finds what it had no hint of within a second, where hints can be lost", async () => {
    const { bus, broker, clock } = createShop({ features: { scope: "cluster" } });
    broker.hints = false;
    const done: string[] = [];
    await bus.work("mail.send", (mail) => done.push(mail)).ready;
    await clock.settle();
    await bus.enqueue("mail.send", "x");
    await clock.advance(1_000);
    expect(done).toEqual(["x"]);
  });
});

describe("a worker that fails", () => {
  it("has its task tried again after growing waits, with chance, then it is dead", async () => {
    const { bus, clock, errors } = createShop();
    const tries: [number, number][] = [];
    bus.work("order.pack", (_, { attempt }) => {
      tries.push([attempt, clock.monotonic()]);
      throw new Error(`try ${attempt}`);
    });
    const { id } = await bus.enqueue("order.pack", step("a", 1));
    await clock.advance(10_000);
    expect(tries.map(([attempt]) => attempt)).toEqual([1, 2, 3]);
    const [first, second] = [tries[1]![1] - tries[0]![1], tries[2]![1] - tries[1]![1]];
    expect(first).toBeLessThanOrEqual(1_000);
    expect(second).toBeLessThanOrEqual(2_000);
    expect(await bus.tasks("order.pack").counts()).toMatchObject({ ...none, dead: 1 });
    expect(errors).toMatchObject([
      { code: "Dead", about: "order.pack", id, attempts: 3, cause: { message: "try 3" } },
    ]);
  });

  it("holds up its key only", async () => {
    const { bus, clock } = createShop();
    const done: string[] = [];
    let failing = true;
    bus.work("order.pack", ({ order, step }) => {
      if (order === "a" && step === 1 && failing) throw new Error("not yet");
      done.push(`${order}${step}`);
    });
    for (const [order, number] of [
      ["a", 1],
      ["a", 2],
      ["b", 1],
    ] as const) {
      void bus.enqueue("order.pack", step(order, number));
    }
    await clock.settle();
    expect(done).toEqual(["b1"]);
    failing = false;
    await clock.advance(2_000);
    expect(done).toEqual(["b1", "a1", "a2"]);
  });

  it("over a day of retries", async () => {
    const { clock, broker, errors } = createShop();
    const contract = defineContract({
      "site.ping": task(unchecked<string>(), {
        attempts: 24,
        backoff: { initial: 3_600_000, factor: 1, max: 3_600_000, jitter: false },
      }),
    });
    const bus = createBus(contract, { broker, runtime: clock, onError: (error) => errors.push(error) });
    const tries: number[] = [];
    bus.work("site.ping", () => {
      tries.push(clock.monotonic() / 3_600_000);
      throw new Error("down");
    });
    void bus.enqueue("site.ping", "example.org");
    await clock.advance(24 * 3_600_000);
    expect(tries).toEqual(Array.from({ length: 24 }, (_, hour) => hour));
    expect(errors).toMatchObject([{ code: "Dead", attempts: 24 }]);
  });

  it("by taking longer than its timeout is told so by its signal, and is tried again", async () => {
    const { bus, clock, errors } = createShop();
    const reasons: unknown[] = [];
    let hang = true;
    const done: number[] = [];
    bus.work(
      "order.pack",
      async (_, { signal, attempt }) => {
        signal.addEventListener("abort", () => reasons.push(signal.reason));
        if (hang) await new Promise(() => undefined);
        done.push(attempt);
      },
      { timeout: 500 },
    );
    await bus.enqueue("order.pack", step("a", 1));
    await clock.advance(499);
    expect(reasons).toEqual([]);
    hang = false;
    await clock.advance(2_000);
    expect(reasons).toMatchObject([{ code: "AttemptTimeout", about: "order.pack" }]);
    expect(done).toEqual([2]);
    expect(errors).toEqual([]);
  });

  it("because its task is no longer what the schema takes has it dead at the end of its attempts", async () => {
    const { broker, clock, errors } = createShop({ features: { durability: "process" } });
    const open = (schema: z.ZodType<unknown>) => {
      const contract = defineContract({ "report.print": task(schema as z.ZodType<never>, { attempts: 2 }) });
      return createBus(contract, { broker, runtime: clock, onError: (error) => errors.push(error) });
    };
    const older = open(z.unknown());
    await older.enqueue("report.print", { pages: 1 } as never);
    const { id } = await older.enqueue("report.print", { title: "x" } as never);
    const done: unknown[] = [];
    const schema = z.object({ pages: z.number(), copies: z.number().default(1) });
    open(schema).work("report.print", (report) => done.push(report), { concurrency: 2 });
    await clock.advance(10_000);
    expect(done).toEqual([{ pages: 1, copies: 1 }]);
    expect(errors).toMatchObject([{ code: "Dead", id, attempts: 2, cause: { code: "Invalid" } }]);
  });

  it("to read its task has it dead at the end of its attempts", async () => {
    const { bus, broker, clock, errors } = createShop();
    await bus.position();
    const foreign = { id: "f", name: "mail.send", key: undefined, time: 0, body: Uint8Array.of(1) };
    await broker.tasks.enqueue([foreign]);
    const worker = vi.fn();
    bus.work("mail.send", worker);
    await clock.settle();
    expect(worker).not.toHaveBeenCalled();
    expect(errors).toMatchObject([{ code: "Dead", id: "f" }]);
    expect(await bus.tasks("mail.send").dead()).toMatchObject([{ id: "f", data: undefined }]);
  });
});

describe("the dead", () => {
  it("are listed with their data and why, and done again when they are redriven", async () => {
    const { bus, clock } = createShop();
    const done: string[] = [];
    let failing = true;
    bus.work("mail.send", (mail) => {
      if (failing) throw new Error(`no ${mail}`);
      done.push(mail);
    });
    const sent = await Promise.all(["a", "b", "c"].map((mail) => bus.enqueue("mail.send", mail)));
    await clock.settle();
    failing = false;
    const tasks = bus.tasks("mail.send");
    const dead = await tasks.dead();
    expect(dead.map(({ data, reason, attempts }) => [data, reason, attempts])).toEqual([
      ["a", "no a", 1],
      ["b", "no b", 1],
      ["c", "no c", 1],
    ]);
    expect(await tasks.dead({ after: sent[0]!.id, limit: 1 })).toEqual([dead[1]]);
    expect(await tasks.redrive([sent[1]!.id])).toBe(1);
    await clock.settle();
    expect(done).toEqual(["b"]);
    expect(await tasks.redrive("all")).toBe(2);
    await clock.settle();
    expect(done).toEqual(["b", "a", "c"]);
    expect(await tasks.counts()).toMatchObject(none);
  });
});

describe("a lease", () => {
  it("is kept for as long as the work goes on", async () => {
    const { bus, open, clock } = createShop();
    const held = gate();
    const worker = vi.fn(() => held.opened);
    bus.work("mail.send", worker);
    open().work("mail.send", worker);
    await bus.enqueue("mail.send", "x");
    await clock.advance(3_600_000);
    expect(worker).toHaveBeenCalledOnce();
    held.open();
    await clock.settle();
    expect(await bus.tasks("mail.send").counts()).toMatchObject(none);
  });

  it("of a bus that ended without waiting lets another do the task, and what comes late has no effect", async () => {
    const { bus, open, clock, errors } = createShop();
    const other = open();
    const held = gate();
    const reasons: unknown[] = [];
    const done: string[] = [];
    bus.work("order.pack", async ({ order }, { signal }) => {
      signal.addEventListener("abort", () => reasons.push(signal.reason));
      await held.opened;
      done.push(`late ${order}`);
    });
    void bus.enqueue("order.pack", step("a", 1));
    await clock.settle();
    other.work("order.pack", ({ order }, { attempt }) => done.push(`${order} ${attempt}`));
    await clock.until(bus.close({ drain: 0 }));
    expect(reasons).toMatchObject([{ code: "Closed" }]);
    await clock.advance(29_999);
    expect(done).toEqual([]);
    await clock.advance(1);
    held.open();
    await clock.settle();
    expect(done).toEqual(["a 2", "late a"]);
    expect(await other.tasks("order.pack").counts()).toMatchObject(none);
    expect(errors).toEqual([]);
  });

  it.each([
    ["is the worker's still where nobody has asked for it", false],
    ["is lost where somebody else has the task, and the worker is told", true],
  ])("that the broker could not be asked to extend in time %s", async (_, isTaken) => {
    const { bus, open, broker, clock, errors } = createShop();
    const reasons: unknown[] = [];
    const begun: unknown[] = [];
    const held = gate();
    let leasedUntil: () => number = () => 0;
    bus.work("order.pack", async (_, task) => {
      begun.push(["one", task.attempt]);
      leasedUntil = () => task.leasedUntil;
      task.signal.addEventListener("abort", () => reasons.push(task.signal.reason));
      await held.opened;
    });
    await bus.enqueue("order.pack", step("a", 1));
    await clock.settle();
    const other = open();
    if (isTaken) other.work("order.pack", (_, { attempt }) => begun.push(["other", attempt]));
    await clock.settle();
    broker.trouble = async (operation, go) => {
      if (operation === "settle") throw new Error("cut off");
      return go();
    };
    await clock.advance(31_000);
    if (!isTaken) expect(reasons).toEqual([]);
    expect(leasedUntil()).toBeLessThan(clock.now());
    broker.trouble = (_, go) => go();
    await clock.advance(10_000);
    if (isTaken) expect(reasons).toMatchObject([{ code: "LeaseLost", about: "order.pack" }]);
    else expect(leasedUntil()).toBeGreaterThan(clock.now());
    held.open();
    await clock.settle();
    expect(begun).toEqual(
      isTaken
        ? [
            ["one", 1],
            ["other", 2],
          ]
        : [["one", 1]],
    );
    expect(errors.map(({ code }) => code).filter((code) => code !== "Broker")).toEqual(
      isTaken ? ["LeaseLost"] : [],
    );
    expect(await bus.tasks("order.pack").counts()).toMatchObject(none);
  });

  it("is as long as its worker says, and the task tells until when it holds", async () => {
    const { bus, open, clock } = createShop();
    const held = gate();
    const seen: number[] = [];
    let task: TaskContext | undefined;
    bus.work(
      "mail.send",
      async (_, its) => {
        task ??= its;
        await held.opened;
      },
      { lease: 6_000 },
    );
    await bus.enqueue("mail.send", "x");
    await clock.settle();
    for (let renewal = 0; renewal < 3; renewal++) {
      seen.push(task!.leasedUntil - clock.now());
      await clock.advance(2_000);
    }
    expect(seen).toEqual([6_000, 6_000, 6_000]);
    const attempts: number[] = [];
    open().work("mail.send", (_, { attempt }) => attempts.push(attempt));
    await clock.until(bus.close({ drain: 0 }));
    await clock.advance(5_999);
    expect(attempts).toEqual([]);
    await clock.advance(1);
    expect(attempts).toEqual([2]);
    const misuse = expect.objectContaining({ code: "Misuse" });
    const other = open();
    for (const lease of [999, Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(() => other.work("mail.send", () => undefined, { lease })).toThrow(misuse);
      expect(() => other.workBatch("mail.send", () => undefined, { lease })).toThrow(misuse);
    }
  });

  it("that was lost fences what is settled late, which is reported", async () => {
    const { bus, broker, clock, errors } = createShop();
    const held = gate();
    bus.work("mail.send", () => held.opened);
    await bus.enqueue("mail.send", "x");
    await clock.settle();
    // Somebody else has it: as after a pause of the process that lasted longer than the lease.
    broker.trouble = async (operation, go) => (operation === "settle" ? ([false] as never) : go());
    held.open();
    await clock.settle();
    expect(errors).toMatchObject([{ code: "LeaseLost", about: "mail.send" }]);
  });

  it("that is lost again and again makes the task dead, for it may be the cause", async () => {
    const { open, clock, errors } = createShop();
    const admin = open();
    let begun = 0;
    await admin.enqueue("mail.send", "x");
    for (let crash = 0; crash < 4; crash++) {
      const bus = open();
      bus.work("mail.send", () => {
        begun += 1;
        return new Promise(() => undefined);
      });
      await clock.settle();
      await clock.until(bus.close({ drain: 0 }));
      await clock.advance(30_000);
    }
    expect(begun).toBe(3);
    expect(await admin.tasks("mail.send").counts()).toMatchObject({ ...none, dead: 1 });
    expect(errors).toMatchObject([{ code: "Dead", attempts: 4 }]);
    expect((await admin.tasks("mail.send").dead())[0]!.reason).toContain("its workers were lost");
  });
});

describe("the end of a bus", () => {
  it("waits for its workers within its drain, and begins no other task", async () => {
    const { bus, open, clock } = createShop();
    const other = open();
    const held = gate();
    const done: string[] = [];
    bus.work("mail.send", async (mail) => {
      await held.opened;
      done.push(mail);
    });
    const sent = Promise.all(["1", "2"].map((mail) => bus.enqueue("mail.send", mail)));
    await sent;
    await clock.settle();
    const closed = vi.fn();
    void bus.close({ drain: 5_000 }).then(closed);
    await clock.advance(4_999);
    expect(closed).not.toHaveBeenCalled();
    held.open();
    await clock.settle();
    expect(closed).toHaveBeenCalled();
    expect(done).toEqual(["1"]);
    expect(await other.tasks("mail.send").counts()).toMatchObject({ ...none, waiting: 1 });
  });

  it("gives back at once what a claim brings that was under way", async () => {
    const { bus, open, broker, clock } = createShop();
    const other = open();
    const held = gate();
    broker.trouble = async (operation, go) => {
      const result = await go();
      if (operation === "claim") await held.opened;
      return result;
    };
    await bus.enqueue("mail.send", "x");
    const worker = vi.fn();
    await bus.work("mail.send", worker).ready;
    await clock.settle();
    const closed = bus.close();
    await clock.settle();
    held.open();
    await closed;
    expect(worker).not.toHaveBeenCalled();
    expect(await other.tasks("mail.send").counts()).toMatchObject({ ...none, waiting: 1 });
    const attempts: number[] = [];
    other.work("mail.send", (_, { attempt }) => attempts.push(attempt));
    await clock.settle();
    expect(attempts).toEqual([1]);
  });

  it("refuses workers that come later", async () => {
    const { bus, errors } = createShop();
    await bus.close();
    await expect(bus.work("mail.send", () => undefined).ready).rejects.toMatchObject({ code: "Closed" });
    bus.work("mail.send", () => undefined);
    expect(errors).toEqual([]);
  });
});

describe("what surrounds a worker", () => {
  it("is middleware, which may fail the attempt, and knows the task", async () => {
    const { bus, clock, errors } = createShop();
    const log: string[] = [];
    bus.use({
      async work(task, next) {
        log.push(`before ${task.name} ${task.attempt}`);
        await next();
        log.push("after");
        if (task.attempt === 1) throw new Error("not good enough");
      },
    });
    bus.work("order.pack", () => log.push("work"));
    await bus.enqueue("order.pack", step("a", 1));
    await clock.advance(2_000);
    expect(log).toEqual(["before order.pack 1", "work", "after", "before order.pack 2", "work", "after"]);
    expect(errors).toEqual([]);
  });

  it("is told to observers", async () => {
    const { bus, clock } = createShop();
    const seen: Inspection[] = [];
    bus.inspect((inspection) => seen.push(inspection));
    const { id } = await bus.enqueue("order.pack", step("a", 1));
    let failing = true;
    bus.work("order.pack", () => {
      if (failing) throw new Error("no");
    });
    await clock.settle();
    failing = false;
    await clock.advance(2_000);
    const task = { id, name: "order.pack", key: "a" };
    expect(seen).toMatchObject([
      { type: "task.enqueued", ...task, duplicate: false },
      { type: "task.started", ...task, attempt: 1 },
      { type: "task.retried", ...task, attempt: 1, error: { message: "no" }, delay: expect.any(Number) },
      { type: "task.started", ...task, attempt: 2 },
      { type: "task.done", ...task, attempt: 2, milliseconds: 0 },
    ]);
  });

  it("is the cause of what it emits and enqueues, across the broker and an await", async () => {
    const { bus, clock } = createShop();
    const causes: unknown[] = [];
    bus.on("note.kept", async (_, context) => {
      await undefined;
      void bus.enqueue("mail.send", "x");
      causes.push(context.cause.map(({ name }) => name));
    });
    bus.work("mail.send", async (_, task) => {
      await undefined;
      causes.push(task.cause.map(({ name, kind }) => `${kind} ${name}`));
      bus.emit("note.shown", "x");
    });
    bus.on("note.shown", (_, { cause }) => causes.push(cause.map(({ name }) => name)));
    bus.on("order.paid", () => void bus.emit("note.kept", 1));
    await bus.emit("order.paid", step("a", 1));
    await clock.settle();
    expect(causes).toEqual([
      ["order.paid"],
      ["event note.kept", "event order.paid"],
      ["mail.send", "note.kept", "order.paid"],
    ]);
  });
});

describe("a bus that was given no broker", () => {
  it("keeps tasks in memory, those that came before it was loaded in their order", async () => {
    const bus = createBus(shop);
    const done: string[] = [];
    const sent = ["a", "b"].map((mail) => bus.enqueue("mail.send", mail));
    const all = new Promise<void>((resolve) => {
      bus.work("mail.send", (mail) => {
        done.push(mail);
        if (done.length === 2) resolve();
      });
    });
    await Promise.all([...sent, all]);
    expect(done).toEqual(["a", "b"]);
    await bus.close();
  });
});
