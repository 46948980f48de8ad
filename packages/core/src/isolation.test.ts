import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it, vi } from "vitest";
import { board, createBoard, settle } from "../fixtures/board.js";
import { createBus, ListenerError } from "./index.js";

const wordless = Object.create(null) as unknown;
const disguised = Object.defineProperty(new Error(), "message", {
  get() {
    throw new Error("no message for you");
  },
});

describe("a failing listener", () => {
  it("stops neither the others nor the emitter", () => {
    const { bus } = createBoard();
    const calls: string[] = [];
    bus.on("chat.said", () => calls.push("before"));
    bus.on("chat.said", () => {
      throw new Error("broken");
    });
    bus.on("chat.said", () => calls.push("after"));
    bus.on("*", () => calls.push("wildcard"));
    expect(() => bus.emit("chat.said", "x")).not.toThrow();
    expect(calls).toEqual(["before", "after", "wildcard"]);
  });

  it("is reported with the event's name and id, and with what it threw as the cause", () => {
    const { bus, errors } = createBoard();
    const cause = new Error("broken");
    let id = "";
    bus.on("chat.said", (_, context) => {
      id = context.id;
      throw cause;
    });
    bus.emit("chat.said", "x");
    expect(errors).toHaveLength(1);
    expect(errors[0]).toBeInstanceOf(ListenerError);
    expect(errors[0]).toMatchObject({ code: "ListenerFailed", about: "chat.said", id, cause });
    expect(errors[0]!.message).toBe(`A listener of "chat.said" failed on event ${id}: broken`);
  });

  it("is reported when the promise that it returned rejects", async () => {
    const { bus, errors } = createBoard();
    bus.on("chat.said", async () => {
      await undefined;
      throw new Error("later");
    });
    bus.emit("chat.said", "x");
    expect(errors).toEqual([]);
    await settle();
    expect(errors).toMatchObject([{ code: "ListenerFailed", cause: { message: "later" } }]);
  });

  it("is reported when it returned another library's promise, which rejects", () => {
    const { bus, errors } = createBoard();
    // biome-ignore lint/suspicious/noThenProperty: what is tested is a thenable.
    bus.on("chat.said", () => ({ then: (_: unknown, reject: (error: unknown) => void) => reject("no") }));
    bus.emit("chat.said", "x");
    expect(errors).toMatchObject([{ code: "ListenerFailed", cause: "no" }]);
  });

  it("is reported when the thenable that it returned throws", () => {
    const { bus, errors } = createBoard();
    const after = vi.fn();
    bus.on("chat.said", () => ({
      // biome-ignore lint/suspicious/noThenProperty: what is tested is a thenable.
      get then() {
        throw new Error("trap");
      },
    }));
    bus.on("chat.said", after);
    bus.emit("chat.said", "x");
    expect(errors).toMatchObject([{ cause: { message: "trap" } }]);
    expect(after).toHaveBeenCalledOnce();
  });

  it.each([
    ["undefined", undefined],
    ["a string", "text"],
    ["a symbol", Symbol("s")],
    ["an object without words", wordless],
    ["an error whose message throws", disguised],
  ])("may throw %s, and the bus goes on", (_, thrown) => {
    const { bus, errors } = createBoard();
    const after = vi.fn();
    const stop = bus.on("chat.said", () => {
      throw thrown;
    });
    bus.on("chat.said", after);
    bus.emit("chat.said", "first");
    stop();
    bus.emit("chat.said", "second");
    expect(after).toHaveBeenCalledTimes(2);
    expect(errors).toHaveLength(1);
    expect(errors[0]!.cause).toBe(thrown);
  });
});

describe("onError", () => {
  it("is the runtime's report of uncaught errors unless given", () => {
    const runtime = new VirtualClock();
    const bus = createBus(board, { runtime });
    bus.on("chat.said", () => {
      throw new Error("broken");
    });
    expect(() => bus.emit("chat.said", "x")).not.toThrow();
    expect(runtime.uncaughtErrors).toMatchObject([{ code: "ListenerFailed", cause: { message: "broken" } }]);
  });

  it("does not stop the bus by failing itself", () => {
    const runtime = new VirtualClock();
    const after = vi.fn();
    const bus = createBus(board, {
      runtime,
      onError: () => {
        throw new Error("the reporter is broken too");
      },
    });
    bus.on("chat.said", () => {
      throw new Error("broken");
    });
    bus.on("chat.said", after);
    bus.emit("chat.said", "x");
    expect(after).toHaveBeenCalledOnce();
    expect(runtime.uncaughtErrors).toMatchObject([{ message: "the reporter is broken too" }]);
  });

  it("may emit", () => {
    const runtime = new VirtualClock();
    const bus = createBus(board, { runtime, onError: () => bus.emit("chat.said", "failed") });
    const seen: string[] = [];
    bus.on("point.added", () => {
      throw new Error("broken");
    });
    bus.on("chat.said", (text) => seen.push(text));
    bus.emit("point.added", { id: 1, x: 1 });
    expect(seen).toEqual(["failed"]);
  });
});
