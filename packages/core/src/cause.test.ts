import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { arrive } from "../fixtures/arrive.js";
import { createBoard, settle } from "../fixtures/board.js";
import { attach } from "./attach.js";
import { type Cause, type Caused, Chain, maxCauses } from "./cause.js";
import { type EventwireError, InternalError, type ListenerError, MisuseError } from "./index.js";

const peer = { id: "p", user: "ann" };

describe("the cause of an event", () => {
  it("is nothing, for what begins by itself", () => {
    const { bus } = createBoard();
    const causes: (readonly Cause[])[] = [];
    bus.on("chat.said", (_, context) => causes.push(context.cause));
    bus.emit("chat.said", "first");
    bus.emit("chat.said", "second");
    expect(causes).toEqual([[], []]);
  });

  it("is the chain of events whose listeners emitted, newest first", () => {
    const { bus } = createBoard();
    const ids: string[] = [];
    let cause: readonly Cause[] = [];
    bus.on("*", ({ id }) => ids.push(id));
    bus.on("chat.said", () => bus.emit("room.opened", { name: "a" }));
    bus.on("room.opened", () => bus.emit("room.floor.cleaned", 1));
    bus.on("room.floor.cleaned", (_, context) => {
      cause = context.cause;
    });
    bus.emit("chat.said", "x");
    expect(cause).toEqual([
      { id: ids[1], name: "room.opened", kind: "event" },
      { id: ids[0], name: "chat.said", kind: "event" },
    ]);
  });

  it("is the event under way, and not the one that was emitted last", () => {
    const { bus } = createBoard();
    const causes: string[] = [];
    bus.on("chat.said", () => {
      bus.emit("room.opened", { name: "a" });
      attach(bus).newId();
      bus.emit("room.opened", { name: "b" });
    });
    bus.on("room.opened", () => bus.emit("room.floor.cleaned", 1));
    bus.on("room.floor.cleaned", (_, { cause }) => causes.push(cause.map(({ name }) => name).join()));
    const said: string[] = [];
    bus.on("chat.said", (_, { id }) => said.push(id));
    const last: (string | undefined)[] = [];
    bus.on("room.floor.cleaned", (_, { cause }) => last.push(cause.at(-1)?.id));
    bus.emit("chat.said", "x");
    expect(causes).toEqual(["room.opened,chat.said", "room.opened,chat.said"]);
    expect(new Set(last)).toEqual(new Set(said));
  });

  it("ends with the event: what is emitted after it began by itself", () => {
    const { bus } = createBoard();
    const lengths: number[] = [];
    bus.on("chat.said", (text) => text === "a" && bus.emit("chat.said", "b"));
    bus.on("chat.said", (_, { cause }) => lengths.push(cause.length));
    bus.emit("chat.said", "a");
    bus.emit("chat.said", "c");
    expect(lengths).toEqual([0, 1, 0]);
  });

  it("is told to taps, which see an event inside emit", () => {
    const { bus } = createBoard();
    const seen: number[] = [];
    attach(bus)
      .topics.get("room.opened")!
      .tap((message) => seen.push(message.cause.length));
    bus.on("chat.said", () => bus.emit("room.opened", { name: "a" }));
    bus.emit("chat.said", "x");
    expect(seen).toEqual([1]);
  });

  it("is also known between two slices of a long drain, where nothing is under way", () => {
    const { bus, runtime } = createBoard();
    vi.spyOn(runtime, "monotonic").mockImplementation(() => performance.now() * 1e6);
    const turns: (() => void)[] = [];
    vi.spyOn(runtime, "macrotask").mockImplementation((turn) => turns.push(turn));
    const lengths: number[] = [];
    bus.on("room.floor.cleaned", (count, { cause }) => {
      lengths.push(cause.length);
      if (count === 0) for (let next = 1; next < 20; next++) bus.emit("room.floor.cleaned", next);
    });
    bus.emit("room.floor.cleaned", 0);
    bus.emit("room.floor.cleaned", 20);
    while (turns.length > 0) turns.shift()!();
    expect(lengths).toEqual([0, ...Array.from({ length: 19 }, () => 1), 0]);
  });

  it("begins with a client's event, which is marked as its word", () => {
    const { bus } = createBoard();
    const core = attach(bus);
    let cause: readonly Cause[] = [];
    let own: readonly Cause[] | undefined;
    bus.on("chat.said", (_, context) => {
      own = context.cause;
      bus.emit("room.opened", { name: "a" });
    });
    bus.on("room.opened", (_, context) => {
      cause = context.cause;
    });
    arrive(core, "chat.said", "hello", { id: "forged", time: 1, peer });
    expect(own).toEqual([]);
    expect(cause).toEqual([{ id: "forged", name: "chat.said", kind: "event", untrusted: true }]);
  });

  it("is in the error of a listener, and in its words", () => {
    const { bus, errors } = createBoard();
    let id = "";
    bus.on("chat.said", (_, context) => {
      id = context.id;
      bus.emit("room.floor.cleaned", 1);
    });
    bus.on("room.floor.cleaned", () => {
      throw new Error("broken");
    });
    bus.emit("chat.said", "x");
    const [error] = errors as unknown as [ListenerError];
    expect(error.chain).toEqual([{ id, name: "chat.said", kind: "event" }]);
    expect(error.message).toContain(`(caused by chat.said ${id}): broken`);
  });

  it("is right again after the stack overflowed in an emitter", () => {
    const { bus } = createBoard();
    let cause: readonly Cause[] | undefined;
    bus.on("chat.said", () => bus.emit("room.floor.cleaned", 1));
    const recurse = (): void => {
      bus.emit("chat.said", "deeper");
      recurse();
    };
    expect(recurse).toThrow(RangeError);
    bus.emit("chat.said", "settles");
    bus.on("room.opened", (_, context) => {
      cause = context.cause;
    });
    bus.emit("room.opened", { name: "a" });
    expect(cause).toEqual([]);
  });
});

describe("the cause of what is done after an await", () => {
  it("is known in an asynchronous listener from its first event on", async () => {
    const { bus } = createBoard();
    const names: string[] = [];
    bus.on("chat.said", async () => {
      await undefined;
      bus.emit("room.floor.cleaned", 1);
    });
    bus.on("room.floor.cleaned", (_, { cause }) => names.push(...cause.map(({ name }) => name)));
    bus.emit("chat.said", "x");
    await settle();
    expect(names).toEqual(["chat.said"]);
  });

  it("is known, from the second event on, of a function that only shows by its promise", async () => {
    const { bus } = createBoard();
    const names: (string | undefined)[] = [];
    const later = () => Promise.resolve().then(() => bus.emit("room.floor.cleaned", 1));
    bus.on("room.opened", () => later(), { key: "a" });
    bus.on("chat.said", () => later());
    bus.on("room.floor.cleaned", (_, { cause }) => names.push(cause[0]?.name));
    for (let count = 0; count < 2; count++) {
      bus.emit("chat.said", "x");
      bus.emit("room.opened", { name: "a" });
      await settle();
    }
    expect(names).toEqual([undefined, undefined, "chat.said", "room.opened"]);
  });

  it("is each one's own where several are under way", async () => {
    const { bus } = createBoard();
    const pairs: unknown[] = [];
    const ids = new Map<string, string>();
    bus.on(
      "chat.said",
      async (text, { id }) => {
        ids.set(text, id);
        for (let turn = 0; turn < text.length; turn++) await undefined;
        bus.emit("room.opened", { name: text });
      },
      { concurrency: 2 },
    );
    bus.on("room.opened", ({ name }, { cause }) => pairs.push([name, cause[0]?.id]));
    for (const text of ["aaaa", "b", "cc"]) bus.emit("chat.said", text);
    await settle();
    expect(pairs).toHaveLength(3);
    for (const [name, id] of pairs as [string, string][]) expect(id).toBe(ids.get(name));
  });

  it("ends with the promise: what goes on afterwards began by itself", async () => {
    const { bus } = createBoard();
    const lengths: number[] = [];
    let detached: Promise<void> | undefined;
    bus.on("chat.said", async (text) => {
      if (text === "long") for (let turn = 0; turn < 15; turn++) await undefined;
      if (text !== "short") return;
      detached = (async () => {
        for (let turn = 0; turn < 10; turn++) await undefined;
        bus.emit("room.floor.cleaned", 1);
      })();
    });
    bus.on("room.floor.cleaned", (_, { cause }) => lengths.push(cause.length));
    bus.emit("chat.said", "long");
    bus.emit("chat.said", "short");
    await detached;
    expect(lengths).toEqual([0]);
  });

  it("is not the work that a long drain happens to go on from", async () => {
    const { bus, runtime } = createBoard();
    const causes: unknown[] = [];
    let end: () => void = () => undefined;
    bus.on("chat.said", async () => {
      await undefined;
      for (let count = 0; count < 20; count++) bus.emit("room.floor.cleaned", count);
      await new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    bus.on("room.floor.cleaned", (count) => {
      runtime.spend(1);
      if (count === 0) for (let next = 1; next < 20; next++) bus.emit("room.floor.cleaned", next);
    });
    bus.on("room.opened", () => {
      queueMicrotask(() => bus.emit("point.added", { id: 1, x: 1 }));
    });
    bus.on("point.added", (_, { cause }) => causes.push(cause));
    bus.emit("chat.said", "x");
    await settle();
    expect(runtime.macrotasks).toBe(1);
    bus.emit("room.opened", { name: "somebody else's" });
    while (runtime.macrotasks > 0) await runtime.turn();
    await settle();
    expect(causes).toEqual([[]]);
    end();
  });

  it("leaves nothing behind that would slow later emits", async () => {
    const { bus } = createBoard();
    const { dispatcher } = attach(bus);
    bus.on("chat.said", async (text) => {
      await undefined;
      if (text === "fail") throw new Error("broken");
    });
    bus.emit("chat.said", "x");
    bus.emit("chat.said", "fail");
    expect(dispatcher.state).not.toBe(0);
    await settle();
    expect(dispatcher.state).toBe(0);
  });

  it("is unknown where the platform cannot carry it, and says nothing wrong", async () => {
    const { bus, runtime } = createBoard();
    vi.spyOn(runtime, "asyncStore").mockReturnValue(undefined);
    const names: unknown[] = [];
    bus.on("chat.said", async () => {
      bus.emit("room.floor.cleaned", 1);
      await undefined;
      bus.emit("room.floor.cleaned", 2);
    });
    bus.handle("room.list", async () => {
      bus.emit("room.floor.cleaned", 3);
      await undefined;
      bus.emit("room.floor.cleaned", 4);
      return [];
    });
    bus.on("room.floor.cleaned", (count, { cause }) => names.push([count, cause[0]?.name]));
    bus.emit("chat.said", "x");
    await bus.request("room.list", "");
    await settle();
    expect(names).toEqual([
      [1, "chat.said"],
      [3, "room.list"],
      [2, undefined],
      [4, undefined],
    ]);
  });
});

describe("the cause of a request", () => {
  it("is told to its handler, and the request is the cause of what that does", async () => {
    const { bus } = createBoard();
    const causes: (readonly Cause[])[] = [];
    let reply: Promise<unknown> | undefined;
    let request = "";
    bus.handle("room.list", async (_, context) => {
      request = context.id;
      causes.push(context.cause);
      await undefined;
      bus.emit("room.floor.cleaned", 1);
      return [];
    });
    bus.on("room.floor.cleaned", (_, { cause }) => causes.push(cause));
    let said = "";
    bus.on("chat.said", (_, { id }) => {
      said = id;
      reply = bus.request("room.list", "");
    });
    bus.emit("chat.said", "x");
    await reply;
    const first: Cause = { id: said, name: "chat.said", kind: "event" };
    expect(causes).toEqual([[first], [{ id: request, name: "room.list", kind: "request" }, first]]);
  });

  it("is in the error of its handler", async () => {
    const { bus } = createBoard();
    bus.handle("room.list", () => {
      throw new Error("broken");
    });
    const cause: Caused = { id: "1", name: "chat.said", kind: "event", cause: [] };
    const error = await bus
      .causedBy(cause)
      .request("room.list", "")
      .catch((error: EventwireError) => error);
    expect(error).toBeInstanceOf(InternalError);
    expect(error).toMatchObject({ chain: [{ id: "1", name: "chat.said", kind: "event" }] });
    expect((error as Error).message).toBe('The handler of "room.list" failed (caused by chat.said 1).');
  });
});

describe("causedBy", () => {
  it("refuses a copy of a context, which lacks what a context computes, and says what it takes", () => {
    const { bus } = createBoard();
    let copy: Caused | undefined;
    bus.on("chat.said", (_, context) => {
      copy = { ...context };
    });
    bus.emit("chat.said", "x");
    expect(() => bus.causedBy(copy!)).toThrow(MisuseError);
    expect(() => bus.causedBy(copy!)).toThrow("causedBy() takes a context itself");
  });

  it("says of what comes later what led to it", () => {
    const { bus } = createBoard();
    const kept: Caused[] = [];
    const causes: (readonly Cause[])[] = [];
    bus.on("chat.said", (_, context) => kept.push(context));
    bus.on("room.opened", (_, context) => kept.push(context));
    bus.on("room.floor.cleaned", (_, { cause }) => causes.push(cause));
    bus.emit("chat.said", "x");
    bus.causedBy(kept[0]!).emit("room.opened", { name: "a" });
    bus.causedBy(kept[1]!).emit("room.floor.cleaned", 1);
    expect(causes[0]!.map(({ id }) => id)).toEqual([kept[1]!.id, kept[0]!.id]);
  });

  it("goes before what is under way, and leaves that as it is", () => {
    const { bus } = createBoard();
    const caused = bus.causedBy({ id: "1", name: "order.pack", kind: "task", cause: [] });
    const causes: (string | undefined)[] = [];
    let said = "";
    bus.on("chat.said", (_, { id }) => {
      said = id;
      caused.emit("room.floor.cleaned", 1);
      bus.emit("room.floor.cleaned", 2);
    });
    bus.on("room.floor.cleaned", (_, { cause }) => causes.push(cause[0]?.id));
    bus.emit("chat.said", "x");
    expect(causes).toEqual(["1", said]);
  });

  it("keeps the word of a client marked", () => {
    const { bus } = createBoard();
    const core = attach(bus);
    let cause: readonly Cause[] = [];
    bus.on("chat.said", (_, context) => queueMicrotask(() => context));
    bus.on("*", (message) => {
      if (message.name === "chat.said") bus.causedBy(message).emit("room.floor.cleaned", 1);
      else cause = message.cause;
    });
    arrive(core, "chat.said", "hello", { id: "forged", time: 1, peer });
    expect(cause).toEqual([{ id: "forged", name: "chat.said", kind: "event", untrusted: true }]);
  });

  it("is kept by a narrowed view", () => {
    const { bus } = createBoard();
    const cause: Caused = { id: "1", name: "order.pack", kind: "task", cause: [] };
    const seen: (string | undefined)[] = [];
    bus.on("chat.said", (_, context) => seen.push(context.cause[0]?.id));
    bus.causedBy(cause).narrow(bus.contract).emit("chat.said", "x");
    expect(seen).toEqual(["1"]);
  });
});

describe("a chain of causes", () => {
  it("is told up to 16, and keeps at most twice as many, however events answer each other", () => {
    const { bus } = createBoard();
    let longest = 0;
    bus.on("room.floor.cleaned", (count, { cause }) => {
      longest = Math.max(longest, cause.length);
      if (count < 1_000) bus.emit("room.floor.cleaned", count + 1);
    });
    bus.emit("room.floor.cleaned", 0);
    expect(longest).toBe(maxCauses);
  });

  it("tells the newest of all that led to something, in order, and holds a bounded part of them", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.boolean(), (count, rebuilt) => {
        let chain: Chain | undefined;
        const all: string[] = [];
        for (let index = 0; index < count; index++) {
          all.unshift(`id.${index.toString(36)}`);
          chain = new Chain("event", `n${index}`, index, "id", chain);
          if (!rebuilt) continue;
          const [first, ...cause] = Chain.told(chain);
          chain = Chain.of({ ...first!, cause });
        }
        expect(Chain.told(chain).map(({ id }) => id)).toEqual(all.slice(0, maxCauses));
        expect(chain!.length).toBeLessThanOrEqual(2 * maxCauses + 1);
        expect(heldBy(chain!)).toBe(chain!.length);
      }),
    );
  });
});

/** How many links a chain keeps alive. */
function heldBy(chain: Chain): number {
  let held = 0;
  for (let next: Chain | undefined = chain; next; next = next.parent) held += 1;
  return held;
}
