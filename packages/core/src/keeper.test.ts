import { describe, expect, it } from "vitest";
import { createShop, step } from "../fixtures/shop.js";
import { appendOf, attach, EventMessage } from "./attach.js";
import type { Offset } from "./index.js";

function appendFor(id: string, order: string) {
  const message = new EventMessage("order.placed", step(order, 1), order, 1, undefined, id, "", undefined);
  return appendOf(message, message.data, 1_000);
}

describe("the keeper of a bus, for who joins it and a database", () => {
  it("appends what was made elsewhere in the order of the calls, with what is emitted", async () => {
    const { bus, clock } = createShop();
    const { keeper } = attach(bus);
    const heard: string[] = [];
    bus.on("order.placed", ({ order }) => heard.push(order));
    await clock.until(bus.position());
    const first = bus.emit("order.placed", step("a", 1));
    const producer = { id: "p", epoch: 1, sequence: 1 };
    const outcome = keeper.append({ ...appendFor("x.1", "b"), producer });
    const last = bus.emit("order.placed", step("c", 1));
    expect(await clock.until(outcome)).toMatchObject({ type: "appended", offset: 2, duplicate: false });
    await clock.until(Promise.all([first, last]));
    await clock.advance(100);
    expect(heard).toEqual(["a", "b", "c"]);
    const hole = keeper.append({ ...appendFor("x.3", "d"), producer: { ...producer, sequence: 3 } });
    expect(await clock.until(hole)).toEqual({ type: "conflict", expected: 2 });
    expect(await clock.until(keeper.append({ ...appendFor("x.1", "b"), producer }))).toMatchObject({
      duplicate: true,
    });
  });

  it("finds an event by its offset, of the log's own history and name only", async () => {
    const { bus, clock } = createShop();
    const { keeper } = attach(bus);
    const { offset, id } = await clock.until(bus.emit("order.placed", step("a", 1)));
    const found = await clock.until(keeper.find("order.placed", offset!));
    expect(found).toMatchObject({ id, offset, data: step("a", 1), key: "a" });
    const others = ["another.1", offset!.replace(/\d+$/, "2"), offset!.replace(/\d+$/, "0"), "none"];
    for (const other of others) {
      expect(await clock.until(keeper.find("order.placed", other as Offset))).toBeUndefined();
    }
    expect(await clock.until(keeper.find("order.paid", offset!))).toBeUndefined();
  });

  it("knows whether the log has an event, by its id", async () => {
    const { bus, clock } = createShop();
    const { keeper } = attach(bus);
    for (let index = 0; index < 1_200; index++) {
      void keeper.append({ ...appendFor(`x.${index}`, "a"), time: clock.now() });
    }
    await clock.until(bus.position());
    const append = (id: string) => ({ ...appendFor(id, "a"), time: clock.now() });
    expect(await clock.until(keeper.has(append("x.1150")))).toBe(true);
    expect(await clock.until(keeper.has(append("x.1200")))).toBe(false);
  });

  it("refuses what is larger than it is told", () => {
    const message = new EventMessage(
      "order.placed",
      "x".repeat(1_000),
      "a",
      1,
      undefined,
      "x",
      "",
      undefined,
    );
    expect(() => appendOf(message, message.data, 1_000)).toThrow("the broker takes 1000");
  });
});
