import { expect, it } from "vitest";
import { createShop, type Step, step } from "../fixtures/shop.js";

function gate() {
  let open = () => undefined as unknown;
  const opened = new Promise<void>((resolve) => {
    open = () => resolve();
  });
  return { open: () => open(), opened };
}

/** Long enough that members have met, and have shared the shards out. */
const meeting = 10_000;

it("a group that nobody has joined has no lag, nor has it one with what it does not listen to", async () => {
  const { bus, clock } = createShop();
  await bus.emit("order.placed", step("a", 1));
  expect(await bus.group("pack").lag("order.placed")).toBeUndefined();
  await clock.until(bus.on("order.placed", () => undefined, { group: "pack", since: "start" }).ready);
  await clock.advance(1_000);
  expect(await bus.group("pack").lag("order.placed")).toEqual({ behind: 0, more: false, oldest: undefined });
  expect(await bus.group("pack").lag("order.*")).toBeUndefined();
});

it.each([1, 3])("a lag counts what is not done, and tells since when, among %i members", async (members) => {
  const { bus, open, clock, errors } = createShop();
  const held = gate();
  const listener = async ({ order, step }: Step) => {
    if (order === "slow" || step === 3) await held.opened;
  };
  for (let member = 0; member < members; member++) {
    const { ready } = open().on("order.*", ({ data }) => listener(data), { group: "pack" });
    await clock.until(ready);
    await clock.advance(meeting);
  }
  await bus.emit("order.placed", step("a", 1));
  await clock.advance(5);
  const oldest = clock.now();
  await bus.emit("order.placed", step("slow", 1));
  await clock.advance(5);
  for (const order of ["a", "b", "c"]) {
    for (const number of [2, 3]) await bus.emit("order.paid", step(order, number));
  }
  for (let note = 0; note < 10; note++) await bus.emit("note.kept", note);
  await clock.advance(1_000);
  expect(await bus.group("pack").lag("order.*")).toEqual({ behind: 4, more: false, oldest });
  held.open();
  await clock.advance(1_000);
  expect(await bus.group("pack").lag("order.*")).toEqual({ behind: 0, more: false, oldest: undefined });
  expect(errors).toEqual([]);
});

it("a lag is told while nobody is there, also of a group that began at the start", async () => {
  const { bus, open, clock } = createShop();
  for (const number of [1, 2]) await bus.emit("order.placed", step("a", number));
  const member = open();
  const since = "start";
  await clock.until(member.on("order.placed", () => undefined, { group: "pack", since }).ready);
  await clock.advance(1_000);
  await clock.until(member.close());
  const oldest = clock.now();
  for (const number of [3, 4, 5]) await bus.emit("order.placed", step(`${number}`, number));
  expect(await bus.group("pack").lag("order.placed")).toEqual({ behind: 3, more: false, oldest });
});

it("what waits to be tried again is behind, what is dead is not, and what is redriven is again", async () => {
  const { bus, clock } = createShop();
  let failing = true;
  const held = gate();
  const listener = async () => {
    if (failing) throw new Error("no");
    await held.opened;
  };
  const backoff = { initial: 5_000, factor: 1, jitter: false } as const;
  await clock.until(bus.on("order.placed", listener, { group: "pack", attempts: 2, backoff }).ready);
  await bus.emit("order.placed", step("a", 1));
  await clock.advance(1_000);
  expect(await bus.group("pack").lag("order.placed")).toMatchObject({ behind: 1 });
  await clock.advance(10_000);
  expect(await bus.group("pack").dead()).toHaveLength(1);
  expect(await bus.group("pack").lag("order.placed")).toMatchObject({ behind: 0 });
  failing = false;
  await bus.group("pack").redrive("all");
  await clock.advance(1_000);
  expect(await bus.group("pack").lag("order.placed")).toMatchObject({ behind: 1, more: false });
  held.open();
  await clock.advance(1_000);
  expect(await bus.group("pack").lag("order.placed")).toMatchObject({ behind: 0 });
});

it("a lag reads no more than it may, and says that there is more", async () => {
  const { bus, broker, clock } = createShop();
  await clock.until(bus.on("order.placed", () => new Promise(() => undefined), { group: "pack" }).ready);
  for (let number = 0; number < 2_500; number++) void bus.emit("order.placed", step(`${number}`, number));
  await clock.advance(1_000);
  const group = bus.group("pack");
  const before = broker.count("read");
  expect(await group.lag("order.placed", { limit: 10 })).toMatchObject({ behind: 10, more: true });
  expect(broker.count("read") - before).toBe(1);
  expect(await group.lag("order.placed", { limit: 2_500 })).toMatchObject({ behind: 2_500, more: false });
  expect(await group.lag("order.placed")).toMatchObject({ behind: 2_500, more: false });
  expect(await group.lag("order.placed", { limit: Infinity })).toMatchObject({ behind: 2_500, more: false });
});

it("of another history of the log nothing is done", async () => {
  const { bus, broker, clock } = createShop();
  const member = bus.on("order.placed", () => undefined, { group: "pack" });
  await clock.until(member.ready);
  await bus.emit("order.placed", step("a", 1));
  await clock.advance(1_000);
  member();
  await clock.advance(1_000);
  broker.trouble = async (operation, go) => {
    const result = await go();
    return operation === "epoch" ? ("restored" as typeof result) : result;
  };
  expect(await bus.group("pack").lag("order.placed")).toMatchObject({ behind: 1 });
});

it("a lag with what is no durable event, or with a limit that is none, is refused", async () => {
  const { bus } = createShop();
  const group = bus.group("pack");
  for (const wrong of ["note.shown", "order.pack", "else.*", "__proto__", ""]) {
    await expect(group.lag(wrong), wrong).rejects.toMatchObject({ code: "Misuse" });
  }
  await expect(group.lag("order.placed", { limit: 0 })).rejects.toMatchObject({ code: "Misuse" });
});
