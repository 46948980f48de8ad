import {
  type Broker,
  createBus,
  defineContract,
  event,
  type Runtime,
  task,
  unchecked,
} from "@eventwire/core";
import { memory } from "@eventwire/core/memory";
import { VirtualClock } from "@eventwire/testing";
import { describe, expect, it, onTestFinished } from "vitest";
import { type ScheduleOptions, schedule } from "./schedule.js";

interface Report {
  readonly at: string;
}

const contract = defineContract({
  "report.make": task(unchecked<Report>()),
  "report.made": event<Report>(),
});
const minute = 60_000;
const hour = 60 * minute;

/** A process: a bus on a broker that others share. */
function startProcess(broker: Broker, runtime: Runtime) {
  const errors: unknown[] = [];
  const bus = createBus(contract, { broker, runtime, onError: (error) => errors.push(error) });
  onTestFinished(() => bus.close({ drain: 0 }));
  const run = (options: ScheduleOptions) =>
    schedule(bus, "report.make", options, (time) => ({ at: time.toISOString() }));
  return { bus, errors, run };
}

/** All that was enqueued so far and not taken, in the order in which it came. */
async function take(broker: Broker): Promise<readonly string[]> {
  const { tasks } = broker;
  const claimed = await tasks.claim({ names: ["report.make"], owner: "w", lease: hour, limit: 1_000 });
  await tasks.settle(claimed.map(({ id, token }) => ({ id, token, outcome: { type: "done" } })));
  return claimed.map(({ body }) => /"at":"([^"]+)"/.exec(new TextDecoder().decode(body))![1]!);
}

function begin(from: string, transactions = true) {
  const clock = new VirtualClock({ start: Date.parse(from) });
  const broker = memory({ runtime: clock });
  return { clock, broker: transactions ? broker : withoutTransactions(broker) };
}

function withoutTransactions(broker: Broker): Broker {
  return {
    ...broker,
    features: { ...broker.features, transactions: false },
    log: broker.log,
    tasks: broker.tasks,
    signals: broker.signals,
    write: () => Promise.reject(new Error("There are none.")),
    open: () => broker.open(),
    close: (options) => broker.close(options),
  };
}

describe("a schedule", () => {
  it.each([true, false])(
    "enqueues a task at each of its times, with transactions: %s",
    async (transactions) => {
      const { clock, broker } = begin("2026-03-02T05:59:30Z", transactions);
      const { run, errors } = startProcess(broker, clock);
      await run({ cron: "0 6,7 * * *" }).ready;
      await clock.advance(29_000);
      expect(await take(broker)).toEqual([]);
      await clock.advance(2_000);
      expect(await take(broker)).toEqual(["2026-03-02T06:00:00.000Z"]);
      await clock.advance(24 * hour);
      expect(await take(broker)).toEqual(["2026-03-02T07:00:00.000Z", "2026-03-03T06:00:00.000Z"]);
      expect(errors).toEqual([]);
    },
  );

  it("runs a time that does not exist at the next that does, and one that is there twice once", async () => {
    const options = { cron: "30 2 * * *", timezone: "Europe/Zurich" };
    const spring = begin("2026-03-29T00:00:00Z");
    await startProcess(spring.broker, spring.clock).run(options).ready;
    await spring.clock.advance(2 * hour);
    expect(await take(spring.broker)).toEqual(["2026-03-29T01:00:00.000Z"]);
    const autumn = begin("2026-10-25T00:00:00Z");
    await startProcess(autumn.broker, autumn.clock).run(options).ready;
    await autumn.clock.advance(2 * hour);
    expect(await take(autumn.broker)).toEqual(["2026-10-25T00:30:00.000Z"]);
  });

  it("runs each hour there is, where it goes by the hour", async () => {
    const { clock, broker } = begin("2026-10-24T23:45:00Z");
    await startProcess(broker, clock).run({ cron: "30 * * * *", timezone: "Europe/Zurich" }).ready;
    await clock.advance(3 * hour);
    expect(await take(broker)).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-25T01:30:00.000Z",
      "2026-10-25T02:30:00.000Z",
    ]);
  });

  it.each([
    { missed: undefined, made: ["2026-03-02T10:00:00.000Z"] },
    { missed: "last" as const, made: ["2026-03-02T10:00:00.000Z"] },
    { missed: "skip" as const, made: [] },
    {
      missed: "all" as const,
      made: [7, 8, 9, 10].map((at) => `2026-03-02T${String(at).padStart(2, "0")}:00:00.000Z`),
    },
  ])("makes up for what was missed as it is told: $missed", async ({ missed, made }) => {
    const { clock, broker } = begin("2026-03-02T05:59:30Z");
    await broker.open();
    const options = { cron: "0 * * * *", missed };
    const first = startProcess(broker, clock);
    await first.run(options).ready;
    await clock.advance(minute);
    expect(await take(broker)).toEqual(["2026-03-02T06:00:00.000Z"]);
    await first.bus.close({ drain: 0 });
    await clock.advance(4.5 * hour);
    const second = startProcess(broker, clock);
    await second.run(options).ready;
    await clock.advance(1_000);
    expect(await take(broker)).toEqual(made);
    await clock.advance(0.5 * hour);
    expect(await take(broker), "what comes next").toEqual(["2026-03-02T11:00:00.000Z"]);
  });

  it("does not take for missed what comes less than a minute late", async () => {
    const { clock, broker } = begin("2026-03-02T05:59:30Z");
    await broker.open();
    const options = { cron: "0 * * * *", missed: "skip" } as const;
    const first = startProcess(broker, clock);
    await first.run(options).ready;
    await first.bus.close({ drain: 0 });
    await clock.advance(50_000);
    await startProcess(broker, clock).run(options).ready;
    await clock.advance(1_000);
    expect(await take(broker)).toEqual(["2026-03-02T06:00:00.000Z"]);
  });

  it("is run once by all processes that have it, and goes on when one is lost in the middle of a run", async () => {
    const { clock, broker } = begin("2026-03-02T05:59:30Z");
    const processes = [1, 2, 3].map(() => startProcess(broker, clock));
    const ready = Promise.all(processes.map(({ run }) => run({ cron: "* * * * *" }).ready));
    await clock.advance(3 * minute);
    await ready;
    expect(await take(broker)).toEqual([0, 1, 2].map((at) => `2026-03-02T06:0${at}:00.000Z`));
    // One that has it and is gone.
    const held = await broker.log.acquire("cron/report.make", "lost", 30_000);
    expect(held).toBeDefined();
    await clock.advance(50_000);
    expect(await take(broker), "once its lease is over").toEqual(["2026-03-02T06:03:00.000Z"]);
    const { token } = held!;
    expect(await broker.log.save("cron/report.make", token, undefined, 0), "by the one that was lost").toBe(
      false,
    );
  });

  it("runs nothing twice when the clock is put back, and goes on when it has caught up", async () => {
    const { clock, broker } = begin("2026-03-02T05:59:30Z");
    let ahead = 0;
    const runtime = new Proxy<Runtime>(clock, {
      get: (_, name: keyof Runtime) =>
        name === "now" ? () => clock.now() + ahead : (clock[name] as () => unknown).bind(clock),
    });
    await startProcess(broker, runtime).run({ cron: "*/10 * * * *" }).ready;
    await clock.advance(11 * minute);
    expect(await take(broker)).toEqual(["2026-03-02T06:00:00.000Z", "2026-03-02T06:10:00.000Z"]);
    ahead = -30 * minute;
    await clock.advance(38 * minute);
    expect(await take(broker)).toEqual([]);
    await clock.advance(2 * minute);
    expect(await take(broker)).toEqual(["2026-03-02T06:20:00.000Z"]);
  });

  it("enqueues nothing for what its data cannot be made of, tells it, and goes on", async () => {
    const { clock, broker } = begin("2026-03-02T05:59:30Z");
    const { bus, errors } = startProcess(broker, clock);
    let first = true;
    const stop = schedule(bus, "report.make", { cron: "* * * * *" }, (time) => {
      if (first) {
        first = false;
        throw new TypeError("no data");
      }
      return { at: time.toISOString() };
    });
    await stop.ready;
    await clock.advance(2 * minute);
    expect(errors).toMatchObject([{ message: "no data" }]);
    expect(await take(broker)).toEqual(["2026-03-02T06:01:00.000Z"]);
  });

  it("ends with its bus, its signal, or when it is told to", async () => {
    const { clock, broker } = begin("2026-03-02T05:59:30Z");
    await broker.open();
    const { bus, run } = startProcess(broker, clock);
    const controller = new AbortController();
    const stop = run({ cron: "* * * * *" });
    const other = run({ cron: "* * * * *", id: "other", signal: controller.signal });
    const last = run({ cron: "* * * * *", id: "last" });
    await Promise.all([stop.ready, other.ready, last.ready]);
    await clock.advance(minute);
    expect(await take(broker)).toHaveLength(3);
    stop();
    stop();
    controller.abort();
    await clock.advance(minute);
    expect(await take(broker)).toHaveLength(1);
    await bus.close({ drain: 0 });
    await clock.advance(minute);
    expect(await take(broker)).toHaveLength(0);
    expect(clock.timers).toBe(0);
  });

  it("refuses what can never work", () => {
    const { clock, broker } = begin("2026-03-02T05:59:30Z");
    const { bus } = startProcess(broker, clock);
    const make = (options: object, name = "report.make") =>
      schedule(bus, name as "report.make", options as ScheduleOptions, { at: "" });
    expect(() => make({ cron: "bad" })).toThrow('"bad" in "UTC" is no schedule');
    expect(() => make({ cron: "61 * * * *" })).toThrow("is no schedule");
    expect(() => make({ cron: "0 6 * * *", timezone: "Nowhere/At" })).toThrow("is no schedule");
    expect(() => make({ cron: "0 0 30 2 *" })).toThrow("never comes");
    expect(() => make({ cron: "0 6 * * *", missed: "none" })).toThrow("missed must be");
    expect(() => make({ cron: "0 6 * * *", id: "x".repeat(600) })).toThrow("The id of a schedule");
    expect(() => make({ cron: "0 6 * * *" }, "report.made")).toThrow('"report.made" is no task');
    expect(() => make({ cron: "0 6 * * *" }, "toString")).toThrow('"toString" is no task');
    expect(clock.timers).toBe(0);
  });
});
