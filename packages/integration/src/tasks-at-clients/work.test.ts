import { describe, expect, it, vi } from "vitest";
import { createDepot, gate } from "./depot.js";

const leaseTime = 30_000;

describe("A client that works", () => {
  it("does the tasks of its server, and gives their results", async () => {
    const { clock, errors, serve, connect } = createDepot();
    const { bus: server } = serve();
    const { bus, told } = connect();
    const around: string[] = [];
    bus.use({
      work: async ({ name }, next) => {
        around.push(name);
        await next();
      },
    });
    const seen: unknown[] = [];
    const working = bus.work("parcel.route", async (parcel, task) => {
      seen.push([parcel, task.key, task.attempt, task.id, task.cause]);
      await task.progress({ step: 1 });
      return { via: "Bern" };
    });
    await clock.until(working.ready);
    const at = new Date(5);
    const { id } = await clock.until(server.enqueue("parcel.route", { id: "a", at }));
    const queue = server.tasks("parcel.route");
    expect(await clock.until(queue.result(id))).toEqual({ via: "Bern" });
    expect(await queue.state(id)).toMatchObject({ attempt: 1, progress: { step: 1 } });
    expect(seen).toEqual([[{ id: "a", at }, "a", 1, id, []]]);
    expect(around).toEqual(["parcel.route"]);
    await clock.advance(100);
    expect(told.map(({ type }) => type)).toEqual(expect.arrayContaining(["task.started", "task.done"]));
    expect(errors).toEqual([]);
  });

  it("gets many tasks, and says what became of them, in few frames", async () => {
    const { clock, serve, connect } = createDepot();
    const { bus: server, hub } = serve();
    const { bus } = connect();
    const count = 200;
    let done = 0;
    const working = bus.work("parcel.weigh", () => void done++, { concurrency: count });
    await clock.until(working.ready);
    const before = hub.counters();
    await clock.until(
      Promise.all(
        Array.from({ length: count }, (_, index) => server.enqueue("parcel.weigh", { id: `${index}` })),
      ),
    );
    await clock.until(vi.waitFor(() => expect(done).toBe(count)));
    await clock.advance(100);
    const { framesIn, framesOut } = hub.counters();
    expect(framesIn - before.framesIn).toBeLessThan(count / 10);
    expect(framesOut - before.framesOut).toBeLessThan(count / 10);
  });

  it("does as many at once as it says, and of a key one after the other", async () => {
    const { clock, serve, connect } = createDepot();
    const { bus: server } = serve();
    const { bus } = connect();
    let now = 0;
    let most = 0;
    const order: string[] = [];
    bus.work(
      "parcel.route",
      async ({ id }) => {
        now += 1;
        most = Math.max(most, now);
        await new Promise<void>((resolve) => void clock.timer(resolve, 10));
        order.push(id);
        now -= 1;
        return { via: "Bern" };
      },
      { concurrency: 3 },
    );
    const ids = ["a", "b", "c", "d", "a", "e", "a", "b"];
    for (const id of ids) await clock.until(server.enqueue("parcel.route", { id }));
    await clock.until(vi.waitFor(() => expect(order).toHaveLength(ids.length)));
    expect(most).toBe(3);
    expect([...order].sort()).toEqual([...ids].sort());
  });

  it("ends all of as many as a server gives it at once, and none is left under way", async () => {
    const { clock, errors, serve, connect } = createDepot();
    const { bus: server } = serve();
    const { bus } = connect();
    const { opened, open } = gate();
    let begun = 0;
    bus.work(
      "parcel.weigh",
      async () => {
        begun += 1;
        await opened;
      },
      { concurrency: 1_000 },
    );
    const parcels = Array.from({ length: 256 }, (_, index) => ({ id: String(index) }));
    await clock.until(Promise.all(parcels.map((parcel) => server.enqueue("parcel.weigh", parcel))));
    await clock.advance(1_000);
    expect(begun).toBe(256);
    const others = bus.enqueue("parcel.route", { id: "a" });
    open();
    await clock.advance(1_000);
    expect(await server.tasks("parcel.weigh").counts()).toMatchObject({ claimed: 0, delayed: 0, dead: 0 });
    expect(await clock.until(others)).toMatchObject({ duplicate: false });
    expect(begun, "each once").toBe(256);
    expect(errors).toEqual([]);
  });

  it("fails attempts with a reason, which are tried again and die as any are", async () => {
    const { clock, errors, serve, connect } = createDepot();
    const { bus: server } = serve();
    const { bus } = connect();
    const attempts: number[] = [];
    bus.work("parcel.route", (_, { attempt }) => {
      attempts.push(attempt);
      if (attempt === 2) return { via: 7 } as never;
      throw new Error("no way");
    });
    const { id } = await clock.until(server.enqueue("parcel.route", { id: "a" }));
    const queue = server.tasks("parcel.route");
    await expect(clock.until(queue.result(id))).rejects.toMatchObject({ code: "TaskDead", reason: "no way" });
    expect(attempts).toEqual([1, 2, 3]);
    expect(errors).toMatchObject([{ code: "Dead" }]);
  });

  it("leaves events and tasks with the end of a task in one transaction, as it may emit and enqueue", async () => {
    const { clock, errors, serve, connect } = createDepot();
    const { bus: server } = serve({
      allow: {
        work: { "*": true },
        emit: { "*": true },
        enqueue: { "parcel.weigh": ({ key, data }) => key === undefined && data.id !== "c" },
      },
    });
    const { bus } = connect();
    const routed: unknown[] = [];
    await clock.until(
      server.on(
        "parcel.routed",
        ({ id }, { cause, peer }) => void routed.push([id, cause.length, peer?.id]),
        {
          since: "start",
        },
      ).ready,
    );
    bus.work("parcel.route", ({ id }, task) => {
      task.onDone.emit("parcel.routed", { id });
      const first = task.onDone.enqueue("parcel.weigh", { id });
      task.onDone.enqueue("parcel.weigh", { id: `${id}2` }, { after: [first] });
      if (task.attempt === 1) throw new Error("again");
      return { via: "Bern" };
    });
    const { id } = await clock.until(server.enqueue("parcel.route", { id: "a" }));
    await clock.until(server.tasks("parcel.route").result(id));
    await clock.advance(100);
    expect(routed).toEqual([["a", 1, undefined]]);
    expect(await server.tasks("parcel.weigh").counts()).toMatchObject({ waiting: 1, blocked: 1 });
    // What it may not leave fails the attempt.
    const denied = await clock.until(server.enqueue("parcel.route", { id: "c" }));
    await expect(clock.until(server.tasks("parcel.route").result(denied.id))).rejects.toMatchObject({
      code: "TaskDead",
      reason: '"parcel.weigh" may not be enqueued by this user.',
    });
    await clock.advance(100);
    expect(routed).toHaveLength(1);
    expect(await server.tasks("parcel.weigh").counts()).toMatchObject({ waiting: 1, blocked: 1 });
    expect(errors.map(({ code }) => code)).toContain("Dead");
  });

  it("goes on with what it has when its link is lost, and says what it has done meanwhile", async () => {
    const { clock, errors, serve, connect } = createDepot();
    const { bus: server } = serve();
    const { bus, source } = connect();
    const begun: unknown[] = [];
    const { opened, open } = gate();
    bus.work("parcel.route", async ({ id }, { attempt }) => {
      begun.push([id, attempt]);
      if (id === "a") await opened;
      return { via: id };
    });
    const first = await clock.until(server.enqueue("parcel.route", { id: "a" }));
    await clock.advance(100);
    source.cut();
    open();
    const second = await clock.until(server.enqueue("parcel.route", { id: "b" }));
    const queue = server.tasks("parcel.route");
    expect(await clock.until(queue.result(first.id))).toEqual({ via: "a" });
    expect(await clock.until(queue.result(second.id))).toEqual({ via: "b" });
    expect(begun).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
    expect(errors).toEqual([]);
  });

  it("has done what it ends just when its link is lost, once", async () => {
    const { clock, errors, serve, connect } = createDepot();
    const { bus: server } = serve();
    const { bus, source } = connect();
    const begun: string[] = [];
    const working = bus.work("parcel.route", ({ id }) => {
      begun.push(id);
      source.cut();
      return { via: id };
    });
    await clock.until(working.ready);
    for (const id of ["a", "b"]) {
      const task = await clock.until(server.enqueue("parcel.route", { id }));
      expect(await clock.until(server.tasks("parcel.route").result(task.id))).toEqual({ via: id });
    }
    expect(begun).toEqual(["a", "b"]);
    expect(errors).toEqual([]);
  });

  it("goes on at another server that shares the broker, when its own drains", async () => {
    const { clock, errors, serve, connect, broker, network } = createDepot();
    const one = serve();
    const { bus } = connect();
    const begun: unknown[] = [];
    const { opened, open } = gate();
    let signal: AbortSignal | undefined;
    bus.work("parcel.route", async (_, task) => {
      begun.push(task.attempt);
      signal = task.signal;
      await opened;
      return { via: "Bern" };
    });
    await clock.until(one.bus.enqueue("parcel.route", { id: "a" }));
    await clock.advance(100);
    // It has not answered what it was given when its time is over.
    await clock.until(one.hub.drain({ over: 100 }));
    await clock.until(one.bus.close({ drain: 0 }));
    const other = serve({}, broker, network);
    await clock.advance(leaseTime / 2);
    expect(signal?.aborted).toBe(false);
    open();
    await clock.advance(1_000);
    expect(await other.bus.tasks("parcel.route").counts()).toMatchObject({ claimed: 0, waiting: 0, dead: 0 });
    expect(begun).toEqual([1]);
    expect(errors).toEqual([]);
  });

  it("has done what it says, however much it says at once and however slow the broker is", async () => {
    const { clock, errors, broker, serve, connect } = createDepot();
    const { bus: server } = serve({ limits: { requests: 8 } });
    const { bus } = connect();
    const { settle } = broker.tasks;
    broker.tasks.settle = async (batch) => {
      await new Promise<void>((resolve) => void clock.timer(resolve, 50));
      return settle.call(broker.tasks, batch);
    };
    const attempts: number[] = [];
    const { opened, open } = gate();
    bus.work(
      "parcel.weigh",
      async (_, { attempt }) => {
        attempts.push(attempt);
        await opened;
      },
      { concurrency: 20 },
    );
    const queue = server.tasks("parcel.weigh");
    for (let index = 0; index < 40; index++)
      await clock.until(server.enqueue("parcel.weigh", { id: `${index}` }));
    await clock.until(vi.waitFor(() => expect(attempts).toHaveLength(20)));
    open();
    const over = { waiting: 0, claimed: 0, dead: 0 };
    await clock.until(vi.waitFor(async () => expect(await queue.counts()).toMatchObject(over)));
    expect(attempts).toEqual(Array.from({ length: 40 }, () => 1));
    expect(errors).toEqual([]);
  });

  it("has done what it says, also where it says so more often than it may", async () => {
    const { clock, serve, connect } = createDepot();
    const { bus: server } = serve({ limits: { messages: 10 } });
    const { bus } = connect();
    const begun: string[] = [];
    const working = bus.work("parcel.weigh", ({ id }) => void begun.push(id), { concurrency: 3 });
    await clock.until(working.ready);
    const ids = Array.from({ length: 150 }, (_, index) => `p${index}`);
    await clock.until(Promise.all(ids.map((id) => server.enqueue("parcel.weigh", { id }))));
    await clock.advance(60_000);
    expect(begun).toEqual(ids);
    expect(await server.tasks("parcel.weigh").counts()).toMatchObject({ waiting: 0, claimed: 0, dead: 0 });
  });

  it("loses what it has where it does not come back within the lease, is told so, and says no late word", async () => {
    const { clock, errors, serve, connect } = createDepot();
    const { bus: server } = serve();
    const away = connect();
    const { opened, open } = gate();
    const reasons: unknown[] = [];
    away.bus.work("parcel.route", async (_, { signal }) => {
      signal.addEventListener("abort", () => reasons.push((signal.reason as { code: string }).code));
      await opened;
      return { via: "late" };
    });
    const { id } = await clock.until(server.enqueue("parcel.route", { id: "a" }));
    await clock.advance(100);
    away.source.partition();
    const attempts: number[] = [];
    connect("bob").bus.work("parcel.route", (_, { attempt }) => {
      attempts.push(attempt);
      return { via: "Bern" };
    });
    await clock.advance(leaseTime / 2);
    expect(attempts).toEqual([]);
    expect(await clock.until(server.tasks("parcel.route").result(id))).toEqual({ via: "Bern" });
    expect(attempts).toEqual([2]);
    open();
    away.source.heal();
    await clock.advance(60_000);
    expect(await server.tasks("parcel.route").state(id)).toMatchObject({
      attempt: 2,
      result: { via: "Bern" },
    });
    expect(errors.map(({ code }) => code)).toEqual(["LeaseLost"]);
    expect(reasons).toEqual(["LeaseLost"]);
  });

  it("gives back what it has not done when it ends, at once, and stops with what is under way", async () => {
    const { clock, errors, serve, connect } = createDepot();
    const { bus: server } = serve();
    const leaving = connect();
    const { opened, open } = gate();
    const done: string[] = [];
    const working = leaving.bus.work("parcel.route", async ({ id }) => {
      await opened;
      done.push(id);
      return { via: "Bern" };
    });
    const first = await clock.until(server.enqueue("parcel.route", { id: "a" }));
    const second = await clock.until(server.enqueue("parcel.route", { id: "b" }));
    await clock.advance(100);
    working();
    await clock.advance(100);
    open();
    const queue = server.tasks("parcel.route");
    await clock.until(queue.result(first.id));
    await clock.advance(2_000);
    expect(await queue.state(second.id)).toMatchObject({ state: "waiting", attempt: 0 });
    expect(done).toEqual(["a"]);

    const closing = connect("bob");
    closing.bus.work("parcel.route", () => new Promise(() => undefined));
    await clock.advance(100);
    expect(await queue.state(second.id)).toMatchObject({ state: "claimed", attempt: 1 });
    const closed = closing.bus.close({ drain: 1_000 });
    const attempts: number[] = [];
    connect("eve").bus.work("parcel.route", (_, { attempt }) => {
      attempts.push(attempt);
      return { via: "Chur" };
    });
    await clock.until(closed);
    await clock.advance(100);
    expect(await queue.state(second.id)).toMatchObject({ state: "done", result: { via: "Chur" } });
    expect(attempts).toEqual([2]);
    expect(errors).toEqual([]);
  });

  it("reports nothing of what it could not say before it ended, which is given back", async () => {
    const { clock, errors, broker, serve, connect } = createDepot();
    const { bus: server } = serve();
    const { bus } = connect();
    const { opened, open } = gate();
    const { settle } = broker.tasks;
    broker.tasks.settle = async (batch) => {
      await opened;
      return settle.call(broker.tasks, batch);
    };
    const begun: string[] = [];
    bus.work("parcel.weigh", () => {
      begun.push("weigh");
      throw new Error("The scales are broken.");
    });
    bus.work("parcel.route", () => {
      begun.push("route");
      return { via: "Chur" };
    });
    await clock.until(server.enqueue("parcel.weigh", { id: "a" }));
    await clock.until(server.enqueue("parcel.route", { id: "b" }));
    await clock.until(vi.waitFor(() => expect(begun).toHaveLength(2)));
    await clock.until(bus.close({ drain: 100 }));
    // The server's own, of an attempt that was the last.
    expect(errors.map(({ code }) => code)).toEqual(["Dead"]);
    open();
  });

  it("is told what it has is cancelled, or takes too long", async () => {
    const { clock, errors, serve, connect } = createDepot();
    const { bus: server } = serve({ limits: { workTimeout: 5_000 } });
    const { bus } = connect();
    const reasons: unknown[] = [];
    bus.work("parcel.weigh", async (_, { signal, attempt }) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      reasons.push([attempt, (signal.reason as { code: string }).code]);
    });
    const { id } = await clock.until(server.enqueue("parcel.weigh", { id: "a" }));
    await clock.advance(100);
    expect(await clock.until(server.tasks("parcel.weigh").cancel(id))).toBe(1);
    await clock.advance(1_000);
    expect(reasons).toEqual([[1, "Cancelled"]]);
    await clock.until(server.enqueue("parcel.weigh", { id: "b" }));
    await clock.advance(6_000);
    expect(reasons.slice(1)).toEqual([[1, "AttemptTimeout"]]);
    expect(await server.tasks("parcel.weigh").counts()).toMatchObject({ dead: 1 });
    expect(errors.map(({ code }) => code)).toEqual(expect.arrayContaining(["Dead"]));
  });

  it("hands back what it does not do, which costs no attempt, over a link that is lost meanwhile", async () => {
    const { clock, errors, serve, connect } = createDepot();
    const { bus: server } = serve({ limits: { releaseDelay: 20_000 } });
    const { bus, source, told } = connect();
    const seen: unknown[] = [];
    const working = bus.work("parcel.route", ({ id }, task) => {
      seen.push(["ann", id, task.attempt]);
      if (id !== "a") return { via: "Bern" };
      source.cut();
      task.onDone.emit("parcel.routed", { id });
      task.release({ delay: 3_600_000 });
      throw new Error("too late");
    });
    await clock.until(working.ready);
    const queue = server.tasks("parcel.route");
    const first = await clock.until(server.enqueue("parcel.route", { id: "a" }));
    const second = await clock.until(server.enqueue("parcel.route", { id: "b" }));
    expect(await clock.until(queue.result(second.id))).toEqual({ via: "Bern" });
    expect(await queue.state(first.id)).toMatchObject({ state: "delayed", attempt: 0 });
    expect(told.map(({ type }) => type)).toContain("task.released");
    await clock.until(bus.close());
    connect("eve").bus.work("parcel.route", ({ id }, { attempt }) => {
      seen.push(["eve", id, attempt]);
      return { via: "Chur" };
    });
    expect(await clock.until(queue.result(first.id))).toEqual({ via: "Chur" });
    expect(clock.monotonic(), "no longer than the server lets it").toBeLessThan(60_000);
    expect(seen).toEqual([
      ["ann", "a", 1],
      ["ann", "b", 1],
      ["eve", "a", 1],
    ]);
    expect(errors).toEqual([]);
  });

  it("is given no task whose key it may not do, which is left to others and counts no attempt", async () => {
    const { clock, serve, connect, broker } = createDepot();
    const claims = vi.spyOn(broker.tasks, "claim");
    const { bus: server } = serve({
      allow: {
        work: {
          "parcel.route": ({ peer, key }) => peer.user.id === "eve" || key === undefined || key === "b",
        },
      },
    });
    const { bus } = connect();
    const seen: unknown[] = [];
    bus.work(
      "parcel.route",
      ({ id }, { attempt }) => {
        seen.push(["ann", id, attempt]);
        return { via: "Bern" };
      },
      { concurrency: 2 },
    );
    const first = await clock.until(server.enqueue("parcel.route", { id: "a" }));
    await clock.until(server.enqueue("parcel.route", { id: "b" }));
    await clock.advance(10_000);
    expect(seen).toEqual([["ann", "b", 1]]);
    expect(claims.mock.calls.length).toBeLessThan(40);
    connect("eve").bus.work("parcel.route", ({ id }, { attempt }) => {
      seen.push(["eve", id, attempt]);
      return { via: "Chur" };
    });
    await clock.until(server.tasks("parcel.route").result(first.id));
    expect(seen.slice(1)).toEqual([["eve", "a", 1]]);
  });

  it("has its timeout from when it began, over however many links, and is told until when the task is its", async () => {
    const { clock, errors, serve, connect } = createDepot();
    const { bus: server } = serve({ limits: { workLease: 8_000 } });
    const { bus, source } = connect();
    const reasons: unknown[] = [];
    const attempts: number[] = [];
    let leasedUntil: () => number = () => 0;
    const working = bus.work(
      "parcel.route",
      async (_, task) => {
        attempts.push(task.attempt);
        if (task.attempt > 1) return { via: "Bern" };
        leasedUntil = () => task.leasedUntil;
        const began = clock.monotonic();
        await new Promise((resolve) => task.signal.addEventListener("abort", resolve));
        reasons.push([(task.signal.reason as { code: string }).code, clock.monotonic() - began]);
        return { via: "late" };
      },
      { timeout: 20_000, lease: 60_000 },
    );
    await clock.until(working.ready);
    const { id } = await clock.until(server.enqueue("parcel.route", { id: "a" }));
    for (let cut = 0; cut < 3; cut++) {
      await clock.advance(5_000);
      expect(leasedUntil()).toBeGreaterThan(clock.now());
      expect(leasedUntil()).toBeLessThanOrEqual(clock.now() + 8_500);
      source.cut();
    }
    source.partition();
    await clock.advance(7_000);
    expect(reasons).toEqual([["AttemptTimeout", 20_000]]);
    source.heal();
    expect(await clock.until(server.tasks("parcel.route").result(id))).toEqual({ via: "Bern" });
    expect(attempts).toEqual([1, 2]);
    expect(errors).toEqual([]);
  });

  it("may not work where no rule lets it, and no longer when one takes that back", async () => {
    const { clock, errors, serve, connect } = createDepot();
    let may = true;
    const { bus: server, hub } = serve({ allow: { work: { "parcel.route": () => may } } });
    const { bus } = connect();
    await expect(clock.until(bus.work("parcel.weigh", () => undefined).ready)).rejects.toMatchObject({
      code: "Denied",
    });
    const { opened } = gate();
    let signal: AbortSignal | undefined;
    bus.work("parcel.route", async (_, task) => {
      signal = task.signal;
      await opened;
      return { via: "Bern" };
    });
    const { id } = await clock.until(server.enqueue("parcel.route", { id: "a" }));
    await clock.advance(100);
    may = false;
    expect(await clock.until(hub.reauthorize({ user: "ann" }))).toBe(1);
    await clock.advance(100);
    expect(signal?.aborted).toBe(true);
    expect(await server.tasks("parcel.route").state(id)).toMatchObject({ state: "waiting", attempt: 1 });
    expect(errors.map(({ code }) => code)).toContain("Denied");
    may = true;
    await clock.advance(20_000);
    expect(await server.tasks("parcel.route").state(id)).toMatchObject({ state: "claimed", attempt: 2 });
  });
});
