import { describe, expect, it } from "vitest";
import { createDepot, gate } from "./depot.js";

describe("A task that a client enqueues", () => {
  it("is done at the server, and its result comes back", async () => {
    const { clock, errors, serve, connect } = createDepot();
    const { bus: server } = serve();
    const seen: unknown[] = [];
    server.work("parcel.route", async (parcel, task) => {
      seen.push([parcel, task.key, task.attempt]);
      await task.progress({ step: 1 });
      return { via: "Bern" };
    });
    const { bus, told } = connect();
    const at = new Date(5);
    const receipt = await clock.until(bus.enqueue("parcel.route", { id: "a", at }));
    expect(receipt).toEqual({
      id: expect.stringMatching(/^~ann\//),
      durability: "memory",
      duplicate: false,
    });
    const queue = bus.tasks("parcel.route");
    expect(await clock.until(queue.result(receipt.id))).toEqual({ via: "Bern" });
    expect(seen).toEqual([[{ id: "a", at }, "a", 1]]);
    expect(await clock.until(queue.state(receipt.id))).toEqual({
      ...{ id: receipt.id, key: "a", state: "done", attempt: 1, reason: undefined },
      ...{ progress: { step: 1 }, result: { via: "Bern" } },
    });
    expect(told.filter(({ type }) => type === "task.enqueued")).toEqual([
      { type: "task.enqueued", id: receipt.id, name: "parcel.route", key: "a", duplicate: false },
    ]);
    expect(errors).toEqual([]);
  });

  it("waits for a connection, and is enqueued once although the link is lost before the answer", async () => {
    const { clock, errors, serve, connect } = createDepot(1, { latency: 20 });
    const { bus, source } = connect();
    const parcel = { id: "a" };
    const receipt = bus.enqueue("parcel.route", parcel);
    await clock.advance(100);
    parcel.id = "changed";
    const { bus: server } = serve();
    const counts = () => server.tasks("parcel.route").counts();
    for (let ms = 0; ms < 500 && (await counts()).waiting === 0; ms++) await clock.advance(1);
    source.cut();
    const { id, duplicate } = await clock.until(receipt);
    expect(duplicate).toBe(true);
    expect(await counts()).toMatchObject({ waiting: 1 });
    const done: string[] = [];
    server.work("parcel.route", ({ id }) => {
      done.push(id);
      return { via: "Bern" };
    });
    await clock.until(bus.tasks("parcel.route").result(id));
    expect(done).toEqual(["a"]);
    expect(errors).toEqual([]);
  });

  it("is a duplicate by its name of one that the same user has enqueued, and of no other user's", async () => {
    const { clock, serve, connect } = createDepot();
    const { bus: server } = serve();
    const enqueue = (user: string) =>
      clock.until(connect(user).bus.enqueue("parcel.route", { id: "a" }, { dedupe: "a" }));
    const first = await enqueue("ann");
    expect(await enqueue("ann")).toEqual({ ...first, duplicate: true });
    expect(await enqueue("bob")).toMatchObject({ id: "~bob/parcel.route:a", duplicate: false });
    expect(await enqueue("a/n")).toMatchObject({ id: "~a%2Fn/parcel.route:a", duplicate: false });
    const own = await clock.until(server.enqueue("parcel.route", { id: "a" }, { dedupe: "a" }));
    expect(own).toMatchObject({ id: "parcel.route:a", duplicate: false });
  });

  it("is refused by rules that see who, what and how urgent; and whatever they say, where it is the server's", async () => {
    const { clock, serve, connect } = createDepot();
    const asked: unknown[] = [];
    serve({
      allow: {
        enqueue: {
          "parcel.route": async ({ peer, name, key, data, priority }) => {
            asked.push([peer.user.id, name, key, data, priority]);
            return key === "a";
          },
          "parcel.weigh": true,
        },
      },
    });
    const { bus } = connect();
    await clock.until(bus.enqueue("parcel.route", { id: "a" }, { priority: 3 }));
    await expect(clock.until(bus.enqueue("parcel.route", { id: "b" }))).rejects.toMatchObject({
      code: "Denied",
      message: '"parcel.route" may not be enqueued by this user.',
    });
    expect(asked).toEqual([
      ["ann", "parcel.route", "a", { id: "a" }, 3],
      ["ann", "parcel.route", "b", { id: "b" }, 0],
    ]);
    await expect(clock.until(bus.enqueue("parcel.weigh", { id: 1 } as never))).rejects.toMatchObject({
      code: "Invalid",
      about: "parcel.weigh",
    });
    expect(() => bus.enqueue("parcel.sort" as never, { id: "a" } as never)).toThrow(/sent by the server/);
  });

  it("may be waited for, watched and cancelled by who enqueued it, and by others as rules say", async () => {
    const { clock, serve, connect } = createDepot();
    const asked: unknown[] = [];
    const { bus: server } = serve({
      allow: {
        enqueue: { "*": true },
        tasks: {
          "*": ({ peer, id, may }) => {
            asked.push([peer.user.id, id, may]);
            return peer.user.id === "eve" && may === "look";
          },
        },
      },
    });
    const ann = connect("ann").bus;
    const { id } = await clock.until(ann.enqueue("parcel.weigh", { id: "a" }));
    const queues = ["ann", "bob", "eve"].map((user) => connect(user).bus.tasks("parcel.weigh"));
    const [own, others, seers] = queues as [(typeof queues)[0], (typeof queues)[0], (typeof queues)[0]];
    const denied = { code: "Denied" };
    await expect(clock.until(others.state(id))).rejects.toMatchObject(denied);
    await expect(clock.until(others.result(id))).rejects.toMatchObject(denied);
    await expect(clock.until(others.cancel(id))).rejects.toMatchObject(denied);
    await expect(clock.until(seers.cancel([id]))).rejects.toMatchObject(denied);
    expect(await clock.until(seers.state(id))).toMatchObject({ id, state: "waiting" });
    expect(asked).toEqual([
      ["bob", id, "look"],
      ["bob", id, "look"],
      ["bob", id, "cancel"],
      ["eve", id, "cancel"],
      ["eve", id, "look"],
    ]);
    const states: string[] = [];
    const watching = (async () => {
      for await (const { state } of own.watch(id)) states.push(state);
    })();
    await clock.advance(50);
    const result = expect(own.result(id)).rejects.toMatchObject({ code: "Cancelled", id });
    await clock.advance(50);
    expect(await clock.until(own.cancel(id))).toBe(1);
    await clock.until(watching);
    await clock.until(result);
    expect(states).toEqual(["waiting", "cancelled"]);
    await expect(clock.until(own.result("~ann/other"))).rejects.toMatchObject({ code: "UnknownTask" });
    expect(await clock.until(own.state("~ann/other"))).toBeUndefined();
    await expect(clock.until(own.counts())).rejects.toMatchObject({ code: "Unsupported" });
    await expect(clock.until(server.tasks("parcel.weigh").counts())).resolves.toMatchObject({ waiting: 0 });
  });

  it("is watched with all that may be said of how far it is, also what JSON lacks", async () => {
    const { clock, serve, connect } = createDepot();
    const { bus: server } = serve();
    const { bus } = connect();
    const { opened, open } = gate();
    server.work("parcel.weigh", async (_, task) => {
      await task.progress(new Map([["grams", 1n]]));
      await opened;
      await task.progress(new Map([["grams", 2n]]));
    });
    const { id } = await clock.until(bus.enqueue("parcel.weigh", { id: "a" }));
    const seen: unknown[] = [];
    const watching = (async () => {
      for await (const { progress } of bus.tasks("parcel.weigh").watch(id)) {
        if (progress && seen.push(progress) === 1) open();
      }
    })();
    await clock.until(watching);
    expect(seen.at(0)).toEqual(new Map([["grams", 1n]]));
    expect(seen.at(-1)).toEqual(new Map([["grams", 2n]]));
  });

  it("is waited for over a link that is lost, and no longer than its signal or the bus", async () => {
    const { clock, errors, serve, connect } = createDepot();
    const { bus: server } = serve();
    const { bus, source } = connect();
    const { opened, open } = gate();
    server.work("parcel.route", async () => {
      await opened;
      return { via: "Bern" };
    });
    const { id } = await clock.until(bus.enqueue("parcel.route", { id: "a" }));
    const queue = bus.tasks("parcel.route");
    const result = queue.result(id);
    const controller = new AbortController();
    const aborted = expect(queue.result(id, { signal: controller.signal })).rejects.toMatchObject({
      code: "Aborted",
    });
    await clock.advance(100);
    controller.abort();
    await clock.until(aborted);
    source.cut();
    await clock.advance(1_000);
    open();
    expect(await clock.until(result)).toEqual({ via: "Bern" });
    const other = await clock.until(bus.enqueue("parcel.weigh", { id: "b" }));
    const ended = expect(bus.tasks("parcel.weigh").result(other.id)).rejects.toMatchObject({
      code: "Closed",
    });
    await clock.advance(100);
    await clock.until(bus.close());
    await clock.until(ended);
    expect(errors).toEqual([]);
  });

  it("comes after others of the same user, by their ids", async () => {
    const { clock, serve, connect } = createDepot();
    const { bus: server } = serve();
    const { bus } = connect();
    const first = await clock.until(bus.enqueue("parcel.weigh", { id: "a" }));
    const second = await clock.until(bus.enqueue("parcel.weigh", { id: "b" }, { after: [first.id] }));
    expect(await clock.until(bus.tasks("parcel.weigh").state(second.id))).toMatchObject({ state: "blocked" });
    const bob = connect("bob").bus;
    await expect(
      clock.until(bob.enqueue("parcel.weigh", { id: "c" }, { after: [first.id] })),
    ).rejects.toMatchObject({ code: "Denied" });
    expect(await clock.until(server.tasks("parcel.weigh").counts())).toMatchObject({
      waiting: 1,
      blocked: 1,
    });
  });

  it("is enqueued with a thousand others at once, as they were then and in their order", async () => {
    const { clock, errors, serve, connect } = createDepot();
    const { bus: server } = serve();
    const { bus } = connect();
    const parcels = Array.from({ length: 1_000 }, (_, index) => ({ id: String(index) }));
    const receipts = parcels.map((parcel) => bus.enqueue("parcel.weigh", parcel));
    for (const parcel of parcels) parcel.id = "changed";
    await clock.until(Promise.all(receipts));
    const done: string[] = [];
    server.work("parcel.weigh", ({ id }) => void done.push(id));
    await clock.advance(1_000);
    expect(done).toEqual(parcels.map((_, index) => String(index)));
    expect(errors).toEqual([]);
  });
});
