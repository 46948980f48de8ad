import { createBus, defineContract, type EventwireError, task } from "@eventwire/core";
import { memory } from "@eventwire/core/memory";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { expect, it, vi } from "vitest";
import { z } from "zod";
import { FakeLink, FakeSource } from "../fixtures/fake-link.js";
import { settle } from "../fixtures/settle.js";
import { fingerprint } from "./fingerprint.js";
import { createHub, type ServeOptions } from "./hub.js";
import type { Causes, WireMessage } from "./messages.js";

const depot = defineContract({
  "parcel.route": task(z.string(), { attempts: 3, backoff: { initial: 0 }, result: z.string().max(20_000) }),
  "parcel.weigh": task(z.string(), { keep: 60_000 }),
});
type Depot = typeof depot;

function serve(
  options: Partial<ServeOptions<Depot, { id: string }>> = {},
  clock = new VirtualClock(),
  broker = memory({ runtime: clock }),
) {
  const errors: EventwireError[] = [];
  const bus = createBus(depot, {
    broker,
    runtime: clock,
    onError: (error) => errors.push(error),
  });
  const source = new FakeSource();
  const hub = createHub(bus, source, {
    authenticate: ({ headers }) => ({ id: String(headers?.user ?? "me") }),
    allow: { enqueue: { "*": true }, work: { "*": true } },
    ...options,
  });
  const connect = async (user = "me"): Promise<FakeLink> => {
    const link = source.give(new FakeLink({ headers: { user } }));
    link.arrive(["hello", { protocol: 1, link: "nonce", contract: fingerprint(depot) }]);
    await settle();
    link.take();
    return link;
  };
  /** What came over each link. */
  const inboxes = new Map<FakeLink, WireMessage[]>();
  const inboxOf = (link: FakeLink) => {
    const inbox = inboxes.get(link) ?? [];
    inboxes.set(link, inbox);
    inbox.push(...link.take());
    return inbox;
  };
  /** Asks, and resolves with the answer or the failure. */
  let ref = 0;
  const ask = async (link: FakeLink, kind: string, input: unknown, ...cause: Causes[]): Promise<unknown> => {
    const own = ++ref;
    link.arrive(["request", own, `eventwire/${kind}`, 10_000, input, ...cause]);
    return vi.waitFor(
      () => {
        const answer = inboxOf(link).find(
          ([type, to]) => to === own && (type === "answer" || type === "failed"),
        );
        expect(answer).toBeDefined();
        return answer![2];
      },
      { interval: 1 },
    );
  };
  /** Begins to work. @returns how to take what is streamed. */
  const work = async (link: FakeLink, more: object = {}, as: object = { session: "s", worker: 1 }) => {
    const own = ++ref;
    link.arrive(
      ["request", own, "eventwire/work", 10_000, { ...as, name: "parcel.route", ...more }],
      ["pull", own, 16],
    );
    let taken = 0;
    const about = (type: string) =>
      inboxOf(link)
        .filter((message) => message[0] === type && message[1] === own)
        .map((message) => message[2] as Record<string, unknown>);
    const take = async () => {
      await settle();
      await clock.advance(100);
      const items = about("item").slice(taken);
      taken += items.length;
      return items;
    };
    return { ref: own, take, failures: () => about("failed") };
  };
  const enqueue = async (...data: readonly string[]) => {
    for (const one of data) await bus.enqueue("parcel.route", one);
  };
  const counts = () => bus.tasks("parcel.route").counts();
  return { bus, hub, clock, broker, errors, connect, ask, work, enqueue, counts };
}

const as = { session: "s", worker: 1 };

it("gives a worker as much as it says, and takes what becomes of it once", async () => {
  const { connect, ask, work, enqueue, counts, errors } = serve();
  const link = await connect();
  const { take } = await work(link, { concurrency: 2 });
  await enqueue("a", "b", "c");
  const [held, first, second, ...more] = await take();
  expect(held).toEqual({ type: "held", claims: [] });
  expect(first).toMatchObject({ type: "task", data: "a", attempt: 1, cause: [] });
  expect(more).toEqual([]);
  const { id, token } = first!;
  const done = { type: "done", result: "x" };
  expect(await ask(link, "settle", { ...as, id, token, outcome: done })).toEqual({ held: true });
  expect(await ask(link, "settle", { ...as, id, token, outcome: done }), "once more").toEqual({
    held: false,
  });
  const other = { id: second!.id, token: (second!.token as number) + 1 };
  expect(await ask(link, "settle", { ...as, ...other, outcome: done }), "another number").toEqual({
    held: false,
  });
  expect(await take()).toMatchObject([{ type: "task", data: "c" }]);
  expect(await counts()).toMatchObject({ waiting: 0, claimed: 2 });
  expect(errors).toEqual([]);
});

it("takes no word of a stranger about what somebody has, whatever name it gives itself", async () => {
  const { connect, ask, work, enqueue, counts } = serve();
  const link = await connect();
  const { take } = await work(link);
  await enqueue("a");
  const [, given] = await take();
  const { id, token } = given!;
  const stranger = await connect("eve");
  const released = { ...as, id, token, outcome: { type: "released" } };
  expect(await ask(stranger, "settle", released)).toEqual({ held: false });
  const { take: takeOther } = await work(stranger);
  expect(await takeOther(), "what the stranger has").toEqual([{ type: "held", claims: [] }]);
  expect(await ask(stranger, "settle", released)).toEqual({ held: false });
  for (const user of ["m", "me/s", "me%2Fs", "ME"]) {
    const { take } = await work(await connect(user));
    expect(await take()).toEqual([{ type: "held", claims: [] }]);
  }
  // The same user over another connection has not begun as this worker there.
  const second = await connect();
  expect(await ask(second, "settle", released)).toEqual({ held: false });
  expect(await counts()).toMatchObject({ claimed: 1 });
});

it("goes on with what a session has when it comes back over another link, before the first is known to be gone", async () => {
  const { connect, ask, work, enqueue } = serve();
  const before = await connect();
  const { take } = await work(before);
  await enqueue("a");
  const [, given] = await take();
  const { id, token } = given!;
  const after = await connect();
  const { take: takeAgain } = await work(after);
  const [held, again] = await takeAgain();
  const anew = { id, token: again!.token };
  expect(held).toEqual({ type: "held", claims: [[id, anew.token, 1]] });
  expect(again).toMatchObject({ type: "task", data: "a", attempt: 1 });
  expect(anew.token).toBeGreaterThan(token as number);
  const outcome = { type: "done", result: "x" };
  expect(await ask(before, "settle", { ...as, id, token, outcome })).toEqual({ held: false });
  expect(await ask(after, "settle", { ...as, id, token, outcome })).toEqual({ held: false });
  expect(await ask(after, "settle", { ...as, ...anew, outcome })).toEqual({ held: true });
});

it.each(["its time is over there", "its right ends there"])(
  "leaves alone what its worker goes on with at another server, where its link is half gone and %s",
  async (what) => {
    let may = true;
    const one = serve({ limits: { workTimeout: 5_000 }, allow: { work: { "*": () => may } } });
    const { clock, broker, counts } = one;
    const other = serve({}, clock, broker);
    const { take } = await one.work(await one.connect());
    await one.enqueue("a");
    const [, given] = await take();
    const link = await other.connect();
    const { take: takeThere } = await other.work(link);
    const [, again] = await takeThere();
    expect(again).toMatchObject({ id: given!.id, attempt: 1 });
    if (what === "its right ends there") {
      may = false;
      await one.hub.reauthorize({ user: "me" });
    } else await clock.advance(5_000);
    await clock.advance(1_000);
    expect(await counts()).toMatchObject({ claimed: 1, waiting: 0, delayed: 0, dead: 0 });
    const { id, token } = again!;
    const outcome = { type: "done", result: "x" };
    expect(await other.ask(link, "settle", { ...as, id, token, outcome })).toEqual({ held: true });
    expect(other.errors).toEqual([]);
    await clock.until(Promise.all([one.bus.close({ drain: 0 }), other.bus.close({ drain: 0 })]));
  },
);

it("lets a worker have its lease as it says, up to the limit, and tells it when that is renewed, if it wants to know", async () => {
  const { bus, clock, connect, work, enqueue, counts } = serve({ limits: { workLease: 60_000 } });
  for (const [lease, held] of [
    [6_000, 6_000],
    [3_600_000, 60_000],
    [undefined, 30_000],
  ] as const) {
    const link = await connect();
    const { take } = await work(link, { lease, renewals: true });
    await enqueue("a");
    const [, task] = await take();
    expect(task).toMatchObject({ type: "task" });
    expect(task!.lease).toBeGreaterThan(held - 500);
    expect(task!.lease).toBeLessThanOrEqual(held);
    await clock.advance(held);
    const renewals = await take();
    expect(renewals.length).toBeGreaterThan(1);
    for (const renewal of renewals) expect(renewal).toEqual({ type: "renewed", lease: held });
    link.close({ code: "Lost", message: "The network is gone.", retryable: true });
    await clock.advance(held / 2);
    expect(await counts()).toMatchObject({ claimed: 1 });
    const attempts: number[] = [];
    const stop = bus.work("parcel.route", (_, { attempt }) => {
      attempts.push(attempt);
      return "done";
    });
    await clock.advance(held);
    expect(attempts).toEqual([2]);
    stop();
  }
  const silent = await work(await connect("eve"));
  await enqueue("a");
  await silent.take();
  await clock.advance(60_000);
  expect(await silent.take()).toEqual([]);
  await clock.until(bus.close({ drain: 0 }));
});

it("fails an attempt whose result is none, or too large, or that takes too long", async () => {
  const { bus, clock, connect, ask, work, enqueue, counts } = serve({ limits: { workTimeout: 1_000 } });
  const link = await connect();
  const { take } = await work(link);
  await enqueue("a");
  const [, first] = await take();
  const say = ({ id, token }: Record<string, unknown>, result: unknown) =>
    ask(link, "settle", { ...as, id, token, outcome: { type: "done", result } });
  expect(await say(first!, 5)).toEqual({ held: true });
  const [second] = await take();
  expect(second).toMatchObject({ attempt: 2 });
  expect(await say(second!, "x".repeat(30_000))).toEqual({ held: true });
  const [third] = await take();
  expect(third).toMatchObject({ attempt: 3 });
  await clock.advance(1_100);
  expect(await take()).toEqual([
    { type: "lost", id: third!.id, token: third!.token, code: "AttemptTimeout" },
  ]);
  expect(await say(third!, "late")).toEqual({ held: false });
  expect(await counts()).toMatchObject({ dead: 1 });
  expect(await bus.tasks("parcel.route").dead()).toMatchObject([{ attempts: 3 }]);
});

it("keeps no more workers, tasks, progress and effects of a peer than its limits say", async () => {
  const { connect, ask, work, enqueue, counts } = serve({
    limits: { workers: 2, workerTasks: 3, progressBytes: 100 },
  });
  const link = await connect();
  const { take } = await work(link, { concurrency: 1_000_000 });
  await work(link, { name: "parcel.weigh" }, { session: "s", worker: 2 });
  const third = await work(link, {}, { session: "s", worker: 3 });
  await third.take();
  expect(third.failures()).toMatchObject([{ code: "Overflow" }]);
  await enqueue("a", "b", "c", "d", "e");
  await settle();
  await take();
  expect(await counts()).toMatchObject({ claimed: 3, waiting: 2 });
  const claim = { ...as, id: "x", token: 1 };
  expect(await ask(link, "progress", { ...claim, data: "x".repeat(200) })).toMatchObject({
    code: "Overflow",
  });
  const events = Array.from({ length: 1_001 }, () => ({ name: "a", data: 1 }));
  const outcome = { type: "done", events };
  expect(await ask(link, "settle", { ...claim, outcome })).toMatchObject({ code: "Overflow" });
});

it("takes what becomes of tasks however many requests of its peer are in flight", async () => {
  const { connect, ask, work, enqueue, counts } = serve({ limits: { requests: 1 } });
  const link = await connect();
  const { take } = await work(link);
  await enqueue("a");
  const [, task] = [...(await take()), ...(await take())];
  expect(await ask(link, "state", { name: "parcel.route", id: "~x" })).toMatchObject({ code: "Overflow" });
  const { id, token } = task!;
  const outcome = { type: "done", result: "r" };
  expect(await ask(link, "settle", { ...as, id, token, outcome })).toMatchObject({ held: true });
  expect(await counts()).toMatchObject({ claimed: 0, waiting: 0 });
});

it("keeps nothing for a peer that takes nothing of tasks that are its no longer", async () => {
  const { connect, enqueue, counts, clock } = serve({ limits: { workTimeout: 10 } });
  const link = await connect();
  link.arrive(
    ["request", 500, "eventwire/work", 10_000, { ...as, name: "parcel.route", concurrency: 4 }],
    ["pull", 500, 1],
  );
  await enqueue(...Array.from({ length: 40 }, (_, index) => `${index}`));
  await vi.waitFor(
    async () => {
      await clock.advance(10);
      expect(await counts()).toMatchObject({ dead: 40 });
    },
    { interval: 1, timeout: 10_000 },
  );
  await enqueue("last");
  link.take();
  link.arrive(["pull", 500, 100]);
  await settle();
  expect(link.take().map((message) => message[2])).toMatchObject([{ type: "task", data: "last" }]);
});

it("counts what is enqueued against rates, and refuses what is no task, has no schema or no rule", async () => {
  const { connect, ask, bus } = serve({
    allow: { enqueue: { "parcel.route": true } },
    rates: { "parcel.route": { most: 2, per: 60_000 } },
  });
  const link = await connect();
  const enqueue = (name: string, more: object = {}) =>
    ask(link, "enqueue", { name, id: `~x.${Math.random().toString(36).slice(2)}`, data: "a", ...more });
  expect(await enqueue("parcel.route")).toMatchObject({ duplicate: false });
  expect(await enqueue("parcel.route", { data: 5 })).toMatchObject({ code: "Invalid" });
  expect(await enqueue("parcel.route")).toMatchObject({ duplicate: false });
  expect(await enqueue("parcel.route")).toMatchObject({ code: "Overflow" });
  expect(await enqueue("parcel.weigh")).toMatchObject({ code: "Denied" });
  expect(await enqueue("toString")).toMatchObject({ code: "Unsupported" });
  for (const more of [
    ...[{ id: "x" }, { id: "~a/b" }, { id: "~a:b" }, { dedupe: 5 }, { dedupe: "x".repeat(300) }],
    ...[
      { delay: "1" },
      { delay: -1 },
      { after: ["~a.1", "~a.1"] },
      { delay: 1, at: 1 },
      { at: 1e300 },
      { priority: null },
      { after: "x" },
      { after: [5] },
    ],
  ]) {
    expect(await enqueue("parcel.route", more), JSON.stringify(more)).toMatchObject({ code: "Invalid" });
  }
  expect(await enqueue("parcel.route", { after: ["another"] })).toMatchObject({ code: "Denied" });
  expect(await bus.tasks("parcel.route").counts()).toMatchObject({ waiting: 2 });
});

it("refuses what makes no sense of each of its requests, and is none the worse for it", async () => {
  const { connect, ask, errors, counts } = serve();
  const link = await connect();
  const nonsense = [
    null,
    5,
    "x",
    [],
    {},
    { name: 5 },
    { session: "../", worker: 1 },
    { session: "s", worker: 0.5 },
  ];
  for (const kind of [
    "enqueue",
    "state",
    "watch",
    "cancel",
    "work",
    "rest",
    "settle",
    "progress",
    "result",
  ]) {
    for (const input of nonsense) {
      expect(await ask(link, kind, input), `${kind} ${JSON.stringify(input)}`).toMatchObject({
        code: expect.stringMatching(/^(Invalid|Unsupported)$/),
      });
    }
  }
  for (const outcome of [
    undefined,
    {},
    { type: "extend" },
    { type: "failed" },
    { type: "done", events: [5] },
  ]) {
    const claim = { ...as, id: "x", token: 1, outcome };
    expect(await ask(link, "settle", claim), JSON.stringify(outcome)).toMatchObject({ code: "Invalid" });
  }
  expect(await ask(link, "other", {})).toMatchObject({ code: "Unsupported" });
  expect(await counts()).toMatchObject({ waiting: 0, claimed: 0 });
  expect(errors).toEqual([]);
});

it("takes in what a task has led to, whatever its dedupe has made its id", async () => {
  const { bus, connect, ask } = serve();
  const link = await connect();
  const told: string[][] = [];
  bus.work("parcel.weigh", (_, { cause }) => told.push(cause.map(({ id }) => id)));
  const long = `~me/parcel.route:${"x".repeat(256)}`;
  const causedBy = (id: string) => [{ id, name: "parcel.route", kind: "task" }] as const;
  const enqueue = (id: string, cause: string) =>
    ask(link, "enqueue", { name: "parcel.weigh", id, data: "x" }, causedBy(cause));
  expect(await enqueue("~a", long)).toMatchObject({ duplicate: false });
  expect(await enqueue("~b", "~me/parcel.route:two\nlines")).toMatchObject({ duplicate: false });
  await vi.waitFor(() => expect(told).toEqual([[long], []]), { interval: 1 });
});

it("has what a client had given back at once that ends, though its link is gone in the same turn, and leaves it to one whose link is lost", async () => {
  const { bus, connect, work, enqueue, counts, clock } = serve();
  const ending = await connect();
  const { ref, take } = await work(ending);
  await enqueue("a");
  expect(await take()).toHaveLength(2);
  const reason = { code: "Closed", message: "The bus was closed.", retryable: false };
  ending.arrive(["cancel", ref], ["goodbye", reason]);
  ending.close(reason);
  await clock.advance(100);
  expect(await counts()).toMatchObject({ waiting: 1, claimed: 0 });

  const losing = await connect();
  const other = await work(losing);
  expect(await other.take()).toHaveLength(2);
  losing.close({ code: "Lost", message: "The network is gone.", retryable: true });
  await clock.advance(100);
  expect(await counts()).toMatchObject({ waiting: 0, claimed: 1 });
  await bus.close();
});
