import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { attach } from "../attach.js";
import {
  createBus,
  defineContract,
  type EventwireError,
  event,
  request,
  UnsupportedError,
  unchecked,
} from "../index.js";
import { project } from "../project.js";
import { type States, states, watch, watching } from "../watch.js";

const Gate = z.object({ flight: z.string(), gate: z.string() });
const board = defineContract({
  "gate.assigned": event(Gate, { delivery: "durable", key: ({ flight }) => flight }),
  "gate.freed": event(Gate, { delivery: "durable", key: ({ flight }) => flight }),
  "board.watch": request({
    input: z.object({ area: z.string() }),
    item: states({ key: z.string(), state: z.string() }),
  }),
});

/** A bus that projects gates, and answers who watches those of an area. */
async function createBoard(batch?: number) {
  const clock = new VirtualClock();
  const errors: EventwireError[] = [];
  const bus = createBus(board, { runtime: clock, onError: (error) => errors.push(error) });
  const gates = project(bus, ["gate.assigned", "gate.freed"], {
    fold: (_: string | undefined, { name, data }) => (name === "gate.freed" ? undefined : data.gate),
  });
  const select =
    ({ area }: { area: string }) =>
    (_: string, gate: string) =>
      gate.startsWith(area);
  const handler = watching(gates, { select, batch });
  const stopHandling = bus.handle("board.watch", handler);
  const assign = async (...pairs: readonly (readonly [flight: string, gate?: string])[]) => {
    for (const [flight, gate] of pairs)
      await bus.emit(gate === undefined ? "gate.freed" : "gate.assigned", { flight, gate: gate ?? "" });
    await clock.settle();
  };
  const ask = (area = "") => bus.request("board.watch", { area });
  return { bus, clock, errors, gates, handler, stopHandling, assign, ask };
}

describe("what watching gives", () => {
  it("is all states first, in items of a batch, then each that changes, and a key alone that has none any more", async () => {
    const { assign, ask } = await createBoard(2);
    await assign(["a", "1"], ["b", "2"], ["c", "3"]);
    const items = ask();
    const next = async () => (await items.next()).value as States<string, string>;
    expect(await next()).toEqual({
      anew: true,
      more: true,
      entries: [
        ["a", "1"],
        ["b", "2"],
      ],
    });
    expect(await next()).toEqual({ anew: false, more: false, entries: [["c", "3"]] });
    const coming = next();
    await assign(["a", "4"]);
    expect(await coming).toEqual({ anew: false, more: false, entries: [["a", "4"]] });
    await assign(["b"]);
    expect(await next()).toEqual({ anew: false, more: false, entries: [["b"]] });
    await items.return?.();
  });

  it("is an empty item where there is nothing yet, so that who watches knows", async () => {
    const { ask } = await createBoard();
    expect((await ask().next()).value).toEqual({ anew: true, more: false, entries: [] });
  });

  it("is the newest state of each key for who was slow", async () => {
    const { assign, ask } = await createBoard();
    const items = ask();
    await items.next();
    for (const gate of ["1", "2", "3"]) await assign(["a", gate], ["b", gate]);
    await assign(["b"]);
    expect((await items.next()).value).toEqual({ anew: false, more: false, entries: [["a", "3"]] });
  });

  it("is what changes while all are told as well", async () => {
    const { assign, ask } = await createBoard(1);
    await assign(["a", "1"], ["b", "2"], ["c", "3"]);
    const items = ask();
    const seen = new Map<string, string | undefined>();
    for (let count = 0; count < 6; count++) {
      const { value } = await items.next();
      for (const [key, state] of (value as States<string, string>).entries) seen.set(key, state);
      if (count === 0) await assign(["a", "9"], ["c", "8"], ["d", "7"]);
    }
    expect(Object.fromEntries(seen)).toEqual({ a: "9", b: "2", c: "8", d: "7" });
  });

  it("is only what is selected: others are not told, nor that they go", async () => {
    const { assign, ask } = await createBoard();
    await assign(["a", "north 1"], ["b", "south 1"]);
    const items = ask("north");
    const entries = async () => ((await items.next()).value as States<string, string>).entries;
    expect(await entries()).toEqual([["a", "north 1"]]);
    // Of those that it never saw nothing is told; of one that it saw, that it sees it no longer.
    await assign(["b"], ["c", "south 2"], ["a", "south 3"]);
    expect(await entries()).toEqual([["a"]]);
    await assign(["c", "north 2"]);
    expect(await entries()).toEqual([["c", "north 2"]]);
  });

  it("keeps nothing with the projection once nobody watches", async () => {
    const { assign, ask } = await createBoard();
    await assign(["a", "1"]);
    const items = ask();
    await items.next();
    await items.return?.();
    await assign(["a", "2"]);
    expect(await items.next()).toMatchObject({ done: true });
  });

  it("ends with the projection", async () => {
    const { gates, ask } = await createBoard();
    const items = ask();
    await items.next();
    gates.stop();
    expect(await items.next()).toMatchObject({ done: true });
    expect(await ask().next()).toMatchObject({ done: true });
  });

  it("ends for who has gone, and with the bus, while the projection is not ready", async () => {
    const { gates } = await createBoard();
    const never = new Promise<void>(() => undefined);
    const slow = watching(Object.create(gates, { ready: { value: never } }) as typeof gates);
    const controller = new AbortController();
    const gone = slow({}, { peer: undefined, signal: controller.signal }).next();
    const left = slow({}, { peer: undefined, signal: new AbortController().signal }).next();
    controller.abort();
    expect(await gone).toMatchObject({ done: true });
    gates.stop();
    expect(await left).toMatchObject({ done: true });
  });

  it("keeps nothing of who has gone until the projection ends", async () => {
    const { gates, handler } = await createBoard();
    const waits = [vi.spyOn(gates.closing, "then"), vi.spyOn(gates.ready, "then")];
    const counts = () => waits.map(({ mock }) => mock.calls.length);
    const watchOnce = async () => {
      const controller = new AbortController();
      const items = handler({ area: "" }, { peer: undefined, signal: controller.signal });
      await items.next();
      controller.abort();
      await items.return?.();
    };
    await watchOnce();
    const before = counts();
    await watchOnce();
    expect(counts()).toEqual(before);
  });

  it("fails where the projection cannot be, so that somebody is told why", async () => {
    const { bus, clock, errors, stopHandling } = await createBoard();
    const refusal = new UnsupportedError("No log.");
    stopHandling();
    vi.spyOn(attach(bus).keeper, "use").mockImplementation(async () => {
      await clock.settle();
      throw refusal;
    });
    const broken = project(bus, "gate.assigned", { fold: (_: string | undefined, { data }) => data.gate });
    bus.handle("board.watch", watching(broken));
    const gates = watch(bus, "board.watch", { area: "" });
    await expect(clock.until(gates.ready)).rejects.toMatchObject({ code: "Internal", cause: refusal });
    expect(errors).toEqual([]);
  });

  it("refuses a batch that is none", async () => {
    const { gates } = await createBoard();
    expect(() => watching(gates, { batch: 0 })).toThrow("batch must be a whole number");
  });
});

describe("what is watched", () => {
  it("has all states when it is ready, and each that changes from then on", async () => {
    const { bus, clock, assign } = await createBoard();
    await assign(["a", "1"], ["b", "2"]);
    const gates = watch(bus, "board.watch", { area: "" });
    const told: unknown[] = [];
    gates.on((change) => told.push(change));
    await clock.until(gates.ready);
    expect([gates.size, gates.get("a"), [...gates.entries()]]).toEqual([
      2,
      "1",
      [
        ["a", "1"],
        ["b", "2"],
      ],
    ]);
    await assign(["a", "3"], ["b"]);
    expect(Object.fromEntries(gates.entries())).toEqual({ a: "3" });
    expect(told).toEqual([
      {
        type: "snapshot",
        entries: [
          ["a", "1"],
          ["b", "2"],
        ],
      },
      { type: "change", key: "a", value: "3" },
      { type: "change", key: "b", value: undefined },
    ]);
  });

  it("shows what it has until all of them are there again", async () => {
    const { bus, clock, assign, handler, stopHandling } = await createBoard(1);
    await assign(["a", "1"], ["b", "2"]);
    let times = 0;
    stopHandling();
    bus.handle("board.watch", async function* (input, context) {
      let items = 0;
      times += 1;
      for await (const item of handler(input, context)) {
        yield item;
        // The second time it ends in the middle of all, the first time behind them.
        if (++items === (times === 1 ? 3 : 1) && times < 3) return;
      }
    });
    const gates = watch(bus, "board.watch", { area: "" });
    const told: (readonly [type: string, size: number])[] = [];
    gates.on(({ type }) => told.push([type, gates.size]));
    await clock.until(gates.ready);
    await assign(["b"]);
    await clock.advance(10_000);
    expect(times).toBe(3);
    expect(told).toEqual([
      ["snapshot", 2],
      ["snapshot", 1],
    ]);
  });

  it("is asked again, after a while, as long as that may help", async () => {
    const { bus, clock, assign, handler, stopHandling } = await createBoard();
    await assign(["a", "1"]);
    stopHandling();
    const gates = watch(bus, "board.watch", { area: "" });
    await clock.advance(60_000);
    bus.handle("board.watch", handler);
    await clock.advance(10_000);
    await gates.ready;
    expect(gates.get("a")).toBe("1");
  });

  it("is refused where that cannot help, and reports it where it was there already", async () => {
    const { bus, clock, errors, stopHandling } = await createBoard();
    stopHandling();
    let fails = true;
    let end: () => void = () => undefined;
    bus.handle("board.watch", async function* () {
      if (fails) throw new Error("broken");
      yield { anew: true, more: false, entries: [["a", "1"] as const] };
      await new Promise<void>((resolve) => {
        end = resolve;
      });
      throw new Error("broken");
    });
    const refused = watch(bus, "board.watch", { area: "" });
    await expect(clock.until(refused.ready)).rejects.toMatchObject({ code: "Internal" });
    errors.splice(0);
    fails = false;
    const gates = watch(bus, "board.watch", { area: "" });
    await clock.until(gates.ready);
    end();
    await clock.until(gates.ended);
    expect(errors.map(({ code }) => code)).toContain("Internal");
    expect(gates.get("a")).toBe("1");
  });

  it("is not said to be ready where it is stopped before, and nobody is told of that", async () => {
    const { bus, clock, errors, stopHandling } = await createBoard();
    stopHandling();
    const gates = watch(bus, "board.watch", { area: "" });
    const changed = vi.fn();
    gates.on(changed);
    await clock.advance(1_000);
    gates.stop();
    await expect(gates.ready).rejects.toMatchObject({ code: "Aborted" });
    const quiet = watch(bus, "board.watch", { area: "" });
    quiet.stop();
    await quiet.ended;
    expect([changed.mock.calls, errors, clock.uncaughtErrors]).toEqual([[], [], []]);
  });

  it("ends when it is stopped, its signal aborts, or the bus ends, and leaves no timer", async () => {
    const { bus, clock, errors, stopHandling } = await createBoard();
    const controller = new AbortController();
    const watched = [
      watch(bus, "board.watch", { area: "" }),
      watch(bus, "board.watch", { area: "" }, { signal: controller.signal }),
      watch(bus, "board.watch", { area: "" }),
    ];
    await clock.until(Promise.all(watched.map(({ ready }) => ready)));
    watched[0]!.stop();
    controller.abort();
    await clock.until(Promise.all(watched.slice(0, 2).map(({ ended }) => ended)));
    stopHandling();
    const waiting = watch(bus, "board.watch", { area: "" });
    await clock.settle();
    await clock.until(bus.close());
    await clock.until(Promise.all([watched[2]!.ended, waiting.ended]));
    await expect(waiting.ready).rejects.toMatchObject({ code: "Closed" });
    expect([clock.timers, errors]).toEqual([0, []]);
  });
});

describe("the schema of states", () => {
  const schema = states({ key: z.string(), state: z.object({ gate: z.number() }) });
  const check = (value: unknown) =>
    schema["~standard"].validate(value) as { value?: unknown; issues?: unknown };

  it("passes on what its schemas know, and nothing else", () => {
    const value = { anew: true, more: false, entries: [["a", { gate: 1, secret: 2 }], ["b"]], secret: 1 };
    expect(check(value)).toEqual({
      value: { anew: true, more: false, entries: [["a", { gate: 1 }], ["b"]] },
    });
  });

  it("says what is wrong, and where", () => {
    for (const wrong of [
      null,
      5,
      {},
      { anew: true, more: 1, entries: [] },
      { anew: true, more: true, entries: 5 },
    ])
      expect(check(wrong).issues).toHaveLength(1);
    for (const entry of ["a", [], ["a", { gate: 1 }, 3]])
      expect(check({ anew: true, more: true, entries: [entry] }).issues).toMatchObject([
        { path: ["entries", 0] },
      ]);
    expect(check({ anew: true, more: true, entries: [["a"], ["b", { gate: "x" }]] }).issues).toMatchObject([
      { path: ["entries", 1, 1, "gate"] },
    ]);
    expect(check({ anew: true, more: true, entries: [[5]] }).issues).toMatchObject([
      { path: ["entries", 0, 0] },
    ]);
  });

  it("guards nothing, and says so, where one of its schemas guards nothing", () => {
    const { vendor } = unchecked()["~standard"];
    expect(states({ key: z.string(), state: unchecked<number>() })["~standard"].vendor).toBe(vendor);
    expect(schema["~standard"].vendor).not.toBe(vendor);
  });
});
