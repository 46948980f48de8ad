import { describe, expect, it, vi } from "vitest";
import { createBoard, settle } from "../fixtures/board.js";
import { AbortedError, ClosedError, DeclaredError, DeniedError, MisuseError, TimeoutError } from "./index.js";

const room = { name: "a" };

describe("request", () => {
  it("gives the handler the input, and its answer to who asks", async () => {
    const { bus, runtime } = createBoard();
    const handler = vi.fn(() => 3);
    bus.handle("room.size", handler);
    await expect(bus.request("room.size", room)).resolves.toBe(3);
    expect(handler).toHaveBeenCalledExactlyOnceWith(room, expect.objectContaining({ name: "room.size" }));
    expect(runtime.timers).toBe(0);
  });

  it("waits for a handler's promise", async () => {
    const { bus } = createBoard();
    bus.handle("room.list", async (text) => [text]);
    await expect(bus.request("room.list", "x")).resolves.toEqual(["x"]);
    await expect(bus.request("room.list", "x").result()).resolves.toEqual({ ok: true, value: ["x"] });
  });

  it("rejects with a declared error, which has its code and detail", async () => {
    const { bus } = createBoard();
    bus.handle("room.size", (_, context) => {
      throw context.error("NoRoom", { nearest: "b" });
    });
    const error: unknown = await bus.request("room.size", room).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(DeclaredError);
    expect(error).toMatchObject({ code: "NoRoom", detail: { nearest: "b" }, about: "room.size" });
    const outcome = await bus.request("room.size", room).result();
    expect(outcome).toMatchObject({ ok: false, error: { code: "NoRoom", detail: { nearest: "b" } } });
  });

  it("rejects with Internal for what is not declared, with the cause", async () => {
    const { bus, errors } = createBoard();
    const cause = new Error("broken");
    bus.handle("room.size", () => {
      throw cause;
    });
    await expect(bus.request("room.size", room)).rejects.toMatchObject({ code: "Internal", cause });
    expect(errors).toEqual([]);
  });

  it("rejects with Internal for an error of a code that is not declared", async () => {
    const { bus } = createBoard();
    bus.handle("room.size", (_, context) => {
      throw context.error("Unheard" as "NoRoom", { nearest: "b" });
    });
    const cause = { code: "Unheard" };
    await expect(bus.request("room.size", room)).rejects.toMatchObject({ code: "Internal", cause });
  });

  it("rejects with Internal for another request's declared error that a handler lets through", async () => {
    const { bus } = createBoard();
    bus.handle("room.list", (_, context) => {
      throw context.error("NoRoom", { nearest: "b" });
    });
    bus.handle("room.size", async () => (await bus.request("room.list", "x")).length);
    await expect(bus.request("room.size", room)).rejects.toMatchObject({
      code: "Internal",
      cause: { code: "NoRoom", about: "room.list" },
    });
  });

  it("rejects when the answer takes too long, and aborts the handler's signal", async () => {
    const { bus, runtime } = createBoard();
    let signal: AbortSignal | undefined;
    bus.handle("room.size", (_, context) => {
      signal = context.signal;
      return new Promise(() => undefined);
    });
    const outcome = bus.request("room.size", room, { timeout: 50 }).result();
    await runtime.advance(49);
    expect(signal?.aborted).toBe(false);
    await runtime.advance(1);
    const { error } = (await outcome) as { error: unknown };
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ code: "Timeout", retryable: true, about: "room.size" });
    expect(signal).toMatchObject({ aborted: true, reason: error });
  });

  it("waits for 10,000 ms unless told otherwise, and for ever when told so", async () => {
    const { bus, runtime } = createBoard();
    bus.handle("room.size", () => new Promise(() => undefined));
    const settled = vi.fn();
    const usual = bus.request("room.size", room).result();
    void bus.request("room.size", room, { timeout: Number.POSITIVE_INFINITY }).result().then(settled);
    expect(runtime.timers).toBe(1);
    await runtime.advance(9_999);
    expect(runtime.timers).toBe(1);
    await runtime.advance(1);
    await expect(usual).resolves.toMatchObject({ error: { code: "Timeout" } });
    await runtime.advance(1e9);
    await settle();
    expect(settled).not.toHaveBeenCalled();
  });

  it("ends when its signal aborts, with the reason as the cause", async () => {
    const { bus, runtime } = createBoard();
    const controller = new AbortController();
    let signal: AbortSignal | undefined;
    bus.handle("room.size", (_, context) => {
      signal = context.signal;
      return new Promise(() => undefined);
    });
    const request = bus.request("room.size", room, { signal: controller.signal });
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(request).rejects.toBeInstanceOf(AbortedError);
    await expect(request).rejects.toMatchObject({ code: "Aborted", cause: reason });
    expect(signal?.aborted).toBe(true);
    expect(runtime.timers).toBe(0);
  });

  it("does not reach the handler when its signal has aborted already", async () => {
    const { bus } = createBoard();
    const handler = vi.fn(() => 1);
    bus.handle("room.size", handler);
    const signal = AbortSignal.abort();
    await expect(bus.request("room.size", room, { signal })).rejects.toMatchObject({ code: "Aborted" });
    expect(handler).not.toHaveBeenCalled();
  });

  it("reports the failure of a handler that nobody waits for any more", async () => {
    const { bus, runtime, errors } = createBoard();
    const controller = new AbortController();
    const fails: ((error: Error) => void)[] = [];
    bus.handle("room.size", () => new Promise((_, reject) => fails.push(reject)));
    const late = bus.request("room.size", room, { timeout: 1 }).result();
    const aborted = bus.request("room.size", room, { signal: controller.signal }).result();
    await runtime.advance(1);
    controller.abort();
    await expect(late).resolves.toMatchObject({ error: { code: "Timeout" } });
    await expect(aborted).resolves.toMatchObject({ error: { code: "Aborted" } });
    expect(errors).toEqual([]);
    const causes = [new Error("too late"), new Error("as well")];
    for (const [index, fail] of fails.entries()) fail(causes[index]!);
    await settle();
    expect(errors).toEqual(causes.map((cause) => expect.objectContaining({ code: "Internal", cause })));
    expect(errors).toMatchObject([{ about: "room.size" }, { about: "room.size" }]);
  });

  it("ignores what else a handler does then: ending as told, a declared error, an answer", async () => {
    const { bus, runtime, errors } = createBoard();
    const ends: ((signal: AbortSignal, noRoom: Error) => number)[] = [
      (signal) => {
        throw signal.reason;
      },
      (signal) => {
        throw new Error("its call was aborted", { cause: signal.reason });
      },
      () => {
        throw new DOMException("stopped", "AbortError");
      },
      (_, noRoom) => {
        throw noRoom;
      },
      () => 1,
    ];
    let begun = 0;
    let ended = 0;
    bus.handle("room.size", async (_, { signal, error }) => {
      const end = ends[begun++]!;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      ended += 1;
      return end(signal, error("NoRoom", { nearest: "b" }));
    });
    const outcomes = ends.map(() => bus.request("room.size", room, { timeout: 1 }).result());
    await runtime.advance(1);
    await Promise.all(outcomes);
    await settle();
    expect(ended).toBe(5);
    expect(errors).toEqual([]);
  });

  it("rejects while nobody handles it, and says what to do", async () => {
    const { bus } = createBoard();
    const request = bus.request("room.size", room);
    await expect(request).rejects.toMatchObject({ code: "NoHandler", retryable: true });
    await expect(request).rejects.toThrow('Call bus.handle("room.size", ...) first, where it is answered.');
  });

  it("rejects, and never throws, for a name that the contract lacks or that is no request", async () => {
    const { bus } = createBoard();
    for (const name of ["room.sise", "chat.said", "order.pack", "constructor"]) {
      const request = bus.request(name as "room.size", room);
      await expect(request).rejects.toBeInstanceOf(MisuseError);
      await expect(request).rejects.toThrow(`"${name}" is no request of this contract`);
    }
  });

  it("is refused where this side may not ask", async () => {
    const { bus } = createBoard();
    const handler = vi.fn(() => "x");
    bus.handle("room.steer", handler);
    const request = bus.request("room.steer" as "room.size", room);
    await expect(request).rejects.toBeInstanceOf(DeniedError);
    expect(handler).not.toHaveBeenCalled();
  });

  it("rejects after the end of the bus", async () => {
    const { bus } = createBoard();
    bus.handle("room.size", () => 1);
    await bus.close();
    await expect(bus.request("room.size", room)).rejects.toBeInstanceOf(ClosedError);
  });

  it("leaves no timer behind, however it ends", async () => {
    const { bus, runtime } = createBoard();
    bus.handle("room.size", ({ name }) => {
      if (name === "bad") throw new Error("broken");
      return 1;
    });
    const names = ["good", "bad"];
    await Promise.all(names.map((name) => bus.request("room.size", { name }).result()));
    await bus.request("room.list", "nobody handles it").result();
    expect(runtime.timers).toBe(0);
  });
});

describe("result", () => {
  it("never rejects, whatever went wrong", async () => {
    const { bus, runtime } = createBoard();
    bus.handle("room.size", ({ name }, context) => {
      if (name === "declared") throw context.error("NoRoom", { nearest: "b" });
      if (name === "silent") return new Promise(() => undefined);
      throw new Error("broken");
    });
    const outcomes = [
      bus.request("room.size", { name: "declared" }).result(),
      bus.request("room.size", { name: "broken" }).result(),
      bus.request("room.size", { name: "silent" }, { timeout: 1 }).result(),
      bus.request("room.size", room, { signal: AbortSignal.abort() }).result(),
      bus.request("room.list", "x").result(),
      bus.request("room.steer" as "room.list", "x").result(),
    ];
    await runtime.advance(1);
    const codes = (await Promise.all(outcomes)).map((outcome) => !outcome.ok && outcome.error.code);
    expect(codes).toEqual(["NoRoom", "Internal", "Timeout", "Aborted", "NoHandler", "Denied"]);
  });
});

describe("handle", () => {
  it("refuses a second handler until the first has ended", async () => {
    const { bus } = createBoard();
    const stop = bus.handle("room.size", () => 1);
    expect(() => bus.handle("room.size", () => 2)).toThrow(MisuseError);
    await expect(bus.request("room.size", room)).resolves.toBe(1);
    stop();
    stop();
    bus.handle("room.size", () => 2);
    stop();
    await expect(bus.request("room.size", room)).resolves.toBe(2);
  });

  it("ends with its signal", async () => {
    const { bus } = createBoard();
    const controller = new AbortController();
    bus.handle("room.size", () => 1, { signal: controller.signal });
    controller.abort();
    await expect(bus.request("room.size", room)).rejects.toMatchObject({ code: "NoHandler" });
  });

  it("lets a handler finish that has begun when it ends", async () => {
    const { bus } = createBoard();
    let answer: (size: number) => void = () => undefined;
    const stop = bus.handle("room.size", () => new Promise((resolve) => (answer = resolve)));
    const request = bus.request("room.size", room);
    stop();
    answer(5);
    await expect(request).resolves.toBe(5);
  });

  it("refuses a name that the contract lacks or that is no request", () => {
    const { bus } = createBoard();
    for (const name of ["room.sise", "chat.said", "toString"]) {
      expect(() => bus.handle(name as "room.size", () => 1)).toThrow(
        `"${name}" is no request of this contract`,
      );
    }
  });

  it("answers requests that run at the same time, each its own", async () => {
    const { bus } = createBoard();
    const answers: ((size: number) => void)[] = [];
    bus.handle("room.size", () => new Promise((resolve) => answers.push(resolve)));
    const requests = [1, 2, 3].map(() => bus.request("room.size", room));
    for (const size of [2, 1, 0]) answers[size]!(size);
    await expect(Promise.all(requests)).resolves.toEqual([0, 1, 2]);
  });
});
