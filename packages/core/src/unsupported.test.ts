import { describe, expect, it, vi } from "vitest";
import { settle } from "../fixtures/board.js";
import { createClient } from "../fixtures/client-board.js";
import { UnsupportedError } from "./index.js";

describe("a client's bus, which has no broker of its own", () => {
  it("refuses to emit a durable event, and calls no listener", async () => {
    const { bus, sent } = createClient();
    const listener = vi.fn();
    bus.on("order.placed", listener).ready.catch(() => undefined);
    const receipt = bus.emit("order.placed", "x");
    await expect(receipt).rejects.toBeInstanceOf(UnsupportedError);
    await expect(receipt).rejects.toThrow('"order.placed" is durable and needs a log, which a client');
    expect(listener).not.toHaveBeenCalled();
    expect(sent).toEqual([]);
  });

  it("reports an emit that it refused where nobody looks", async () => {
    const { bus, errors, runtime } = createClient();
    void bus.emit("order.placed", "x");
    await runtime.settle();
    expect(errors).toMatchObject([{ code: "Unsupported", about: "order.placed" }]);
  });

  it("refuses to be a member of a group, and reports it where nobody looks", async () => {
    const { bus, errors } = createClient();
    const join = () => bus.on("order.placed", () => undefined, { group: "pack" });
    await expect(join().ready).rejects.toMatchObject({ code: "Unsupported" });
    expect(errors).toEqual([]);
    join();
    await settle();
    expect(errors).toMatchObject([{ code: "Unsupported", about: "order.placed" }]);
  });

  it("still delivers the other events of a pattern that has a durable one", () => {
    const { bus } = createClient();
    const listener = vi.fn();
    bus.on("*", listener);
    bus.emit("chat.said", "x");
    expect(listener).toHaveBeenCalledOnce();
  });

  it("asks its server where the log is, and does not once it is closed", async () => {
    const { bus } = createClient();
    expect(await bus.position()).toBe("log.5");
    await bus.close();
    await expect(bus.position()).rejects.toMatchObject({ code: "Closed" });
  });

  it("refuses tasks, to enqueue and to do", async () => {
    const { bus, errors } = createClient();
    await expect(bus.enqueue("order.pack", "x")).rejects.toThrow('"order.pack" is a task and needs a queue');
    await expect(bus.work("order.pack", () => undefined).ready).rejects.toBeInstanceOf(UnsupportedError);
    expect(errors).toEqual([]);
    bus.work("order.pack", () => undefined);
    await settle();
    expect(errors).toMatchObject([{ code: "Unsupported", about: "order.pack" }]);
  });
});
