import { describe, expect, it, vi } from "vitest";
import { createShop } from "../fixtures/shop.js";
import { UnsupportedError } from "./index.js";

const never = () => new Promise<never>(() => undefined);

describe("the end of a bus whose broker", () => {
  it("did not open leaves it to the buses that it did open for", async () => {
    const { bus, open, broker, clock } = createShop();
    await bus.emit("note.kept", 1);
    broker.trouble = async (operation, go) => {
      if (operation === "open") throw new UnsupportedError("no more");
      return go();
    };
    const other = open();
    await expect(other.emit("note.kept", 2)).rejects.toMatchObject({ code: "Unsupported" });
    await other.close();
    expect(broker.count("close")).toBe(0);
    await expect(bus.emit("note.kept", 3)).resolves.toMatchObject({ duplicate: false });
    await bus.close();
    expect(broker.count("close")).toBe(1);
    expect(clock.timers).toBe(0);
  });

  it("never answers settles all that was asked", async () => {
    const { bus, broker, clock } = createShop();
    await bus.position();
    broker.trouble = (operation, go) => (operation === "open" ? go() : never());
    const receipt = bus.emit("note.kept", 1).catch((error: unknown) => error);
    const task = bus.enqueue("mail.send", "a").catch((error: unknown) => error);
    const counts = bus
      .tasks("mail.send")
      .counts()
      .catch((error: unknown) => error);
    await clock.settle();
    await clock.until(bus.close({ drain: 100 }));
    expect(await receipt).toMatchObject({ code: "OutcomeUnknown", about: "note.kept" });
    expect(await task).toMatchObject({ code: "OutcomeUnknown", about: "mail.send" });
    expect(await counts).toMatchObject({ code: "Closed" });
    expect(clock.timers).toBe(0);
  });

  it.each([
    ["does not end in time", never, 1_100],
    ["fails to end", () => Promise.reject(new Error("still busy")), 0],
  ])("%s comes all the same, and says so", async (_, close, milliseconds) => {
    const { bus, broker, clock, errors } = createShop();
    await bus.emit("note.kept", 1);
    vi.spyOn(broker, "close").mockImplementation(close);
    const before = clock.monotonic();
    await clock.until(bus.close({ drain: 100 }));
    expect(clock.monotonic() - before).toBe(milliseconds);
    expect(errors).toMatchObject([{ code: "Broker", retryable: false }]);
    expect(errors[0]!.message).toMatch(/^The broker failed to close: /);
    expect(clock.timers).toBe(0);
  });
});

describe("the end of a bus that needed no broker", () => {
  it("is the end: what is asked for later opens none", async () => {
    const { bus, broker } = createShop();
    await bus.close();
    const closed = { code: "Closed" };
    await expect(bus.position()).rejects.toMatchObject(closed);
    await expect(bus.tasks("mail.send").counts()).rejects.toMatchObject(closed);
    await expect(bus.tasks("mail.send").redrive("all")).rejects.toMatchObject(closed);
    await expect(bus.group("keep").dead()).rejects.toMatchObject(closed);
    expect(broker.calls).toEqual([]);
  });
});

describe("the end of a bus while something is under way", () => {
  it.each(["open", "epoch", "append", "read", "head", "acquire", "save", "claim", "settle", "enqueue"])(
    "at the broker, as %s is, comes within its drain, also asked for twice, and leaves nothing behind",
    async (operation) => {
      const { bus, broker, clock, errors } = createShop({ features: { scope: "cluster" } });
      broker.trouble = (called, go) => (called === operation ? never() : go());
      const settled: string[] = [];
      const note = (what: string) => () => settled.push(what);
      bus.on("note.kept", () => undefined, { since: "start" });
      bus.on("note.kept", () => undefined, { since: "start", group: "keep" });
      bus.work("mail.send", () => undefined);
      bus.emit("note.kept", 1).then(note("emit"), note("emit"));
      bus.enqueue("mail.send", "a").then(note("enqueue"), note("enqueue"));
      bus.once("note.kept", { since: "start" }).then(note("once"), note("once"));
      await clock.advance(12_000);
      const before = clock.monotonic();
      const first = bus.close({ drain: 500 });
      const second = bus.close({ drain: 1 });
      await clock.until(Promise.all([first, second]));
      await clock.settle();
      expect(clock.monotonic() - before).toBeLessThanOrEqual(500);
      expect(settled.sort()).toEqual(["emit", "enqueue", "once"]);
      expect(clock.timers).toBe(0);
      expect(errors).toEqual([]);
    },
  );
});
