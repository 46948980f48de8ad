import { describe, expect, it } from "vitest";
import { createBoard, settle } from "../fixtures/board.js";
import { createClient } from "../fixtures/client-board.js";
import { ClosedError, DeniedError, MisuseError } from "./index.js";

describe("once", () => {
  it("resolves with the data of the next event, and of no later one", async () => {
    const { bus } = createBoard();
    bus.emit("chat.said", "too early");
    const once = bus.once("chat.said");
    bus.emit("chat.said", "first");
    bus.emit("chat.said", "second");
    await expect(once).resolves.toBe("first");
  });

  it("waits for its key", async () => {
    const { bus } = createBoard();
    const once = bus.once("room.opened", { key: "b" });
    bus.emit("room.opened", { name: "a" });
    bus.emit("room.opened", { name: "b" });
    await expect(once).resolves.toEqual({ name: "b" });
  });

  it("rejects with the reason of its signal", async () => {
    const { bus } = createBoard();
    const controller = new AbortController();
    const once = bus.once("chat.said", { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(once).rejects.toThrow("enough");
    await expect(bus.once("chat.said", { signal: controller.signal })).rejects.toThrow("enough");
  });

  it("keeps what it resolved with when its signal aborts later", async () => {
    const { bus } = createBoard();
    const controller = new AbortController();
    const once = bus.once("chat.said", { signal: controller.signal });
    bus.emit("chat.said", "first");
    controller.abort();
    await expect(once).resolves.toBe("first");
  });

  it("rejects when the bus closes, and when it is closed already", async () => {
    const { bus } = createBoard();
    const once = bus.once("chat.said");
    const closed = expect(once).rejects.toBeInstanceOf(ClosedError);
    await bus.close();
    await closed;
    await expect(bus.once("chat.said")).rejects.toMatchObject({ code: "Closed", about: "chat.said" });
  });

  it("rejects for a name that the contract lacks, and leaves nothing behind", async () => {
    const { bus, errors } = createBoard();
    await expect(bus.once("chat.sad" as "chat.said")).rejects.toBeInstanceOf(MisuseError);
    await bus.close();
    expect(errors).toEqual([]);
  });

  it("rejects once for a durable event that a client may not listen to", async () => {
    const { bus, errors } = createClient({ follow: () => Promise.reject(new DeniedError("Not you.")) });
    await expect(bus.once("order.placed")).rejects.toMatchObject({ code: "Denied" });
    await settle();
    expect(errors).toEqual([]);
  });
});

describe("once, before a burst in the same turn", () => {
  it("still resolves with the first event, and reports nothing as missed", async () => {
    const { bus, errors } = createBoard();
    const live = bus.once("room.floor.cleaned");
    const volatile = bus.once("point.moved");
    for (let count = 0; count < 1_000; count++) {
      bus.emit("room.floor.cleaned", count);
      bus.emit("point.moved", { id: 1, x: count });
    }
    await expect(live).resolves.toBe(0);
    await expect(volatile).resolves.toEqual({ id: 1, x: 0 });
    expect(errors).toEqual([]);
  });
});
