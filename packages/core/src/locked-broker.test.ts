import { expect, it } from "vitest";
import { createShop, step } from "../fixtures/shop.js";
import { EventwireError } from "./index.js";

/** As of a file that another program holds. */
class Locked extends EventwireError {
  readonly code = "Locked";
  override readonly retryable = true;
}

/** A bus on a broker that can be told to refuse some operation, three times. */
function createLocked() {
  const shop = createShop();
  const { broker } = shop;
  const refuse = (operation: string) => {
    let refused = 0;
    broker.trouble = async (asked, go) => {
      if (asked === operation && refused++ < 3) throw new Locked("The file is locked.");
      return go();
    };
    return () => refused;
  };
  return { ...shop, refuse };
}

const reported = [{ code: "Broker", cause: { code: "Locked" } }];

it.each(["head", "epoch", "read"])(
  "A listener that begins goes on when its broker refuses: %s",
  async (operation) => {
    const { bus, clock, errors, refuse } = createLocked();
    await bus.position();
    const refused = refuse(operation);
    const seen: unknown[] = [];
    const listening = bus.on("note.kept", (note) => seen.push(note));
    await clock.advance(1_000);
    await clock.until(listening.ready);
    await bus.emit("note.kept", 1);
    await clock.advance(1_000);
    expect(refused()).toBeGreaterThan(3);
    expect(seen).toEqual([1]);
    expect(errors).toMatchObject(reported);
    await bus.close();
  },
);

it("A listener from a time goes on when its broker cannot look for it now", async () => {
  const { bus, clock, errors, refuse } = createLocked();
  await bus.emit("note.kept", 1);
  refuse("at");
  const seen: unknown[] = [];
  bus.on("note.kept", (note) => seen.push(note), { since: new Date(clock.now() - 1_000) });
  await clock.advance(1_000);
  expect(seen).toEqual([1]);
  expect(errors).toMatchObject(reported);
  await bus.close();
});

it("Listeners that have caught up go on when their broker cannot be read now", async () => {
  const { bus, clock, errors, refuse } = createLocked();
  const seen: unknown[] = [];
  bus.on("note.kept", (note) => seen.push(note));
  await bus.emit("note.kept", 1);
  await clock.advance(1_000);
  refuse("read");
  await bus.emit("note.kept", 2);
  await clock.advance(2_000);
  expect(seen).toEqual([1, 2]);
  expect(errors).toMatchObject(reported);
  await bus.close();
});

it.each(["acquire", "peek", "save", "head"])(
  "A group that begins goes on when its broker refuses: %s",
  async (operation) => {
    const { bus, clock, errors, refuse } = createLocked();
    await bus.position();
    const refused = refuse(operation);
    const done: number[] = [];
    bus.on("order.placed", (data) => done.push(data.step), { group: "pack" });
    await clock.advance(2_000);
    await bus.emit("order.placed", step("a", 1));
    await clock.advance(1_000);
    expect(refused()).toBeGreaterThan(3);
    expect(done).toEqual([1]);
    expect(errors).toMatchObject(reported);
    await bus.close();
  },
);

it("A group goes on, and does nothing twice, when its broker can keep nothing for longer than its leases", async () => {
  const { bus, open, broker, clock, errors } = createLocked();
  const done: number[] = [];
  bus.on("order.placed", (data) => done.push(data.step), { group: "pack" });
  await clock.advance(1_000);
  let locked = true;
  broker.trouble = async (asked, go) => {
    if (locked && (asked === "save" || asked === "acquire")) throw new Locked("The file is locked.");
    return go();
  };
  await bus.emit("order.placed", step("a", 1));
  await clock.advance(40_000);
  locked = false;
  await bus.emit("order.placed", step("a", 2));
  await clock.advance(20_000);
  expect(done).toEqual([1, 2]);
  await clock.until(bus.close());
  open().on("order.placed", (data) => done.push(data.step), { group: "pack" });
  await clock.advance(40_000);
  expect(done).toEqual([1, 2]);
  expect(new Set(errors.map(({ cause }) => (cause as EventwireError).code))).toEqual(new Set(["Locked"]));
});

it("A group passes what is dead once its broker can keep that, and says it once", async () => {
  const { bus, clock, errors, refuse } = createLocked();
  const tried: number[] = [];
  const listening = bus.on(
    "order.placed",
    (data) => {
      tried.push(data.step);
      if (data.step > 1) return;
      refuse("append");
      throw new Error("never");
    },
    { group: "pack", attempts: 1 },
  );
  await clock.until(listening.ready);
  await bus.emit("order.placed", step("a", 1));
  await clock.advance(1_000);
  await bus.emit("order.placed", step("a", 2));
  await clock.advance(1_000);
  expect(tried).toEqual([1, 2]);
  expect(errors).toMatchObject([...reported, { code: "Dead" }]);
  await bus.close();
});
