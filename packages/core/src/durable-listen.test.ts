import { describe, expect, it, vi } from "vitest";
import { createShop, shop, step } from "../fixtures/shop.js";
import type { Gap, Offset } from "./index.js";

const gate = () => {
  let open = () => undefined as unknown;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
};

describe("a listener of a durable event", () => {
  it("hears it from the log: with its offset, once it is committed, and not within emit", async () => {
    const { bus, clock } = createShop();
    const seen: unknown[] = [];
    bus.on("order.placed", (data, { id, name, key, offset, attempt, peer, time }) =>
      seen.push({ data, id, name, key, offset, attempt, peer, time }),
    );
    const time = clock.now();
    const receipt = bus.emit("order.placed", step("a", 1));
    expect(seen).toEqual([]);
    const { id, offset } = await receipt;
    await clock.advance(10);
    const data = step("a", 1);
    expect(seen).toEqual([
      { data, id, name: "order.placed", key: "a", offset, attempt: 1, peer: undefined, time },
    ]);
  });

  it("hears what is emitted after it came, and not what was before, without waiting for anything", async () => {
    const { bus, clock } = createShop();
    const seen: unknown[] = [];
    void bus.emit("note.kept", 1);
    bus.on("note.kept", (note) => seen.push(note));
    void bus.emit("note.kept", 2);
    await clock.settle();
    expect(seen).toEqual([2]);
  });

  it("hears what another bus of the broker emits", async () => {
    const { bus, open, clock } = createShop();
    const seen: unknown[] = [];
    const stop = open().on("note.kept", (note) => seen.push(note));
    await stop.ready;
    await bus.emit("note.kept", 1);
    await clock.settle();
    expect(seen).toEqual([1]);
  });

  it("hears its key only, of which a number and its text are two", async () => {
    const { bus, clock } = createShop();
    const seen: number[] = [];
    bus.on("order.*", () => undefined);
    bus.narrow(shop).on("order.placed", ({ step }) => seen.push(step), { key: "7" });
    void bus.emit("order.placed", step("7", 1));
    void bus.emit("order.placed", { order: 7 as unknown as string, step: 2 });
    await clock.settle();
    expect(seen).toEqual([1]);
  });

  it("is not called after it has stopped, nor when its signal has aborted", async () => {
    const { bus, clock, errors } = createShop();
    const listener = vi.fn();
    const controller = new AbortController();
    const stop = bus.on("note.kept", listener);
    bus.on("note.kept", listener, { signal: controller.signal });
    await stop.ready;
    const emitted = bus.emit("note.kept", 1);
    stop();
    controller.abort();
    bus.on("note.kept", listener, { signal: AbortSignal.abort() });
    await emitted;
    await clock.settle();
    expect(listener).not.toHaveBeenCalled();
    expect(errors).toEqual([]);
  });

  it("may stop before it is ready, and then never begins", async () => {
    const { bus, broker, clock } = createShop();
    bus.on("note.kept", () => undefined)();
    void bus.emit("note.kept", 1);
    await clock.settle();
    expect(broker.count("read")).toBe(0);
  });

  it("that fails is reported, and hears the next event", async () => {
    const { bus, clock, errors } = createShop();
    const seen: unknown[] = [];
    bus.on("note.kept", (note) => {
      seen.push(note);
      if (note === 1) throw new Error("thrown");
      if (note === 2) return Promise.reject(new Error("rejected"));
      return undefined;
    });
    const { id } = await bus.emit("note.kept", 1);
    await Promise.all([bus.emit("note.kept", 2), bus.emit("note.kept", 3)]);
    await clock.settle();
    expect(seen).toEqual([1, 2, 3]);
    expect(errors).toMatchObject([
      { code: "ListenerFailed", about: "note.kept", id, cause: { message: "thrown" } },
      { code: "ListenerFailed", cause: { message: "rejected" } },
    ]);
  });

  it("that emits lets the current event reach the other listeners first", async () => {
    const { bus, clock } = createShop();
    const order: string[] = [];
    bus.on("note.shown", (text) => order.push(`shown ${text}`));
    bus.on("note.kept", (note) => {
      order.push(`first ${note}`);
      bus.emit("note.shown", String(note));
    });
    bus.on("note.kept", (note) => order.push(`second ${note}`));
    await Promise.all([bus.emit("note.kept", 1), bus.emit("note.kept", 2)]);
    await clock.settle();
    expect(order).toEqual(["first 1", "second 1", "shown 1", "first 2", "second 2", "shown 2"]);
  });

  it("refuses to be ready on a closed bus, and where since finds no position", async () => {
    const { bus, errors } = createShop();
    const misuse = { code: "Misuse" };
    const nowhere = bus.on("note.kept", () => undefined, { since: "somewhere" as Offset });
    await expect(nowhere.ready).rejects.toMatchObject(misuse);
    const never = bus.on("note.kept", () => undefined, { since: new Date(Number.NaN) });
    await expect(never.ready).rejects.toMatchObject(misuse);
    const failing = bus.on("note.kept", () => undefined, {
      since: () => Promise.reject(new Error("no state")),
    });
    await expect(failing.ready).rejects.toThrow("no state");
    await bus.close();
    await expect(bus.on("note.kept", () => undefined).ready).rejects.toMatchObject({ code: "Closed" });
    expect(errors).toEqual([]);
  });
});

describe("the order in which an asynchronous listener works", () => {
  it("is one at a time for a key, across names, and for a name without key; others go on", async () => {
    const { bus, clock } = createShop();
    const log: string[] = [];
    const first = gate();
    bus.on("*", async (message) => {
      if (message.name === "note.shown") return;
      const what = `${message.name} ${message.key ?? message.data}`;
      log.push(`begin ${what}`);
      if (log.length === 1) await first.opened;
      await undefined;
      log.push(`end ${what}`);
    });
    void bus.emit("order.placed", step("a", 1));
    void bus.emit("order.paid", step("a", 2));
    void bus.emit("note.kept", 1);
    void bus.emit("note.kept", 2);
    void bus.emit("order.placed", step("b", 1));
    await clock.settle();
    expect(log).toEqual([
      "begin order.placed a",
      "begin note.kept 1",
      "begin order.placed b",
      "end note.kept 1",
      "end order.placed b",
      "begin note.kept 2",
      "end note.kept 2",
    ]);
    first.open();
    await clock.settle();
    expect(log.slice(7)).toEqual(["end order.placed a", "begin order.paid a", "end order.paid a"]);
  });

  it("hears one at a time in the order of the log, across keys, where it works on one at a time", async () => {
    const { bus, clock } = createShop();
    const seen: string[] = [];
    const work = async ({ order, step }: { order: string; step: number }) => {
      await new Promise<void>((resolve) => clock.timer(resolve, 10));
      seen.push(`${order}${step}`);
    };
    const stop = bus.on("order.placed", work, { concurrency: 1 });
    await stop.ready;
    for (const [order, at] of [
      ["a", 1],
      ["a", 2],
      ["b", 3],
      ["a", 4],
      ["c", 5],
      ["b", 6],
    ] as const) {
      void bus.emit("order.placed", step(order, at));
    }
    await clock.advance(1_000);
    expect(seen).toEqual(["a1", "a2", "b3", "a4", "c5", "b6"]);
  });

  it("is bounded by concurrency across keys", async () => {
    const { bus, clock } = createShop();
    const gates = [gate(), gate(), gate()];
    const begun: number[] = [];
    bus.on(
      "order.placed",
      async ({ step }) => {
        begun.push(step);
        await gates[step]!.opened;
      },
      { concurrency: 2 },
    );
    for (const [index, order] of ["a", "b", "c"].entries()) void bus.emit("order.placed", step(order, index));
    await clock.settle();
    expect(begun).toEqual([0, 1]);
    gates[1]!.open();
    await clock.settle();
    expect(begun).toEqual([0, 1, 2]);
  });
});

describe("a pattern of live and durable events", () => {
  it("is ready at once, and hears the live ones within emit and the durable ones from the log", async () => {
    const { bus, clock, errors } = createShop();
    const seen: unknown[] = [];
    const stop = bus.on("*", ({ name, offset }) => seen.push([name, offset !== undefined]));
    bus.emit("note.shown", "x");
    expect(seen).toEqual([["note.shown", false]]);
    await stop.ready;
    await bus.emit("note.kept", 1);
    await clock.settle();
    expect(seen).toEqual([
      ["note.shown", false],
      ["note.kept", true],
    ]);
    stop();
    bus.emit("note.shown", "y");
    void bus.emit("note.kept", 2);
    await clock.settle();
    expect(seen).toHaveLength(2);
    expect(errors).toEqual([]);
  });
});

describe("since", () => {
  async function kept() {
    const made = createShop();
    const { bus, clock } = made;
    const offsets: Offset[] = [];
    for (const note of [1, 2, 3]) {
      offsets.push((await bus.emit("note.kept", note)).offset!);
      await clock.advance(1_000);
    }
    return { ...made, offsets };
  }

  it.each<[string, (context: Awaited<ReturnType<typeof kept>>) => unknown, number[]]>([
    ["start", () => "start", [1, 2, 3, 4]],
    ["now", () => "now", [4]],
    ["an offset, exclusive", ({ offsets }) => offsets[0], [2, 3, 4]],
    ["the last offset", ({ offsets }) => offsets[2], [4]],
    ["a time, inclusive", ({ clock }) => new Date(clock.now() - 2_000), [2, 3, 4]],
    ["a time to come", ({ clock }) => new Date(clock.now() + 1), [4]],
    [
      "a function that finds an offset",
      ({ offsets }) =>
        async () =>
          offsets[1],
      [3, 4],
    ],
    ["a function that finds nothing yet", () => () => "start", [1, 2, 3, 4]],
    [
      "the position",
      ({ bus }) =>
        () =>
          bus.position(),
      [4],
    ],
  ])("%s", async (_, since, expected) => {
    const made = await kept();
    const { bus, clock } = made;
    const seen: unknown[] = [];
    await bus.on("note.kept", (note) => seen.push(note), { since: since(made) as Offset }).ready;
    await bus.emit("note.kept", 4);
    await clock.settle();
    expect(seen).toEqual(expected);
  });

  it("a position that was taken before the state was loaded misses nothing in between", async () => {
    const { bus, clock } = createShop();
    const seen: unknown[] = [];
    void bus.emit("note.kept", "in the state");
    const since = await bus.position();
    await bus.emit("note.kept", "while it was loaded");
    bus.on("note.kept", (note) => seen.push(note), { since });
    await bus.emit("note.kept", "after");
    await clock.settle();
    expect(seen).toEqual(["while it was loaded", "after"]);
  });
});

describe("the log's reader", () => {
  it("is one for all listeners that have caught up", async () => {
    const { bus, broker, clock } = createShop();
    const listener = vi.fn();
    for (let count = 0; count < 50; count++) bus.on("note.kept", listener);
    await bus.emit("note.kept", 0);
    await clock.settle();
    const before = broker.count("read");
    await bus.emit("note.kept", 1);
    await clock.settle();
    expect(listener).toHaveBeenCalledTimes(100);
    expect(broker.count("read") - before).toBeLessThanOrEqual(2);
  });

  it("is not joined by who wants a name that the page under way leaves out", async () => {
    const { bus, broker, clock } = createShop();
    await bus.on("order.placed", () => undefined).ready;
    await clock.settle();
    const held = gate();
    let hold = true;
    broker.trouble = async (operation, go) => {
      if (operation === "read" && hold) {
        hold = false;
        await held.opened;
      }
      return go();
    };
    await bus.emit("order.placed", step("a", 1));
    const seen: number[] = [];
    await bus.on("order.paid", ({ step }) => seen.push(step)).ready;
    await bus.emit("order.paid", step("a", 2));
    held.open();
    await clock.settle();
    expect(seen).toEqual([2]);
  });

  it("reads nothing when nobody listens, and sets no timers where no hint can be lost", async () => {
    const { bus, broker, clock } = createShop();
    const stop = bus.on("note.kept", () => undefined);
    await bus.emit("note.kept", 0);
    await clock.advance(60_000);
    expect(clock.timers).toBe(0);
    stop();
    await bus.emit("note.kept", 1);
    await clock.settle();
    const before = broker.count("read");
    await bus.emit("note.kept", 2);
    await clock.settle();
    expect(broker.count("read")).toBe(before);
  });

  it("finds what it had no hint of within a second, where hints can be lost", async () => {
    const { bus, broker, clock } = createShop({ features: { scope: "cluster" } });
    broker.hints = false;
    const seen: unknown[] = [];
    await bus.on("note.kept", (note) => seen.push(note)).ready;
    await clock.advance(5_000);
    await bus.emit("note.kept", 1);
    await clock.advance(999);
    await clock.advance(1);
    expect(seen).toEqual([1]);
  });

  it("looks again soon after a hint that came before its events could be read", async () => {
    const { bus, broker, clock } = createShop({ features: { scope: "cluster" } });
    const seen: unknown[] = [];
    await bus.on("note.kept", (note) => seen.push(note)).ready;
    await clock.settle();
    let lag = true;
    broker.trouble = async (operation, go) => {
      const result = await go();
      return operation === "read" && lag ? { ...result, records: [], scanned: 0 } : result;
    };
    await bus.emit("note.kept", 1);
    await clock.settle();
    lag = false;
    await clock.advance(40);
    expect(seen).toEqual([1]);
  });

  it("goes on after failures, reported once for a row of them", async () => {
    const { bus, broker, clock, errors } = createShop();
    const seen: unknown[] = [];
    bus.on("note.kept", (note) => seen.push(note));
    await bus.emit("note.kept", 1);
    await clock.settle();
    let failures = 4;
    broker.trouble = async (operation, go) => {
      if (operation === "read" && failures-- > 0) throw new Error("cut off");
      return go();
    };
    await bus.emit("note.kept", 2);
    await clock.advance(2_000);
    expect(seen).toEqual([1, 2]);
    expect(errors).toMatchObject([{ code: "Broker", cause: { message: "cut off" } }]);
  });

  it("passes, and reports, what it cannot read", async () => {
    const { bus, broker, clock, errors } = createShop();
    const seen: unknown[] = [];
    bus.on("note.kept", (note) => seen.push(note));
    await bus.position();
    const foreign = { id: "f", name: "note.kept", key: undefined, shard: 0, time: 0, body: Uint8Array.of(1) };
    await broker.log.append([foreign]);
    await bus.emit("note.kept", 1);
    await clock.settle();
    expect(seen).toEqual([1]);
    expect(errors).toMatchObject([{ code: "Invalid", about: "note.kept" }]);
    expect(errors[0]!.message).toContain("what the log keeps of event f cannot be read");
  });
});

describe("a listener that is slower than its events", () => {
  it("leaves those that keep up to themselves, and misses nothing", async () => {
    const { bus, clock, errors } = createShop();
    const fast: unknown[] = [];
    const slow: unknown[] = [];
    const held = gate();
    bus.on("note.kept", (note) => fast.push(note));
    bus.on("note.kept", async (note) => {
      await held.opened;
      slow.push(note);
    });
    const notes = Array.from({ length: 2_000 }, (_, note) => note);
    for (const note of notes) void bus.emit("note.kept", note);
    await clock.advance(1_000);
    expect(fast).toEqual(notes);
    expect(slow).toEqual([]);
    held.open();
    await clock.until(() => slow.length === notes.length);
    expect(slow).toEqual(notes);
    expect(errors).toEqual([]);
  });

  it("learns of a gap when the log has let go what it had not read", async () => {
    const { bus, clock, errors } = createShop({ memory: { events: 300 } });
    const seen: unknown[] = [];
    const gaps: Gap[] = [];
    const held = gate();
    bus.on(
      "note.kept",
      async (note) => {
        await held.opened;
        seen.push(note);
      },
      { onGap: (gap) => gaps.push(gap) },
    );
    for (let note = 0; note < 1_000; note++) {
      void bus.emit("note.kept", note);
      if (note % 250 === 0) await clock.settle();
    }
    held.open();
    await clock.until(() => seen.length === 556);
    const at = (number: number) => expect.stringMatching(new RegExp(`\\.${number}$`));
    expect(gaps).toEqual([
      { name: "note.kept", key: undefined, reason: "trimmed", missed: undefined, from: at(256), to: at(700) },
    ]);
    expect(seen).toEqual([
      ...Array.from({ length: 256 }, (_, note) => note),
      ...Array.from({ length: 300 }, (_, note) => note + 700),
    ]);
    expect(errors).toEqual([]);
  });
});

describe("a gap", () => {
  it("of a start that the log keeps no longer is told once, to onGap or else to onError", async () => {
    const { bus, clock, errors } = createShop({ memory: { events: 2 } });
    for (const note of [1, 2, 3, 4]) await bus.emit("note.kept", note);
    const onGap = vi.fn();
    const seen: unknown[] = [];
    bus.on("note.kept", (note) => seen.push(note), { since: "start", onGap });
    bus.on("note.*", () => undefined);
    bus.on("note.kept", () => undefined, { since: "start" });
    await clock.settle();
    await bus.emit("note.kept", 5);
    await clock.settle();
    expect(seen).toEqual([3, 4, 5]);
    expect(onGap).toHaveBeenCalledExactlyOnceWith({
      name: "note.kept",
      key: undefined,
      reason: "trimmed",
      missed: undefined,
      from: expect.stringMatching(/\.0$/),
      to: expect.stringMatching(/\.2$/),
    });
    expect(errors).toMatchObject([{ code: "Gap", about: "note.kept" }]);
    expect(errors[0]!.message).toContain("missed events (trimmed)");
  });

  it("is told of an offset of another history of the log, which is then read from its start", async () => {
    const { bus, clock } = createShop();
    await bus.emit("note.kept", 1);
    const gaps: Gap[] = [];
    const seen: unknown[] = [];
    const since = "earlier.700" as Offset;
    bus.on("note.kept", (note) => seen.push(note), { since, onGap: (gap) => gaps.push(gap) });
    await clock.settle();
    expect(gaps).toMatchObject([{ reason: "epoch" }]);
    expect(seen).toEqual([1]);
  });

  it("is told of an offset that the log has lost, and what comes after the end of that is heard", async () => {
    const { bus, broker, clock } = createShop();
    await bus.emit("note.kept", 1);
    const gaps: Gap[] = [];
    const seen: unknown[] = [];
    const since = `${await broker.log.epoch()}.700` as Offset;
    bus.on("note.kept", (note) => seen.push(note), { since, onGap: (gap) => gaps.push(gap) });
    await clock.settle();
    await bus.emit("note.kept", 2);
    await clock.settle();
    expect(gaps).toMatchObject([{ reason: "truncated" }]);
    expect(seen).toEqual([2]);
  });

  it("is told to all who listen when the log loses its end under them, and they go on from there", async () => {
    const { bus, broker, clock } = createShop();
    const gaps: string[] = [];
    const seen: unknown[] = [];
    for (const who of ["a", "b"]) {
      bus.on("note.kept", (note) => seen.push(`${who}${note}`), {
        onGap: ({ reason }) => gaps.push(`${who} ${reason}`),
      });
    }
    for (const note of [1, 2, 3]) await bus.emit("note.kept", note);
    await clock.settle();
    seen.length = 0;
    // Until both know, it seems to end there; then what is at the offsets behind it comes anew.
    broker.trouble = async (operation, go) => {
      const result = await go();
      if (operation !== "read" || gaps.length === 2) return result;
      return { ...result, records: [], scanned: 1 };
    };
    await bus.emit("note.kept", 4);
    await clock.settle();
    await clock.settle();
    expect(gaps.sort()).toEqual(["a truncated", "b truncated"]);
    expect(seen.sort()).toEqual(["a2", "a3", "a4", "b2", "b3", "b4"]);
  });

  it("is told to all who listen when the log changes under them", async () => {
    const { bus, broker, clock } = createShop();
    const gaps: string[] = [];
    const seen: unknown[] = [];
    for (const who of ["a", "b"]) {
      bus.on("note.kept", (note) => seen.push(note), {
        onGap: ({ reason }) => gaps.push(`${who} ${reason}`),
      });
    }
    await bus.emit("note.kept", 1);
    await clock.settle();
    broker.trouble = async (operation, go) => {
      const result = await go();
      if (operation === "epoch") return "restored" as typeof result;
      return operation === "read" ? { ...result, epoch: "restored" } : result;
    };
    await bus.emit("note.kept", 2);
    await clock.settle();
    await clock.settle();
    expect(gaps.sort()).toEqual(["a epoch", "b epoch"]);
    expect(seen).toEqual([1, 1, 1, 2, 1, 2]);
    expect((await bus.emit("note.kept", 3)).offset).toBe("restored.3");
  });
});

describe("the end of a bus", () => {
  it("lets what was emitted reach the log and the listeners, and gives the broker back", async () => {
    const { bus, broker, clock, errors } = createShop();
    const seen: unknown[] = [];
    bus.on("note.kept", async (note) => {
      await undefined;
      seen.push(note);
    });
    const receipts = [1, 2, 3].map((note) => bus.emit("note.kept", note));
    await bus.close();
    expect(await Promise.all(receipts)).toHaveLength(3);
    expect(seen).toEqual([1, 2, 3]);
    expect(broker.calls.at(-1)).toBe("close");
    expect(clock.timers).toBe(0);
    expect(errors).toEqual([]);
  });

  it("waits no longer than its drain for a listener", async () => {
    const { bus, clock } = createShop();
    bus.on("note.kept", () => new Promise(() => undefined));
    await bus.emit("note.kept", 1);
    const closed = vi.fn();
    void bus.close({ drain: 500 }).then(closed);
    await clock.advance(499);
    expect(closed).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(closed).toHaveBeenCalled();
  });

  it("opens no broker that was never needed", async () => {
    const { bus, open } = createShop();
    const other = open();
    other.on("note.shown", () => undefined);
    await other.close();
    await bus.close();
  });
});
