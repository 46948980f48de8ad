import { describe, expect, it, vi } from "vitest";
import { settle } from "../fixtures/board.js";
import { createClient } from "../fixtures/client-board.js";
import { UnsupportedError } from "./index.js";

describe("a client's bus, which has no broker of its own", () => {
  it("hands a durable event to its server, as it was when it was emitted, and calls no listener", async () => {
    const { bus, appended, sent } = createClient();
    const listener = vi.fn();
    bus.on("order.placed", listener).ready.catch(() => undefined);
    const emitted: unknown[] = [];
    bus.inspect((inspection) => {
      if (inspection.type === "emitted") emitted.push(inspection.message.id);
    });
    const receipt = await bus.emit("order.placed", "x");
    expect(receipt).toMatchObject({ offset: "log.6", duplicate: false });
    expect(receipt.id).toMatch(/^~/);
    expect(emitted).toEqual([receipt.id]);
    expect(appended).toEqual(['order.placed ["x"]']);
    expect(listener).not.toHaveBeenCalled();
    expect(sent).toEqual([]);
  });

  it("tells its server what led to a durable event", async () => {
    const { bus, appended } = createClient();
    let receipt: Promise<unknown> | undefined;
    bus.on("chat.said", () => {
      receipt = bus.emit("order.placed", "x");
    });
    bus.emit("chat.said", "hello");
    await receipt;
    const [, cause] = JSON.parse(appended[0]!.slice("order.placed ".length)) as [string, unknown];
    expect(cause).toMatchObject([{ name: "chat.said", kind: "event" }]);
  });

  it("runs middleware around a durable event, which may refuse it, and emits nothing when it has ended", async () => {
    const { bus, appended } = createClient();
    const stop = bus.use({
      emit(message, next) {
        if (message.data === "bad") throw new Error("No.");
        next();
      },
    });
    await expect(bus.emit("order.placed", "bad")).rejects.toThrow("No.");
    await bus.emit("order.placed", "good");
    stop();
    await bus.close();
    await expect(bus.emit("order.placed", "late")).rejects.toMatchObject({ code: "Closed" });
    expect(appended).toEqual(['order.placed ["good"]']);
  });

  it("reports a refusal of a durable event that nobody looks at", async () => {
    const refusal = new UnsupportedError("No log.", { name: "order.placed" });
    const { bus, errors, runtime } = createClient({ append: () => Promise.reject(refusal) });
    void bus.emit("order.placed", "x");
    await runtime.settle();
    expect(errors).toEqual([refusal]);
  });

  it("becomes a member of a group at its server, and says that it does not look after it", async () => {
    const { bus, joined, ended } = createClient();
    const stop = bus.on("order.placed", () => undefined, { group: "pack", concurrency: 2, attempts: 3 });
    await stop.ready;
    const wish = { group: "pack", pattern: "order.placed", names: ["order.placed"], since: "now" };
    expect(joined).toMatchObject([{ wish: { ...wish, concurrency: 2, attempts: 3 } }]);
    stop();
    expect(ended).toEqual(["pack"]);
    await expect(bus.group("pack").dead()).rejects.toThrow('The group "pack" is looked after at the server');
  });

  it("refuses to be a member of a group by options that make no sense", async () => {
    const { bus, joined } = createClient();
    for (const options of [{ attempts: 0 }, { backoff: { initial: -1 } }, { group: "no name" }]) {
      const join = bus.on("order.placed", () => undefined, { group: "pack", ...options });
      await expect(join.ready).rejects.toMatchObject({ code: "Misuse" });
    }
    expect(joined).toEqual([]);
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

  it("refuses of tasks what is seen to at the server, and to do them in batches", async () => {
    const { bus, errors } = createClient();
    await expect(bus.workBatch("order.pack", () => undefined).ready).rejects.toBeInstanceOf(UnsupportedError);
    const tasks = bus.tasks("order.pack");
    const asked = [
      ...[tasks.counts(), tasks.dead(), tasks.redrive("all"), tasks.forget({ before: new Date() })],
      ...[tasks.pause(), tasks.resume()],
    ];
    for (const answer of await Promise.allSettled<unknown>(asked)) {
      expect(answer).toMatchObject({ reason: { code: "Unsupported", about: "order.pack" } });
    }
    expect(errors).toEqual([]);
    bus.workBatch("order.pack", () => undefined);
    await settle();
    expect(errors).toMatchObject([{ code: "Unsupported", about: "order.pack" }]);
  });
});
