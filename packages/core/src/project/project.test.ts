import { describe, expect, it, vi } from "vitest";
import { createShop, type Step, shop, step } from "../../fixtures/shop.js";
import { createClientBus } from "../attach.js";
import { type Bus, type Gap, shardOf } from "../index.js";
import { project } from "../project.js";

type Shop = Bus<typeof shop>;

interface Options {
  readonly name?: string;
  readonly version?: number;
  readonly signal?: AbortSignal;
  readonly onGap?: (gap: Gap) => void;
}

/** Counts the steps of each order that was placed, and forgets it when it is paid. */
function count(bus: Shop, options: Options = {}) {
  const folded: string[] = [];
  const open = project(bus, ["order.placed", "order.paid"], {
    ...options,
    fold: (steps: number | undefined, { name, data }) => {
      folded.push(`${data.order}${data.step}`);
      if (data.step < 0) throw new Error("less than nothing");
      return name === "order.paid" ? undefined : (steps ?? 0) + data.step;
    },
  });
  return { open, folded, state: () => Object.fromEntries(open.entries()) };
}

async function place(bus: Shop, ...steps: readonly Step[]): Promise<void> {
  await Promise.all(steps.map((one) => bus.emit("order.placed", one)));
}

describe("a projection", () => {
  it("is folded from all that the log keeps, then kept up to date", async () => {
    const { bus, clock } = createShop();
    await place(bus, step("a", 1), step("b", 2), step("a", 3));
    const { open, state } = count(bus);
    expect([open.size, open.position]).toEqual([0, undefined]);
    await clock.until(open.ready);
    expect(state()).toEqual({ a: 4, b: 2 });
    const receipt = await bus.emit("order.paid", step("a", 1));
    await clock.settle();
    expect(open.get("a")).toBeUndefined();
    expect([open.get("b"), open.size, open.position]).toEqual([2, 1, receipt.offset]);
  });

  it("tells of each change once the state has it, in the order of the log", async () => {
    const { bus, clock, errors } = createShop();
    const { open } = count(bus);
    await clock.until(open.ready);
    const told: unknown[] = [];
    const stop = open.on((change) => {
      if (change.type === "change") told.push([change.key, change.value, open.get(change.key)]);
    });
    open.on(() => {
      throw new Error("from a listener");
    });
    await place(bus, step("a", 1), step("b", 1), step("a", 0), step("a", 2));
    await bus.emit("order.paid", step("b", 1));
    await bus.emit("order.paid", step("c", 1));
    await clock.settle();
    expect(told).toEqual([
      ["a", 1, 1],
      ["b", 1, 1],
      ["a", 3, 3],
      ["b", undefined, undefined],
    ]);
    expect(errors).toHaveLength(4);
    stop();
    await place(bus, step("a", 1));
    await clock.settle();
    expect(told).toHaveLength(4);
  });

  it("leaves a key as it was before the first event that fold throws at, or gives a promise for, and lists it", async () => {
    const { bus, clock, errors } = createShop();
    const { open, state } = count(bus);
    const waiting = project(bus, "order.placed", {
      fold: (() => Promise.reject(new Error("later"))) as unknown as (steps: number | undefined) => number,
    });
    await clock.until(Promise.all([open.ready, waiting.ready]));
    await place(bus, step("a", 1), step("a", -1), step("a", 2), step("b", 1), step("a", -2));
    await clock.settle();
    expect(state()).toEqual({ a: 1, b: 1 });
    const failure = { name: "order.placed", id: expect.any(String), offset: expect.stringMatching(/\.2$/) };
    expect([...open.failed]).toEqual([["a", { ...failure, error: new Error("less than nothing") }]]);
    expect(waiting.size).toBe(0);
    expect([...waiting.failed.keys()]).toEqual(["a", "b"]);
    const codes = errors.map(({ code, message }) => `${code} ${message.includes("less than nothing")}`);
    expect(codes.filter((code) => code === "ListenerFailed true")).toHaveLength(1);
    expect(codes.filter((code) => code === "ListenerFailed false")).toHaveLength(2);
  });

  it("leaves a key as it was before an event that cannot be read, whose key is the contract's", async () => {
    const { bus, broker, clock, errors } = createShop();
    const unreadable = (id: string, key: string) => {
      const shard = shardOf("order.placed", key);
      return { id, name: "order.placed", key, shard, time: 1, body: Uint8Array.of(0xff) };
    };
    await place(bus, step("a", 1), step("b", 1));
    await broker.log.append([unreadable("x", "a"), unreadable("y", "a")]);
    await place(bus, step("a", 2), step("b", 2));
    const { open, state } = count(bus);
    const own = project(bus, "order.placed", {
      key: ({ data }) => data.order,
      fold: (steps: number | undefined, { data }) => (steps ?? 0) + data.step,
    });
    await clock.until(Promise.all([open.ready, own.ready]));
    expect(state()).toEqual({ a: 1, b: 3 });
    expect([...open.failed]).toMatchObject([["a", { id: "x", error: { code: "Invalid" } }]]);
    expect(Object.fromEntries(own.entries())).toEqual({ a: 3, b: 3 });
    expect([...own.failed]).toMatchObject([[undefined, { id: "x" }]]);
    expect(errors.map(({ code }) => code)).toEqual(["Invalid", "Invalid", "Invalid"]);
  });

  it("takes another key, and passes events that have none", async () => {
    const { bus, clock, errors } = createShop();
    const steps = project(bus, "order.placed", {
      key: ({ data }) => (data.step === 0 ? undefined : data.step === 9 ? (Number.NaN as number) : data.step),
      fold: (orders: readonly string[] | undefined, { data }) => [...(orders ?? []), data.order],
    });
    await place(bus, step("a", 1), step("b", 1), step("c", 0), step("d", 9));
    await clock.until(steps.ready);
    expect([...steps.entries()]).toEqual([[1, ["a", "b"]]]);
    expect([...steps.failed.keys()]).toEqual([undefined]);
    expect(errors).toMatchObject([{ code: "ListenerFailed" }]);
  });

  it("refuses what cannot be projected", () => {
    const { bus } = createShop();
    const fold = (steps: number | undefined) => steps;
    const refused = (names: unknown, options: object, words: string) =>
      expect(() => project(bus, names as never, { fold, ...options } as never)).toThrow(words);
    refused("note.shown", {}, "it is not durable");
    refused("order.place", {}, "is no event of this contract");
    refused("mail.send", {}, "is no event of this contract");
    refused("__proto__", {}, "is no event of this contract");
    refused("note.kept", {}, "has no key");
    refused([], {}, "needs the name of an event");
    refused("order.paid", { name: "a board" }, "cannot name a projection");
    refused("order.paid", { version: 0.5 }, "version must be a whole number");
    refused("order.paid", { saveEvery: Number.NaN }, "saveEvery must be at least 0");
    expect(() => project({ contract: shop }, "order.paid", { fold })).toThrow("not a bus");
  });

  it("ends by stop, by its signal, and with the bus, and can still be read", async () => {
    const { bus, clock } = createShop();
    const controller = new AbortController();
    const [one, two, three] = [count(bus), count(bus, { signal: controller.signal }), count(bus)];
    await clock.until(Promise.all([one.open.ready, two.open.ready, three.open.ready]));
    await place(bus, step("a", 1));
    await clock.settle();
    one.open.stop();
    one.open.stop();
    controller.abort();
    await clock.until(Promise.all([one.open.ended, two.open.ended]));
    await place(bus, step("a", 1));
    await clock.until(bus.close());
    await three.open.ended;
    expect([one, two, three].map(({ open }) => open.get("a"))).toEqual([1, 1, 2]);
    expect(one.open.position).not.toBe(three.open.position);
  });

  it("cannot be ready where it ends before, or there is no log", async () => {
    const { bus, clock, errors } = createShop();
    const stopped = count(bus).open;
    const closed = count(bus).open;
    stopped.stop();
    await expect(stopped.ready).rejects.toMatchObject({ code: "Aborted" });
    await clock.until(bus.close());
    await closed.ready;
    await expect(count(bus).open.ready).rejects.toMatchObject({ code: "Closed" });
    expect(errors).toEqual([]);
    const { bus: client, errors: reported } = createClient();
    const none = project(client, "order.placed", { fold: (steps: number | undefined) => steps });
    await expect(none.ready).rejects.toMatchObject({ code: "Unsupported" });
    await none.ended;
    void project(client, "order.placed", { fold: (steps: number | undefined) => steps });
    await vi.waitFor(() => expect(reported).toMatchObject([{ code: "Unsupported" }]));
  });

  it("lets the event loop breathe while it folds", async () => {
    const { bus, clock } = createShop();
    await place(bus, ...Array.from({ length: 2_000 }, (_, index) => step(`${index}`, 1)));
    let now = 0;
    vi.spyOn(clock, "monotonic").mockImplementation(() => ++now);
    const breaths = vi.spyOn(clock, "macrotask");
    const { open } = count(bus);
    await clock.until(open.ready);
    expect(open.size).toBe(2_000);
    expect(breaths.mock.calls.length).toBeGreaterThan(40);
  });
});

function createClient() {
  const errors: unknown[] = [];
  const bus = createClientBus(shop, { onError: (error) => errors.push(error) }, () => ({
    listen: () => ({ ready: Promise.resolve(), stop: () => undefined }),
    follow: () => Promise.reject(new Error("Nothing is followed here.")),
    join: () => Promise.reject(new Error("There is no group here.")),
    position: () => Promise.reject(new Error("There is no log here.")),
    emit: () => undefined,
    append: () => Promise.reject(new Error("There is no log here.")),
    appended: async () => undefined,
    request: async () => undefined,
    askTasks: () => Promise.reject(new Error("There are no tasks here.")),
    over: false,
    close: async () => undefined,
  }));
  return { bus, errors };
}

describe("a projection with a name", () => {
  it("folds after a restart only what came since", async () => {
    const { bus, open: another, clock } = createShop();
    await place(bus, step("a", 1), step("b", 2));
    const before = count(bus, { name: "steps" });
    await clock.until(before.open.ready);
    await place(bus, step("a", 3));
    await clock.until(bus.close());
    const next = another();
    await place(next, step("b", 5));
    const after = count(next, { name: "steps" });
    await clock.until(after.open.ready);
    expect(after.folded).toEqual(["b5"]);
    expect(after.state()).toEqual({ a: 4, b: 7 });
  });

  it("folds what failed at the next start, once it can, and saves nothing before", async () => {
    const { bus, open: another, broker, clock, errors } = createShop();
    await place(bus, step("a", 1));
    const first = count(bus, { name: "steps" });
    await clock.until(first.open.ready);
    await clock.advance(10_000);
    const saves = broker.count("save");
    await place(bus, step("a", -1), step("a", 2), step("b", 1));
    await clock.advance(30_000);
    await clock.until(bus.close());
    expect(broker.count("save")).toBe(saves);
    expect(first.state()).toEqual({ a: 1, b: 1 });
    const still = another();
    const second = count(still, { name: "steps" });
    await clock.until(second.open.ready);
    expect([second.state(), [...second.open.failed.keys()]]).toEqual([{ a: 1, b: 1 }, ["a"]]);
    await clock.until(still.close());
    const repaired = project(another(), ["order.placed", "order.paid"], {
      name: "steps",
      fold: (steps: number | undefined, { data }) => (steps ?? 0) + data.step,
    });
    await clock.until(repaired.ready);
    expect(Object.fromEntries(repaired.entries())).toEqual({ a: 2, b: 1 });
    expect(repaired.failed.size).toBe(0);
    await clock.advance(10_000);
    expect(broker.count("save")).toBeGreaterThan(saves);
    expect(errors).toHaveLength(2);
  });

  it("keeps what its states hold, as the log keeps data", async () => {
    const { bus, open: another, clock } = createShop();
    const states = { date: new Date(7), map: new Map([[1n, new Set(["x"])]]), bytes: Uint8Array.of(1, 2) };
    const fold = (_: typeof states | undefined) => states;
    await place(bus, step("a", 1));
    await clock.until(project(bus, "order.placed", { name: "rich", fold }).ready);
    await clock.until(bus.close());
    const again = project(another(), "order.placed", {
      name: "rich",
      fold: (state: typeof states | undefined) => state,
    });
    await clock.until(again.ready);
    expect(again.get("a")).toEqual(states);
  });

  it("is saved while it changes, so that a process that is lost costs little", async () => {
    const { bus, open: another, broker, clock } = createShop();
    const lost = count(bus, { name: "steps" });
    await clock.until(lost.open.ready);
    const saves = broker.count("save");
    await place(bus, step("a", 1), step("a", 1));
    await clock.advance(10_000);
    expect(broker.count("save")).toBe(saves + 1);
    await clock.advance(60_000);
    expect(broker.count("save"), "saves without a change").toBe(saves + 1);
    const next = count(another(), { name: "steps" });
    await clock.until(next.open.ready);
    expect([next.folded, next.state()]).toEqual([[], { a: 2 }]);
  });

  it("does not read what another version saved, or what was folded of other events", async () => {
    const { bus, open: another, clock } = createShop();
    await place(bus, step("a", 1));
    await clock.until(count(bus, { name: "steps" }).open.ready);
    await clock.until(bus.close());
    const next = another();
    const versioned = count(next, { name: "steps", version: 2 });
    const other = project(next, "order.placed", { name: "steps", fold: () => "folded" });
    await clock.until(Promise.all([versioned.open.ready, other.ready]));
    expect(versioned.folded).toEqual(["a1"]);
    expect(other.get("a")).toBe("folded");
  });

  it("is the same in several processes, of which none writes over what another has folded further", async () => {
    const { bus, open: another, broker, clock } = createShop();
    const one = count(bus, { name: "steps" });
    await clock.until(one.open.ready);
    const far = another();
    const two = count(far, { name: "steps" });
    await clock.until(two.open.ready);
    for (let round = 0; round < 10; round++) {
      await place(bus, step("a", 1));
      await clock.advance(10_000);
    }
    expect([one.state(), two.state()]).toEqual([{ a: 10 }, { a: 10 }]);
    one.open.stop();
    await place(far, step("a", 1));
    await clock.advance(20_000);
    await clock.until(Promise.all([bus.close(), far.close()]));
    const last = count(another(), { name: "steps" });
    await clock.until(last.open.ready);
    expect([last.folded, last.state()]).toEqual([[], { a: 11 }]);
    expect(broker.count("acquire")).toBeLessThan(60);
  });

  it("is told of a gap and made anew where the log is another one", async () => {
    const { bus, open: another, broker, clock } = createShop();
    await place(bus, step("a", 1), step("b", 1));
    await clock.until(count(bus, { name: "steps" }).open.ready);
    await clock.until(bus.close());
    broker.trouble = async (operation, go) => {
      const result = await go();
      if (operation === "epoch") return "restored" as typeof result;
      return operation === "read" ? { ...result, epoch: "restored" } : result;
    };
    const onGap = vi.fn<(gap: Gap) => void>();
    const after = count(another(), { name: "steps", onGap });
    await clock.until(after.open.ready);
    expect(after.folded).toEqual(["a1", "b1"]);
    expect(onGap.mock.calls).toMatchObject([[{ name: "order.paid, order.placed", reason: "epoch" }]]);
  });

  it("misses nothing of what was trimmed once it is saved, and is made anew of what is left if it was not", async () => {
    const { bus, open: another, broker, clock } = createShop();
    await place(bus, step("a", 1), step("b", 1));
    await clock.until(count(bus, { name: "steps" }).open.ready);
    await clock.until(bus.close());
    const onGap = vi.fn<(gap: Gap) => void>();
    const next = another();
    await next.position();
    await broker.log.trim({ before: 3 });
    const saved = count(next, { name: "steps", onGap });
    await clock.until(saved.open.ready);
    expect([saved.state(), onGap.mock.calls]).toEqual([{ a: 1, b: 1 }, []]);
    saved.open.stop();
    await clock.settle();
    await place(next, step("b", 2), step("c", 3), step("c", 4));
    await broker.log.trim({ before: 5 });
    const changes: unknown[] = [];
    const late = count(next, { name: "steps", onGap });
    late.open.on((change) => changes.push(change));
    await clock.until(late.open.ready);
    expect(late.state()).toEqual({ c: 4 });
    expect(onGap.mock.calls).toMatchObject([[{ reason: "trimmed" }]]);
    expect(changes).toEqual([
      {
        type: "snapshot",
        entries: [
          ["a", 1],
          ["b", 1],
        ],
      },
      { type: "snapshot", entries: [] },
      { type: "change", key: "c", value: 4 },
    ]);
    await place(next, step("c", 1));
    await clock.settle();
    expect([late.state(), onGap.mock.calls.length]).toEqual([{ c: 5 }, 1]);
  });

  it("tells of all that is missing where the log becomes another one while it is made anew", async () => {
    const { bus, open: another, broker, clock } = createShop();
    await place(bus, step("a", 1));
    await clock.until(count(bus, { name: "steps" }).open.ready);
    await clock.until(bus.close());
    const next = another();
    await place(next, step("b", 2), step("c", 3));
    await broker.log.trim({ before: 3 });
    let epoch: string | undefined;
    broker.trouble = async (operation, go) => {
      const result = await go();
      if (!epoch) return result;
      return operation === "epoch" ? (epoch as never) : operation === "read" ? { ...result, epoch } : result;
    };
    const gaps: string[] = [];
    const late = count(next, {
      name: "steps",
      onGap: ({ reason }) => {
        gaps.push(reason);
        if (gaps.length === 1) epoch = "restored";
      },
    });
    await clock.until(late.open.ready);
    await clock.advance(1_000);
    expect(late.state()).toEqual({ c: 3 });
    expect(gaps).toEqual(["trimmed", "epoch", "trimmed"]);
  });

  it("goes on without being saved where it is more than the broker takes, which is reported once", async () => {
    const { bus, clock, errors } = createShop({ memory: { bytes: 500 } });
    const board = project(bus, "order.placed", {
      name: "large",
      fold: (_: string | undefined, { data }) => "x".repeat(data.step),
    });
    await clock.until(board.ready);
    for (const size of [600, 601, 1, 602]) {
      await place(bus, step("a", size));
      await clock.advance(10_000);
    }
    expect(errors).toMatchObject([
      { code: "Overflow", about: "large" },
      { code: "Overflow", about: "large" },
    ]);
    expect(board.get("a")).toHaveLength(602);
  });

  it("is made anew, and says so, where what was saved cannot be read", async () => {
    const { bus, broker, clock, errors } = createShop();
    await place(bus, step("a", 1));
    const save = async (text: string) => {
      const { token } = (await broker.log.acquire("projection/steps/0", "somebody", 1_000))!;
      await broker.log.save("projection/steps/0", token, new TextEncoder().encode(text), 0);
    };
    const header = '{"names":["order.paid","order.placed"],"place":{"epoch":"e","number":1}}\n';
    for (const text of ["", "no header", "{}\n", `${header}["a"`, `${header}[{},1]\n`, `${header}7\n`]) {
      await save(text);
      const { open, state } = count(bus, { name: "steps" });
      await clock.until(open.ready);
      expect(state(), text).toEqual({ a: 1 });
      open.stop();
      await clock.settle();
    }
    expect(errors.length).toBeGreaterThan(3);
    expect(new Set(errors.map(({ code, about }) => `${code} ${about}`))).toEqual(new Set(["Invalid steps"]));
  });
});
