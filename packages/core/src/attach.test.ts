import { describe, expect, it, vi } from "vitest";
import { arrive } from "../fixtures/arrive.js";
import { board, createBoard, settle } from "../fixtures/board.js";
import { createClient } from "../fixtures/client-board.js";
import { attach, type Uplink } from "./attach.js";
import { AbortedError, createBus, DeniedError, MisuseError, OverflowError } from "./index.js";

describe("attach", () => {
  it("finds the core of a bus and of its narrowed views", () => {
    const { bus } = createBoard();
    expect(attach(bus.narrow(board))).toBe(attach(bus));
  });

  it("refuses what is no bus", () => {
    expect(() => attach({} as ReturnType<typeof createBoard>["bus"])).toThrow(MisuseError);
  });
});

describe("what comes over a link", () => {
  const origin = { id: "far.1", time: 5, peer: { id: "p1", user: undefined } };

  it("reaches listeners with its own id, time and peer, and the key that the contract computes", () => {
    const { bus } = createBoard();
    const core = attach(bus);
    const listener = vi.fn();
    bus.on("room.opened", listener, { key: "a" });
    arrive(core, "room.opened", { name: "a" }, origin);
    expect(listener.mock.calls[0]![1]).toMatchObject({ ...origin, key: "a" });
  });

  it("waits its turn behind the current event", () => {
    const { bus } = createBoard();
    const core = attach(bus);
    const calls: string[] = [];
    bus.on("chat.said", (text) => {
      calls.push(`first ${text}`);
      if (text === "a") arrive(core, "chat.said", "b", origin);
    });
    bus.on("chat.said", (text) => calls.push(`second ${text}`));
    bus.emit("chat.said", "a");
    expect(calls).toEqual(["first a", "second a", "first b", "second b"]);
  });

  it("is the cause of nothing but what its own listeners do, also where they only ask", () => {
    const { bus } = createBoard();
    const causes: (readonly (string | undefined)[])[] = [];
    bus.handle("room.list", () => []);
    bus.on("chat.said", (text) => {
      if (text === "ask") void bus.request("room.list", "");
      else bus.emit("room.floor.cleaned", 1);
    });
    bus.on("point.added", () => {
      bus.emit("room.floor.cleaned", 2);
    });
    bus.on("room.floor.cleaned", (count, { cause }) =>
      causes.push([`${count}`, cause[0]?.name, cause[0]?.id]),
    );
    const core = attach(bus);
    arrive(core, "chat.said", "ask", origin);
    bus.emit("point.added", { id: 1, x: 1 });
    arrive(core, "chat.said", "ask", origin);
    arrive(core, "chat.said", "emit", { ...origin, id: "far.2" });
    expect(causes).toEqual([
      ["2", "point.added", expect.any(String)],
      ["1", "chat.said", "far.2"],
    ]);
  });

  it("fills half of the mailbox at most, so that the bus's own emits keep room", () => {
    const bus = createBus(board, { mailboxLimit: 10 });
    const core = attach(bus);
    const taken: string[] = [];
    const stop = bus.on("chat.said", () => {
      stop();
      for (const [sender, emit] of [
        ["peer", () => arrive(core, "chat.said", "p", origin)],
        ["own", () => bus.emit("chat.said", "o")],
      ] as const) {
        for (let index = 0; index < 10; index++) {
          try {
            emit();
            taken.push(sender);
          } catch (error) {
            expect(error).toBeInstanceOf(OverflowError);
          }
        }
      }
    });
    bus.emit("chat.said", "begin");
    expect(taken).toEqual([...Array(5).fill("peer"), ...Array(5).fill("own")]);
  });

  it("goes nowhere after the end of the bus", async () => {
    const { bus } = createBoard();
    const core = attach(bus);
    const listener = vi.fn();
    bus.on("chat.said", listener);
    await bus.close();
    arrive(core, "chat.said", "late", origin);
    expect(listener).not.toHaveBeenCalled();
  });
});

describe("a tap", () => {
  it("sees each event inside emit, before any listener, in the order of emits", () => {
    const { bus } = createBoard();
    const calls: string[] = [];
    attach(bus)
      .topics.get("chat.said")!
      .tap((message) => calls.push(`tap ${message.data}`));
    bus.on("chat.said", (text) => {
      calls.push(`listener ${text}`);
      if (text !== "a") return;
      bus.emit("chat.said", "b");
      calls.push("emitted b");
    });
    bus.emit("chat.said", "a");
    expect(calls).toEqual(["tap a", "listener a", "tap b", "emitted b", "listener b"]);
  });

  it("does not see what the mailbox refused", () => {
    const { bus } = createBoard({ mailboxLimit: 1 });
    const seen: unknown[] = [];
    attach(bus)
      .topics.get("chat.said")!
      .tap((message) => seen.push(message.data));
    bus.on("chat.said", (text) => {
      if (text === "a") for (const next of ["b", "c"]) bus.emit("chat.said", next);
    });
    bus.emit("chat.said", "a");
    expect(seen).toEqual(["a", "b"]);
  });

  it("is reported when it fails, and stops neither other taps nor listeners", () => {
    const { bus, errors } = createBoard();
    const topic = attach(bus).topics.get("chat.said")!;
    const listener = vi.fn();
    const tap = vi.fn();
    topic.tap(() => {
      throw new Error("broken");
    });
    const stop = topic.tap(tap);
    bus.on("chat.said", listener);
    bus.emit("chat.said", "a");
    stop();
    bus.emit("chat.said", "b");
    expect(errors).toMatchObject([{ message: "broken" }, { message: "broken" }]);
    expect(tap).toHaveBeenCalledOnce();
    expect(listener).toHaveBeenCalledTimes(2);
  });
});

describe("a client's bus", () => {
  it("sends what it may send, and has its own listeners hear it at once", () => {
    const { bus, sent } = createClient();
    const listener = vi.fn();
    bus.on("chat.said", listener);
    bus.emit("chat.said", "hello");
    bus.emit("key.pressed", "Enter");
    expect(sent.map(({ name, data }) => [name, data])).toEqual([
      ["chat.said", "hello"],
      ["key.pressed", "Enter"],
    ]);
    expect(listener).toHaveBeenCalledOnce();
  });

  it("does not send back what came from the server", () => {
    const { bus, sent } = createClient();
    const core = attach(bus);
    const origin = { id: "far.1", time: 5, peer: { id: "server", user: undefined } };
    arrive(core, "chat.said", "hello", origin);
    expect(sent).toEqual([]);
  });

  it("refuses to emit what only the server sends", () => {
    const { bus, sent } = createClient();
    const emit = () => bus.emit("point.added" as "chat.said", "x");
    expect(emit).toThrow(DeniedError);
    expect(emit).toThrow('"point.added" is sent by the server only; this bus is on the client side.');
    expect(sent).toEqual([]);
  });

  it("asks for what it listens to, by name and key, unless only clients send it", () => {
    const { bus, wanted, ended } = createClient();
    const stop = bus.on("room.*", () => undefined);
    bus.on("room.opened", () => undefined, { key: "a" });
    bus.on("key.pressed", () => undefined);
    bus.on("chat.said", () => undefined);
    expect(wanted).toEqual([
      "room.opened undefined",
      "room.floor.cleaned undefined",
      "room.opened a",
      "chat.said undefined",
    ]);
    stop();
    stop();
    expect(ended).toEqual(["room.opened", "room.floor.cleaned"]);
  });

  it("is ready when the server sends, and says when it refuses", async () => {
    const refusal = new DeniedError("no");
    const { bus, errors } = createClient({
      listen: (name) => ({
        ready: name === "chat.said" ? Promise.reject(refusal) : Promise.resolve(),
        stop: () => undefined,
      }),
    });
    await expect(bus.on("point.added", () => undefined).ready).resolves.toBeUndefined();
    await expect(bus.on("chat.said", () => undefined).ready).rejects.toBe(refusal);
    await expect(bus.once("chat.said")).rejects.toBe(refusal);
    await expect(bus.events("chat.said").next()).rejects.toBe(refusal);
    await settle();
    expect(errors).toEqual([]);
    bus.on("chat.said", () => undefined);
    await settle();
    expect(errors).toEqual([refusal]);
  });

  it("asks its server, which is told how long it may take and what aborts it", async () => {
    const request = vi.fn<Uplink["request"]>(async (_, input) => [input]);
    const { bus, runtime } = createClient({ request });
    const { signal } = new AbortController();
    await expect(bus.request("room.list", "x", { timeout: 10, signal })).resolves.toEqual(["x"]);
    await expect(bus.request("room.list", "y").result()).resolves.toEqual({ ok: true, value: ["y"] });
    expect(request.mock.calls).toEqual([
      ["room.list", "x", { timeout: 10, signal, taker: undefined }, []],
      ["room.list", "y", { timeout: 10_000, signal: undefined, taker: undefined }, []],
    ]);
    expect(runtime.timers).toBe(0);
  });

  it("does not ask its server what would take no time at all, or is aborted already", async () => {
    const request = vi.fn<Uplink["request"]>();
    const { bus } = createClient({ request });
    for (const timeout of [Number.NaN, -1]) {
      await expect(bus.request("room.list", "x", { timeout })).rejects.toThrow(MisuseError);
    }
    await expect(bus.request("room.list", "x", { signal: AbortSignal.abort() })).rejects.toThrow(
      AbortedError,
    );
    expect(request).not.toHaveBeenCalled();
  });

  it("handles nothing that the server answers", () => {
    const { bus } = createClient();
    expect(() => bus.handle("room.size" as never, (() => 1) as never)).toThrow(DeniedError);
  });

  it("closes its way to the server with itself, after its iterators", async () => {
    const order: string[] = [];
    const { bus } = createClient({
      close: async () => {
        order.push("uplink");
      },
    });
    const once = bus.once("chat.said").catch(() => order.push("once"));
    await bus.close();
    await once;
    expect(order.sort()).toEqual(["once", "uplink"]);
  });
});
