import { createBus, defineContract, type EventwireError, event, UnsupportedError } from "@eventwire/core";
import { memory } from "@eventwire/core/memory";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { expect, it, vi } from "vitest";
import { z } from "zod";
import { FakeLink, FakeSource } from "../fixtures/fake-link.js";
import { settle } from "../fixtures/settle.js";
import { fingerprint } from "./fingerprint.js";
import { createHub, type ServeOptions } from "./hub.js";

const Parcel = z.object({ id: z.string(), label: z.string() });
const depot = defineContract({
  "parcel.packed": event(Parcel, { delivery: "durable", key: ({ id }) => id }),
  "parcel.sent": event(Parcel, { delivery: "durable", key: ({ id }) => id }),
  "depot.locked": event(z.string(), { delivery: "durable", from: "client" }),
  "note.added": event(z.string()),
});
type Depot = typeof depot;

function serve(options: Partial<ServeOptions<Depot, { id: string }>> = {}) {
  const clock = new VirtualClock();
  const errors: EventwireError[] = [];
  const broker = memory({ runtime: clock });
  const bus = createBus(depot, {
    broker,
    runtime: clock,
    onError: (error) => errors.push(error),
  });
  const source = new FakeSource();
  const hub = createHub(bus, source, {
    authenticate: () => ({ id: "me" }),
    allow: { group: { "*": true } },
    ...options,
  });
  const connect = async (maxMessageBytes?: number): Promise<FakeLink> => {
    const link = source.give(new FakeLink());
    link.arrive(["hello", { protocol: 1, link: "nonce", contract: fingerprint(depot), maxMessageBytes }]);
    await settle();
    link.take();
    return link;
  };
  const pack = async (...ids: readonly string[]) => {
    for (const id of ids) await bus.emit("parcel.packed", { id, label: id });
    await clock.advance(50);
  };
  return { bus, broker, hub, clock, errors, connect, pack };
}

interface Joining {
  readonly ref?: number;
  readonly group?: string;
  readonly pattern?: string;
  readonly names?: readonly string[];
  readonly since?: unknown;
  readonly concurrency?: unknown;
  readonly attempts?: unknown;
  readonly backoff?: unknown;
}

function join({
  ref = 1,
  group = "post",
  pattern = "parcel.packed",
  names = [pattern],
  since = "now",
  concurrency = 10,
  attempts = 3,
  backoff = { initial: 0 },
}: Joining = {}) {
  return ["join", ref, group, pattern, names, since, concurrency, { attempts, backoff }];
}

const given = (link: FakeLink) => link.take().flatMap((message) => (message[0] === "given" ? [message] : []));
const idsOf = (messages: readonly (readonly unknown[])[]) =>
  messages.map(([, , , , data]) => (data as { id: string }).id);

it("gives a member what it is to do, with all that it needs to know, once it has joined", async () => {
  const { connect, clock, pack } = serve();
  const link = await connect();
  link.arrive(join());
  await clock.advance(10);
  await pack("a");
  const parcel = { id: "a", label: "a" };
  expect(link.take()).toEqual([
    ["joined", 1],
    ["given", 1, 1, "parcel.packed", parcel, expect.any(String), clock.now() - 50, expect.any(String), 1],
  ]);
});

const refusals: Readonly<Record<string, readonly [joining: Joining, code: string]>> = {
  "an unknown name": [{ pattern: "parcel.lost" }, "Unsupported"],
  "a name that every object has": [{ pattern: "constructor" }, "Unsupported"],
  "a live event": [{ pattern: "note.added" }, "Unsupported"],
  "what clients alone send": [{ pattern: "depot.locked" }, "Denied"],
  "a pattern of which the client lacks a name": [
    { pattern: "parcel.*", names: ["parcel.packed"] },
    "Unsupported",
  ],
  "a pattern that stands for less here": [
    { pattern: "parcel.packed", names: ["parcel.packed", "parcel.sent"] },
    "Unsupported",
  ],
  "a pattern that stands for nothing": [{ pattern: "ship.*", names: ["parcel.packed"] }, "Unsupported"],
  "what is no name of a group": [{ group: "no name" }, "Invalid"],
  "no attempt at all": [{ attempts: 0 }, "Invalid"],
  "half an attempt": [{ attempts: 1.5 }, "Invalid"],
  "a wait of less than nothing": [{ backoff: { initial: -1 } }, "Invalid"],
  "a wait that is no number": [{ backoff: { max: "long" } }, "Invalid"],
  "a wait that only counts as a number does": [{ backoff: { initial: 5n } }, "Invalid"],
  "a growth that is no number": [{ backoff: { factor: 2n } }, "Invalid"],
  "a growth in words": [{ backoff: { factor: "2" } }, "Invalid"],
  "what is no position": [{ since: "yesterday" }, "Invalid"],
  "a time that there is not": [{ since: 9e15 }, "Invalid"],
};

for (const [what, [joining, code]] of Object.entries(refusals)) {
  it(`refuses a member of a group that does ${what}: ${code}`, async () => {
    const { bus, connect, clock, errors } = serve();
    const link = await connect();
    link.arrive(join(joining));
    await clock.advance(10);
    expect(link.take()).toMatchObject([["failed", 1, { code }]]);
    expect(errors).toEqual([]);
    // Nothing of it is left at the log.
    expect(await bus.group("post").lag("parcel.packed")).toBeUndefined();
    link.arrive(join());
    await clock.advance(10);
    expect(link.take()).toEqual([["joined", 1]]);
  });
}

it("refuses as a whole what is no join", async () => {
  const { connect } = serve();
  const link = await connect();
  const wrong = [
    join({ group: "g".repeat(101) }),
    join({ concurrency: 0 }),
    join({ concurrency: 1.5 }),
    join({ names: [] }),
    join({ backoff: null }),
    join({ attempts: "5" }),
    ["done", 1],
    ["undone", 1, 1, 5],
    ["undone", 1, 1, "r".repeat(1_001)],
  ];
  for (const message of wrong) {
    link.arrive(message);
    await settle();
    expect(link.take(), JSON.stringify(message)).toMatchObject([
      ["refused", null, null, { code: "Invalid" }],
    ]);
  }
});

it("gives no more at once than the concurrency, and the next of a key when the one before is done", async () => {
  const { connect, clock, pack } = serve();
  const link = await connect();
  link.arrive(join({ concurrency: 2 }));
  await clock.advance(10);
  await pack("a", "a", "b", "c");
  const [first, second] = given(link);
  expect(idsOf([first!, second!])).toEqual(["a", "b"]);
  link.arrive(["done", 1, second![2]]);
  await clock.advance(10);
  const [third, ...none] = given(link);
  expect([idsOf([third!]), none]).toEqual([["c"], []]);
  link.arrive(["done", 1, first![2]], ["done", 1, third![2]]);
  await clock.advance(10);
  expect(idsOf(given(link))).toEqual(["a"]);
});

it("takes nothing for an answer that answers nothing", async () => {
  const { connect, clock, errors, pack } = serve();
  const link = await connect();
  link.arrive(join({ concurrency: 1 }));
  await clock.advance(10);
  await pack("a", "b");
  expect(idsOf(given(link))).toEqual(["a"]);
  link.arrive(["done", 1, 7], ["done", 2, 1], ["undone", 9, 9, "no"], ["undone", 1, 0]);
  await clock.advance(10);
  expect(link.take()).toEqual([]);
  link.arrive(["done", 1, 1], ["done", 1, 1], ["undone", 1, 1, "late"]);
  await clock.advance(10);
  expect(idsOf(given(link))).toEqual(["b"]);
  expect(errors).toEqual([]);
});

it("takes no word for what was given over an earlier link", async () => {
  const { connect, clock, pack } = serve();
  const link = await connect();
  link.arrive(join());
  await clock.advance(10);
  await pack("a");
  const [[, , delivery] = []] = given(link);
  link.close({ code: "Lost", message: "Lost.", retryable: true });
  const next = await connect();
  next.arrive(join());
  await clock.advance(5_000);
  const [again] = given(next);
  expect([again![2], again!.at(-1)]).toEqual([delivery, 2]);
  link.arrive(["done", 1, delivery]);
  await clock.advance(5_000);
  const third = await connect();
  next.close({ code: "Lost", message: "Lost.", retryable: true });
  third.arrive(join());
  await clock.advance(5_000);
  expect(idsOf(given(third))).toEqual(["a"]);
});

it("gives a link that is full nothing until it has room, and then what others do not do meanwhile", async () => {
  const { connect, clock, pack } = serve();
  const link = await connect();
  link.arrive(join());
  await clock.advance(10);
  link.take();
  link.full = true;
  await pack("a", "b", "c");
  const before = given(link).length;
  expect(before).toBeLessThanOrEqual(1);
  link.drain();
  await clock.advance(10);
  link.drain();
  await clock.advance(10);
  expect(before + given(link).length).toBe(3);
});

it("gives the rest to others, and waits for what a member has that leaves", async () => {
  const { connect, clock, pack } = serve();
  const [one, other] = [await connect(), await connect()];
  one.arrive(join({ concurrency: 1 }));
  await clock.advance(10);
  await pack("a", "a", "b");
  const [[, , delivery] = []] = given(one);
  one.arrive(["unlisten", 1]);
  other.arrive(join());
  await clock.advance(10_000);
  expect(idsOf(given(other))).not.toContain("a");
  one.arrive(["done", 1, delivery]);
  await clock.advance(10_000);
  expect(given(one)).toEqual([]);
  expect(idsOf(given(other))).toContain("a");
});

it("gives back what a member that leaves says it has not begun, without counting an attempt", async () => {
  const { connect, clock, pack } = serve();
  const [one, other] = [await connect(), await connect()];
  one.arrive(join());
  await clock.advance(10);
  await pack("a");
  one.arrive(["unlisten", 1], ["undone", 1, 1]);
  other.arrive(join());
  await clock.advance(10_000);
  expect(given(other).map((message) => message.at(-1))).toEqual([1]);
});

it("does not begin what was left before it had begun", async () => {
  const { connect, clock, pack } = serve();
  const link = await connect();
  link.arrive(join(), ["unlisten", 1]);
  await clock.advance(10);
  await pack("a");
  expect(link.take()).toEqual([]);
});

it("lets a peer be a member of so many groups at once, of which it has left none too few", async () => {
  const { connect, clock, pack } = serve({ limits: { memberships: 2 } });
  const link = await connect();
  link.arrive(join({ ref: 1, group: "one" }), join({ ref: 2, group: "two" }));
  await clock.advance(10);
  await pack("a");
  link.take();
  link.arrive(join({ ref: 3, group: "three" }));
  await clock.advance(10);
  expect(link.take()).toMatchObject([["failed", 3, { code: "Overflow" }]]);
  link.arrive(["unlisten", 1], join({ ref: 3, group: "three" }));
  await clock.advance(10);
  expect(link.take()).toMatchObject([["failed", 3, { code: "Overflow" }]]);
  link.arrive(["done", 1, 1]);
  await clock.advance(10);
  link.arrive(join({ ref: 3, group: "three" }));
  await clock.advance(10);
  expect(link.take()).toEqual([["joined", 3]]);
});

/** A member that answers each event at once, by what this gives. @returns how many it was given. */
async function answering(
  served: ReturnType<typeof serve>,
  link: FakeLink,
  milliseconds: number,
  answer: (ref: unknown, delivery: unknown) => readonly unknown[],
): Promise<number> {
  let count = 0;
  for (let time = 0; time < milliseconds; time++) {
    const came = given(link);
    count += came.length;
    if (came.length > 0) link.arrive(...came.map(([, ref, delivery]) => answer(ref, delivery)));
    await served.clock.advance(1);
  }
  return count;
}

it("gives no more than 100 events a second again to who fails at each at once", async () => {
  const served = serve();
  const link = await served.connect();
  link.arrive(join({ attempts: Infinity, concurrency: 10 }));
  await served.clock.advance(10);
  link.take();
  await served.pack("a", "b", "c", "d", "e");
  const fail = (ref: unknown, delivery: unknown) => ["undone", ref, delivery, "No."];
  await answering(served, link, 3_000, fail);
  const later = await answering(served, link, 5_000, fail);
  expect(later).toBeGreaterThan(300);
  expect(later).toBeLessThan(600);
});

it("removes a member that begins nothing of what it is given, and gives the events to others", async () => {
  const served = serve();
  const link = await served.connect();
  link.arrive(join());
  await served.clock.advance(10);
  link.take();
  await served.pack("a", "b");
  const messages: (readonly unknown[])[] = [];
  for (let times = 0; times < 2_000 && messages.length === 0; times++) {
    const came = link.take();
    messages.push(...came.filter(([type]) => type !== "given"));
    const answers = came.flatMap(([type, ref, delivery]) =>
      type === "given" ? [["undone", ref, delivery]] : [],
    );
    if (answers.length > 0) link.arrive(...answers);
    await served.clock.advance(10);
  }
  expect(messages).toMatchObject([
    ["failed", 1, { code: "Overflow", message: expect.stringContaining("1000") }],
  ]);
  const other = await served.connect();
  other.arrive(join());
  await served.clock.advance(10_000);
  const came = given(other);
  expect(new Set(idsOf(came))).toEqual(new Set(["a", "b"]));
  // None of that was an attempt.
  expect(came.map((message) => message.at(-1))).toEqual([1, 1]);
  expect(given(link)).toEqual([]);
  expect(served.errors).toEqual([]);
});

it("removes none that gives back a lot and does some of it", async () => {
  const served = serve();
  const link = await served.connect();
  link.arrive(join({ concurrency: 1 }));
  await served.clock.advance(10);
  link.take();
  await served.pack(...Array.from({ length: 5 }, (_, index) => `parcel ${index}`));
  let answers = 0;
  const count = await answering(served, link, 30_000, (ref, delivery) =>
    ++answers % 400 === 0 ? ["done", ref, delivery] : ["undone", ref, delivery],
  );
  expect(count).toBeGreaterThan(1_200);
  link.arrive(["unlisten", 1]);
  await served.clock.advance(10);
  expect(link.take().map(([type]) => type)).not.toContain("failed");
});

it("keeps nothing back from others where the member leaves", async () => {
  const served = serve();
  const { connect, clock } = served;
  const link = await connect();
  link.arrive(join({ attempts: Infinity, concurrency: 200 }));
  await clock.advance(10);
  link.take();
  const ids = Array.from({ length: 200 }, (_, index) => `parcel ${index}`);
  await served.pack(...ids);
  const fail = (ref: unknown, delivery: unknown) => ["undone", ref, delivery, "No."];
  expect(await answering(served, link, 10, fail)).toBeGreaterThan(1_000);
  link.arrive(["unlisten", 1]);
  await answering(served, link, 10, fail);
  const other = await connect();
  other.arrive(join({ concurrency: 200 }));
  await clock.advance(100);
  expect(new Set(idsOf(given(other)))).toEqual(new Set(ids));
});

it("counts as a failed attempt what is more than the peer takes", async () => {
  const { bus, connect, clock, errors } = serve();
  const link = await connect(100_000);
  link.arrive(join({ attempts: 2 }));
  await clock.advance(10);
  link.take();
  await bus.emit("parcel.packed", { id: "a", label: "x".repeat(200_000) });
  await bus.emit("parcel.packed", { id: "a", label: "small" });
  await clock.advance(1_000);
  expect(idsOf(given(link))).toEqual(["a"]);
  expect(errors).toMatchObject([{ code: "Dead", attempts: 2 }]);
});

it("gives in parts what is large", async () => {
  const { bus, connect, clock, errors } = serve();
  const link = await connect(8_000_000);
  link.arrive(join());
  await clock.advance(10);
  link.take();
  await bus.emit("parcel.packed", { id: "a", label: "x".repeat(200_000) });
  await clock.advance(1_000);
  const [parts, ...rest] = link.take();
  expect(parts).toEqual(["parts", expect.any(Number), "given", 1, 1]);
  expect(rest.map(([type]) => type)).toEqual(rest.map(() => "part"));
  link.arrive(["done", 1, 1]);
  await bus.emit("parcel.packed", { id: "a", label: "small" });
  await clock.advance(100);
  expect(idsOf(given(link))).toEqual(["a"]);
  expect(errors).toEqual([]);
});

it("keeps what a rule has said of one group apart from what it says of another", async () => {
  const decide = ({ group }: { readonly group: string }) => group === "post";
  const { connect, clock } = serve({ allow: { group: { "*": { decide, cachedFor: 60_000 } } } });
  const link = await connect();
  link.arrive(join({ ref: 1 }), join({ ref: 2, group: "thieves" }), join({ ref: 3 }));
  await clock.advance(5_000);
  const said = link.take().map(([type, ref]) => `${type} ${ref}`);
  expect([...said].sort()).toEqual(["failed 2", "joined 1", "joined 3"]);
});

it("ends a membership with the credentials, and gives back what was under way", async () => {
  const { hub, clock, connect, pack } = serve({
    authenticate: ({ auth }) => ({ id: "me", expires: (auth as number | undefined) ?? Infinity }),
  });
  const source = await connect();
  expect(hub.peers()).toHaveLength(1);
  source.arrive(["auth", 5, clock.now() + 2_000], join());
  await clock.advance(100);
  await pack("a");
  expect(idsOf(given(source))).toEqual(["a"]);
  await clock.advance(4_000);
  expect(source.take()).toContainEqual(["failed", 1, expect.objectContaining({ code: "Denied" })]);
  source.arrive(["done", 1, 1]);
  const other = await connect();
  other.arrive(join());
  await clock.advance(10_000);
  expect(given(other).map((message) => message.at(-1))).toEqual([2]);
});

it("gives a peer that is to go nothing more, and sends it away when it has answered what it has", async () => {
  const { bus, hub, clock, connect, errors, pack } = serve();
  const link = await connect();
  link.arrive(join());
  await clock.advance(10);
  await pack("a");
  expect(idsOf(given(link))).toEqual(["a"]);
  void hub.drain({ over: 0 });
  await pack("b");
  expect([given(link), link.closed]).toEqual([[], undefined]);
  link.arrive(["done", 1, 1]);
  await clock.advance(100);
  expect(link.closed).toMatchObject({ code: "Draining" });
  const done: string[] = [];
  bus.on("parcel.packed", ({ id }, { attempt }) => done.push(`${id} ${attempt}`), { group: "post" });
  await clock.advance(5_000);
  expect([done, errors]).toEqual([["b 1"], []]);
});

it("tells a peer that cannot be a member, or no longer, and nobody where that has left before", async () => {
  const { broker, clock, connect, errors } = serve();
  const [first, link, gone] = [await connect(), await connect(), await connect()];
  first.arrive(join());
  await clock.advance(10);
  expect(first.take()).toEqual([["joined", 1]]);
  // A refusal of the broker, which is no failure that is tried again.
  const refusal = new UnsupportedError("No cursors here.");
  vi.spyOn(broker.log, "peek").mockRejectedValue(refusal);
  link.arrive(join({ group: "other" }));
  gone.arrive(join({ group: "another" }));
  gone.close({ code: "Lost", message: "Lost.", retryable: true });
  await clock.advance(10_000);
  expect(link.take()).toMatchObject([["failed", 1, { code: "Unsupported" }]]);
  expect(first.take()).toMatchObject([["failed", 1, { code: "Internal" }]]);
  expect(errors).toEqual([refusal]);
  expect(clock.uncaughtErrors).toEqual([]);
});

it("leaves nothing behind when peers have left", async () => {
  const { clock, connect, pack } = serve();
  const links = await Promise.all([1, 2, 3].map(() => connect()));
  for (const link of links) link.arrive(join({ ref: 1 }), join({ ref: 2, group: "other" }));
  await clock.advance(10_000);
  await pack("a", "b", "c");
  for (const link of links) link.close({ code: "Lost", message: "Lost.", retryable: true });
  await clock.advance(20_000);
  expect(clock.timers).toBe(0);
});

it("gives back what was on its way when its link is given up for being too slow", async () => {
  const { bus, clock, connect, errors } = serve({ limits: { bufferedBytes: 300_000 } });
  const [slow, other] = [await connect(8_000_000), await connect(8_000_000)];
  slow.arrive(join());
  await clock.advance(10);
  slow.bufferedBytes = 200_000;
  await bus.emit("parcel.packed", { id: "a", label: "x".repeat(200_000) });
  await clock.advance(100);
  expect(slow.closed).toMatchObject({ code: "Slow" });
  other.arrive(join());
  await clock.advance(10_000);
  expect(other.take()).toContainEqual(["parts", expect.any(Number), "given", 1, 1]);
  expect(errors).toEqual([]);
});

it("gives back what a member has that has left when its credentials end, and takes no word of it", async () => {
  const { clock, connect, pack } = serve({
    authenticate: ({ auth }) => ({ id: "me", expires: (auth as number | undefined) ?? Infinity }),
  });
  const [link, other] = [await connect(), await connect()];
  link.arrive(["auth", 5, clock.now() + 2_000], join());
  await clock.advance(100);
  await pack("a");
  link.arrive(["unlisten", 1]);
  other.arrive(join());
  await clock.advance(2_000);
  link.arrive(["done", 1, 1]);
  await clock.advance(5_000);
  expect(given(other).map((message) => message.at(-1))).toEqual([2]);
});

it("gives back what a member has that has left when its right is taken away", async () => {
  const rights = { given: true };
  const { hub, clock, connect, pack } = serve({ allow: { group: { "*": () => rights.given } } });
  const [link, other] = [await connect(), await connect()];
  link.arrive(join());
  await clock.advance(100);
  await pack("a");
  link.arrive(["unlisten", 1]);
  await hub.reauthorize();
  other.arrive(join());
  await clock.advance(100);
  rights.given = false;
  const [first] = hub.peers();
  expect(await clock.until(hub.reauthorize(first))).toBe(1);
  link.arrive(["done", 1, 1]);
  await clock.advance(10_000);
  expect(given(other).map((message) => message.at(-1))).toEqual([2]);
});

it("has a peer that is to go join nothing more, and leaves it to ask where it goes next", async () => {
  const { bus, hub, clock, connect, pack } = serve();
  const link = await connect();
  link.arrive(join());
  await clock.advance(10);
  await pack("a");
  link.take();
  void hub.drain({ over: 0 });
  await clock.advance(10);
  link.arrive(join({ ref: 2, group: "other" }));
  await clock.advance(100);
  await pack("b");
  expect(link.take()).toEqual([]);
  link.arrive(["done", 1, 1]);
  await clock.advance(100);
  expect(link.closed).toMatchObject({ code: "Draining" });
  expect(await bus.group("other").lag("parcel.packed")).toBeUndefined();
});

it("tells who would join while its bus closes no more than goodbye, for it asks again where it goes next", async () => {
  const { bus, clock, connect, errors, pack } = serve();
  const [member, late] = [await connect(), await connect()];
  member.arrive(join());
  await clock.advance(10);
  await pack("a");
  expect(idsOf(given(member))).toEqual(["a"]);
  const closing = bus.close();
  await settle();
  late.arrive(join());
  await clock.advance(10);
  expect(late.take()).toEqual([]);
  member.arrive(["done", 1, 1]);
  await clock.until(closing);
  expect(late.take()).toEqual([["goodbye", expect.objectContaining({ code: "Closed", retryable: true })]]);
  expect(errors).toEqual([]);
});
