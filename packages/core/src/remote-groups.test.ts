import { describe, expect, it } from "vitest";
import { settle } from "../fixtures/board.js";
import { createClient } from "../fixtures/client-board.js";
import { createShop, step } from "../fixtures/shop.js";
import { attach, Interrupted, StoredMessage } from "./attach.js";

function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

/** An event as a server gives it. */
function given(number: number, key: string, data: unknown = `order ${number}`): StoredMessage {
  const record = {
    offset: number,
    id: `i${number}`,
    name: "order.placed",
    key,
    time: 5,
    body: new Uint8Array(),
  };
  return new StoredMessage(record, { data, cause: [] }, "log", 1);
}

/** A client's member of a group, and what is given to it. */
async function join(listener: (order: string) => unknown, concurrency?: number) {
  const client = createClient();
  const options = { group: "pack", ...(concurrency === undefined ? {} : { concurrency }) };
  const stop = client.bus.on("order.placed", listener, options);
  await stop.ready;
  const [joined] = client.joined;
  return { ...client, stop, worker: joined!.worker };
}

/** What became of what was given: nothing while it is under way. */
function outcome(promise: Promise<void>) {
  const became = { outcome: undefined as unknown };
  promise.then(
    () => (became.outcome = "done"),
    (error: unknown) => (became.outcome = error),
  );
  return became;
}

describe("a client's member of a group", () => {
  it("has done an event when its listener has, and failed with what that failed with, which is reported here too", async () => {
    const { worker, errors } = await join((order) => {
      if (order === "order 2") throw new Error("no paper");
    });
    const [one, two] = [outcome(worker.give(given(1, "a"))), outcome(worker.give(given(2, "b")))];
    await settle();
    expect(one.outcome).toBe("done");
    expect(two.outcome).toMatchObject({ message: "no paper" });
    expect(errors).toMatchObject([{ code: "ListenerFailed", id: "i2" }]);
  });

  it("calls its listener once for what it is given again while that is under way", async () => {
    const { open, opened } = gate();
    const seen: string[] = [];
    const { worker } = await join(async (order) => {
      seen.push(order);
      await opened;
    });
    const became = [outcome(worker.give(given(1, "a"))), outcome(worker.give(given(1, "a")))];
    await settle();
    open();
    await settle();
    expect(seen).toEqual(["order 1"]);
    expect(became.map((one) => one.outcome)).toEqual(["done", "done"]);
  });

  it("begins no more than its concurrency, and nothing of a key that is under way, whatever it is given", async () => {
    const first = gate();
    const seen: string[] = [];
    const { worker } = await join(async (order) => {
      seen.push(order);
      if (order === "order 1") await first.opened;
    }, 2);
    for (const [number, key] of [
      [1, "a"],
      [2, "a"],
      [3, "b"],
    ] as const)
      void worker.give(given(number, key));
    await settle();
    expect(seen).toEqual(["order 1", "order 3"]);
    first.open();
    await settle();
    expect(seen).toEqual(["order 1", "order 3", "order 2"]);
  });

  it("does not begin what is given to others before it has, and begins it where it is given that again", async () => {
    const { open, opened } = gate();
    const seen: string[] = [];
    const { worker } = await join(async (order) => {
      seen.push(order);
      await opened;
    }, 1);
    const [one, two] = [outcome(worker.give(given(1, "a"))), outcome(worker.give(given(2, "b")))];
    worker.recall();
    const again = outcome(worker.give(given(3, "c")));
    await settle();
    expect(two.outcome).toMatchObject({ begun: false });
    open();
    await settle();
    expect(seen).toEqual(["order 1", "order 3"]);
    expect([one.outcome, again.outcome]).toEqual(["done", "done"]);
    const late = outcome(worker.give(given(2, "b")));
    await settle();
    expect([seen.at(-1), late.outcome]).toEqual(["order 2", "done"]);
  });

  it("ends what is under way when it has stopped, and gives back what it had not begun", async () => {
    const { open, opened } = gate();
    const { worker, stop, ended, bus } = await join(() => opened, 1);
    const [one, two] = [outcome(worker.give(given(1, "a"))), outcome(worker.give(given(2, "b")))];
    await settle();
    stop();
    expect(ended).toEqual(["pack"]);
    let closed = false;
    void bus.close().then(() => {
      closed = true;
    });
    await settle();
    expect([one.outcome, closed]).toEqual([undefined, false]);
    // At once: what is under way may take long.
    expect(two.outcome).toBeInstanceOf(Interrupted);
    open();
    await settle();
    expect(one.outcome).toBe("done");
    expect(two.outcome).toMatchObject({ begun: false });
    expect(closed).toBe(true);
  });
});

describe("a member of a group for somebody elsewhere", () => {
  /** Joins for somebody who says of nothing what became of it, until it leaves. */
  async function joined() {
    const shop = createShop();
    const { bus, clock } = shop;
    const core = attach(bus);
    const under: ((error: unknown) => void)[] = [];
    const topics = [core.topics.get("order.placed")!];
    const start = async () => ({ since: "start" as const });
    const call = () => new Promise<never>((_, reject) => void under.push(reject));
    const member = await clock.until(
      core.keeper.use!(async (backing) => ({
        it: backing.join("order.placed", topics, { group: "pack", attempts: 2 }, start, call),
      })),
    );
    await clock.until(member.it.ready);
    return { ...shop, member: member.it, under };
  }

  it("gives back what it had at once when that has left, and whoever does it is told of a further attempt, but of no failed one", async () => {
    const { bus, open, clock, errors, member, under } = await joined();
    for (const key of ["a", "b", "a"]) void bus.emit("order.placed", step(key, 1));
    await clock.advance(100);
    expect(under).toHaveLength(2);
    member.stop();
    for (const fail of under) fail(new Interrupted(true));
    await clock.until(member.ended);
    const done: string[] = [];
    open().on(
      "order.placed",
      ({ order }, { attempt }) => {
        done.push(`${order} ${attempt}`);
        if (done.length === 1) throw new Error("no");
      },
      { group: "pack", attempts: 2, backoff: { initial: 0 } },
    );
    // Without waiting for a lease.
    await clock.advance(5_000);
    expect(done).toEqual(["a 2", "b 2", "a 3", "a 1"]);
    expect(errors).toEqual([]);
  });

  it("does not count what was not begun", async () => {
    const { bus, open, clock, member, under } = await joined();
    void bus.emit("order.placed", step("a", 1));
    await clock.advance(100);
    member.stop();
    under[0]!(new Interrupted(false));
    await clock.until(member.ended);
    const attempts: number[] = [];
    open().on("order.placed", (_, { attempt }) => attempts.push(attempt), { group: "pack" });
    await clock.advance(5_000);
    expect(attempts).toEqual([1]);
  });

  it("gives again what was given back by who stays", async () => {
    const { bus, clock, under } = await joined();
    void bus.emit("order.placed", step("a", 1));
    void bus.emit("order.placed", step("a", 2));
    await clock.advance(100);
    under[0]!(new Interrupted(false));
    await clock.advance(5_000);
    expect(under).toHaveLength(2);
  });
});
