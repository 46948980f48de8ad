import { describe, expect, it, vi } from "vitest";
import { arrive } from "../fixtures/arrive.js";
import { createBoard, settle } from "../fixtures/board.js";
import { attach } from "./attach.js";
import { defineContract, MisuseError } from "./index.js";
import { aroundAsync } from "./layers.js";

describe("middleware around an emit", () => {
  it("runs before anybody gets the event and after all have, the first used outermost", () => {
    const { bus } = createBoard();
    const order: string[] = [];
    for (const name of ["outer", "inner"]) {
      bus.use({
        emit(message, next) {
          order.push(`${name} ${message.name} ${message.data as string}`);
          next();
          order.push(`${name} after`);
        },
      });
    }
    bus.on("chat.said", () => order.push("listener"));
    bus.emit("chat.said", "x");
    expect(order).toEqual([
      "outer chat.said x",
      "inner chat.said x",
      "listener",
      "inner after",
      "outer after",
    ]);
  });

  it("refuses by throwing: emit throws, and nobody gets the event", () => {
    const { bus, errors } = createBoard();
    const listener = vi.fn();
    const observer = vi.fn();
    const refusal = new Error("not on Sundays");
    bus.on("chat.said", listener);
    bus.inspect(observer);
    const stop = bus.use({
      emit() {
        throw refusal;
      },
    });
    expect(() => bus.emit("chat.said", "x")).toThrow(refusal);
    expect(listener).not.toHaveBeenCalled();
    expect(observer).not.toHaveBeenCalled();
    expect(errors).toEqual([]);
    stop();
    bus.emit("chat.said", "y");
    expect(listener).toHaveBeenCalledOnce();
  });

  it("cannot drop an event silently, nor emit it twice or later", async () => {
    const { bus } = createBoard();
    const listener = vi.fn();
    bus.on("chat.said", listener);
    const forgets = bus.use({ emit: () => undefined });
    expect(() => bus.emit("chat.said", "x")).toThrow(MisuseError);
    expect(() => bus.emit("chat.said", "x")).toThrow(/did not call next\(\) for "chat.said"/);
    forgets();
    let later: unknown;
    const waits = bus.use({
      emit: (_, next) => {
        later = Promise.resolve().then(next);
      },
    });
    expect(() => bus.emit("chat.said", "x")).toThrow(MisuseError);
    await expect(later).rejects.toBeInstanceOf(MisuseError);
    waits();
    expect(listener).not.toHaveBeenCalled();
    bus.use({
      emit: (_, next) => {
        next();
        next();
      },
    });
    expect(() => bus.emit("chat.said", "x")).toThrow(/called next\(\) twice for "chat.said"/);
    expect(listener).toHaveBeenCalledOnce();
  });

  it("runs at once for what a listener emits, which still waits its turn", () => {
    const { bus } = createBoard();
    const order: string[] = [];
    bus.use({
      emit: ({ name, cause }, next) => {
        order.push(`emit ${name} ${cause.length}`);
        next();
      },
    });
    bus.on("chat.said", () => {
      bus.emit("room.opened", { name: "a" });
      order.push("first");
    });
    bus.on("chat.said", () => order.push("second"));
    bus.on("room.opened", () => order.push("opened"));
    bus.emit("chat.said", "x");
    expect(order).toEqual(["emit chat.said 0", "emit room.opened 1", "first", "second", "opened"]);
  });

  it("is not run for what it emits itself, and so ends", () => {
    const { bus } = createBoard();
    const logged: number[] = [];
    const names: string[] = [];
    bus.use({
      emit(message, next) {
        names.push(message.name);
        bus.emit("room.floor.cleaned", 1);
        next();
        bus.emit("room.floor.cleaned", 2);
      },
    });
    bus.on("room.floor.cleaned", (count) => logged.push(count));
    bus.emit("chat.said", "x");
    expect(logged).toEqual([1, 2]);
    expect(names).toEqual(["chat.said"]);
  });

  it("is run for what listeners emit, also of what it emitted itself", () => {
    const { bus } = createBoard();
    const names: string[] = [];
    bus.use({
      emit(message, next) {
        names.push(message.name);
        if (message.name === "chat.said") bus.emit("room.floor.cleaned", 1);
        next();
        if (message.name === "chat.said") bus.emit("room.floor.cleaned", 2);
      },
    });
    bus.on("room.floor.cleaned", () => bus.emit("room.opened", { name: "a" }));
    bus.emit("chat.said", "x");
    expect(names).toEqual(["chat.said", "room.opened", "room.opened"]);
  });

  it("cannot hide from the emitter that an event was refused, by another one or by the mailbox", () => {
    const { bus, errors } = createBoard({ mailboxLimit: 1 });
    const refusal = new Error("not on Sundays");
    const thrown: unknown[] = [];
    bus.use({
      emit(_, next) {
        try {
          next();
        } catch (error) {
          thrown.push(error);
        }
      },
    });
    const stop = bus.use({
      emit() {
        throw refusal;
      },
    });
    expect(() => bus.emit("chat.said", "x")).toThrow(refusal);
    stop();
    bus.on("chat.said", () => {
      bus.emit("room.floor.cleaned", 1);
      bus.emit("room.floor.cleaned", 2);
    });
    bus.emit("chat.said", "x");
    expect(errors).toMatchObject([{ code: "ListenerFailed", cause: { code: "Overflow" } }]);
    expect(thrown).toMatchObject([refusal, { code: "Overflow" }]);
  });

  it("is reported when it fails after it returned", async () => {
    const { bus, errors } = createBoard();
    const listener = vi.fn();
    bus.on("chat.said", listener);
    const failsLater = bus.use({
      async emit(_, next) {
        next();
        await undefined;
        throw new Error("broken");
      },
    });
    bus.emit("chat.said", "x");
    await settle();
    expect(errors).toMatchObject([{ message: "broken" }]);
    failsLater();
    bus.use({
      async emit(_, next) {
        await undefined;
        next();
      },
    });
    expect(() => bus.emit("chat.said", "y")).toThrow(/did not call next\(\)/);
    await settle();
    expect(errors.slice(1)).toMatchObject([
      { code: "Misuse", message: expect.stringContaining("called next() too late") },
    ]);
    expect(listener).toHaveBeenCalledOnce();
  });

  it("is not run for what a peer sends, which the rules of the server let in or not", () => {
    const { bus } = createBoard();
    const emit = vi.fn();
    bus.use({ emit });
    const core = attach(bus);
    const peer = { id: "p", user: "ann" };
    arrive(core, "chat.said", "hello", { id: "1", time: 5, peer });
    expect(emit).not.toHaveBeenCalled();
  });

  it("costs an emit nothing more when its signal has ended it", () => {
    const { bus } = createBoard();
    const aborting = new AbortController();
    const emit = vi.fn((_: unknown, next: () => void) => next());
    bus.use({ emit }, { signal: aborting.signal });
    bus.emit("chat.said", "x");
    aborting.abort();
    bus.emit("chat.said", "y");
    expect(emit).toHaveBeenCalledOnce();
    expect(attach(bus).dispatcher.state).toBe(0);
  });

  it("runs for the names of the contract that it was used through", () => {
    const { bus } = createBoard();
    const names: string[] = [];
    const { definitions } = bus.contract;
    const part = bus.narrow(defineContract({ "chat.said": definitions["chat.said"] }));
    part.use({
      emit: ({ name }, next) => {
        names.push(name);
        next();
      },
    });
    bus.emit("chat.said", "x");
    bus.emit("room.floor.cleaned", 1);
    expect(names).toEqual(["chat.said"]);
  });
});

describe("middleware around a handler", () => {
  it("gets the request, waits for the answer, and leaves it as it is", async () => {
    const { bus } = createBoard();
    const seen: unknown[] = [];
    bus.use({
      async handle(request, next) {
        seen.push([request.name, request.input, request.kind, request.id.length > 0]);
        seen.push(await next());
        return "something else";
      },
    });
    bus.handle("room.list", async (text) => [text]);
    await expect(bus.request("room.list", "x")).resolves.toEqual(["x"]);
    expect(seen).toEqual([["room.list", "x", "request", true], ["x"]]);
  });

  it("cannot make a success of a failure, and can make a failure of a success", async () => {
    const { bus } = createBoard();
    bus.use({
      handle: (_, next) => next().catch(() => undefined),
    });
    const stop = bus.handle("room.list", (_, context) => {
      throw context.error("NoRoom", { nearest: "b" });
    });
    await expect(bus.request("room.list", "x")).rejects.toMatchObject({ code: "NoRoom" });
    stop();
    bus.handle("room.list", () => []);
    bus.use({
      async handle(_, next) {
        await next();
        throw new Error("not valid");
      },
    });
    await expect(bus.request("room.list", "x")).rejects.toMatchObject({
      code: "Internal",
      cause: { message: "not valid" },
    });
  });

  it("fails the request when it forgets next, calls it twice, or throws before", async () => {
    const { bus } = createBoard();
    const handler = vi.fn(() => []);
    bus.handle("room.list", handler);
    const wrong = [
      [() => undefined, /did not call next\(\)/],
      [
        async (_: unknown, next: () => Promise<unknown>) => {
          await next();
          await next();
        },
        /twice/,
      ],
      [
        (_: unknown, next: () => Promise<unknown>) => {
          void next();
          throw new Error("denied");
        },
        /denied/,
      ],
    ] as const;
    for (const [handle, words] of wrong) {
      const stop = bus.use({ handle });
      const failure = await bus.request("room.list", "x").catch((error: Error) => error);
      expect((failure as Error).cause).toMatchObject({ message: expect.stringMatching(words) });
      stop();
    }
    expect(handler).toHaveBeenCalledTimes(2);
    await settle();
  });

  it("may refuse by a declared error", async () => {
    const { bus } = createBoard();
    bus.use({
      handle(request) {
        if (request.name === "room.list") throw request.error("NoRoom", { nearest: "b" });
      },
    });
    bus.handle("room.list", () => []);
    await expect(bus.request("room.list", "x")).rejects.toMatchObject({ code: "NoRoom" });
  });

  it("lets what the handler emits be caused by the request", async () => {
    const { bus } = createBoard();
    const causes: (string | undefined)[] = [];
    bus.use({
      async handle(_, next) {
        await undefined;
        await next();
      },
    });
    bus.handle("room.list", async () => {
      bus.emit("room.floor.cleaned", 1);
      await undefined;
      bus.emit("room.floor.cleaned", 2);
      return [];
    });
    bus.on("room.floor.cleaned", (_, { cause }) => causes.push(cause[0]?.name));
    await bus.request("room.list", "x");
    expect(causes).toEqual(["room.list", "room.list"]);
  });
});

describe("middleware around a worker", () => {
  it("runs around each attempt, as around a handler", async () => {
    const { bus } = createBoard();
    const order: string[] = [];
    bus.use({
      async work(task, next) {
        order.push(`${task.name} ${task.data}`);
        await next();
        order.push("after");
      },
    });
    const task = { name: "order.pack", data: "1" };
    await aroundAsync(attach(bus).layersOf("work", task.name), task, () => order.push("worker"));
    expect(order).toEqual(["order.pack 1", "worker", "after"]);
  });
});
