import { describe, expect, it, vi } from "vitest";
import { board, createBoard } from "../fixtures/board.js";
import { ClosedError, createBus, DeniedError, MisuseError } from "./index.js";

describe("emit", () => {
  it("runs the listeners of an idle bus before it returns", () => {
    const { bus } = createBoard();
    const listener = vi.fn();
    bus.on("point.added", listener);
    bus.emit("point.added", { id: 1, x: 2 });
    expect(listener).toHaveBeenCalledOnce();
  });

  it("gives each listener the very data, and what is known of the event", () => {
    const { bus, runtime } = createBoard();
    const room = { name: "a" };
    const listener = vi.fn();
    bus.on("room.opened", listener);
    bus.emit("room.opened", room);
    const [data, context] = listener.mock.calls[0]!;
    expect(data).toBe(room);
    expect(context).toMatchObject({
      id: expect.stringMatching(/^[a-z0-9]+\.1$/),
      name: "room.opened",
      key: "a",
      time: runtime.now(),
      offset: undefined,
      attempt: 1,
      peer: undefined,
    });
  });

  it("calls listeners in the order in which they joined", () => {
    const { bus } = createBoard();
    const calls: number[] = [];
    for (const index of [1, 2, 3]) bus.on("point.added", () => calls.push(index));
    bus.emit("point.added", { id: 1, x: 1 });
    expect(calls).toEqual([1, 2, 3]);
  });

  it("calls a listener as often as it was added", () => {
    const { bus } = createBoard();
    const listener = vi.fn();
    const stop = bus.on("chat.said", listener);
    bus.on("chat.said", listener);
    bus.emit("chat.said", "once each");
    expect(listener).toHaveBeenCalledTimes(2);
    stop();
    bus.emit("chat.said", "one is left");
    expect(listener).toHaveBeenCalledTimes(3);
  });

  it("returns nothing, whether somebody listens or not", () => {
    const { bus } = createBoard();
    expect(bus.emit("chat.said", "to nobody")).toBeUndefined();
    bus.on("chat.said", () => "a listener's result");
    expect(bus.emit("chat.said", "to somebody")).toBeUndefined();
  });

  it("calls no listener of another name", () => {
    const { bus } = createBoard();
    const listener = vi.fn();
    bus.on("point.added", listener);
    bus.emit("chat.said", "hello");
    expect(listener).not.toHaveBeenCalled();
  });

  it("keeps two buses of one contract apart", () => {
    const first = createBus(board);
    const second = createBus(board);
    const listener = vi.fn();
    second.on("chat.said", listener);
    first.emit("chat.said", "hello");
    expect(listener).not.toHaveBeenCalled();
  });

  it("refuses a name that the contract lacks, says so, and says how to go on", () => {
    const { bus } = createBoard();
    const emit = () => bus.emit("point.aded" as "point.added", { id: 1, x: 1 });
    expect(emit).toThrow(MisuseError);
    expect(emit).toThrow('"point.aded" is no event of this contract. Define it, or correct the name.');
  });

  it.each(["room.size", "order.pack", "constructor", "__proto__"])(
    "refuses %s, which is no event",
    (name) => {
      const { bus } = createBoard();
      expect(() => bus.emit(name as "chat.said", "x")).toThrow(`"${name}" is no event of this contract`);
    },
  );

  it("refuses what this side may not send, and names the side that may", () => {
    const { bus } = createBoard();
    const listener = vi.fn();
    bus.on("key.pressed", listener);
    const emit = () => bus.emit("key.pressed" as "chat.said", "Enter");
    expect(emit).toThrow(DeniedError);
    expect(emit).toThrow('"key.pressed" is sent by the client only; this bus is on the server side.');
    expect(listener).not.toHaveBeenCalled();
  });

  it("throws after the end of the bus", async () => {
    const { bus } = createBoard();
    const listener = vi.fn();
    bus.on("chat.said", listener);
    await bus.close();
    expect(() => bus.emit("chat.said", "too late")).toThrow(ClosedError);
    expect(listener).not.toHaveBeenCalled();
  });
});
