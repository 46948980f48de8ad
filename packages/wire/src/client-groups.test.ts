import type { Gap } from "@eventwire/core";
import { describe, expect, it, vi } from "vitest";
import { startBuildingClient } from "../fixtures/connected-building.js";
import type { FakeLink } from "../fixtures/fake-link.js";
import { settle } from "../fixtures/settle.js";
import { maxReason } from "./messages.js";

const lost = { code: "Lost", message: "Lost.", retryable: true };
const unavailable = { code: "Unavailable", message: "Not now.", retryable: true };
const denied = { code: "Denied", message: "No.", retryable: false };
const given = (ref: unknown, delivery: number, data: unknown, number = delivery, attempt = 1) => [
  ...["given", ref, delivery, "order.placed", data, `i${number}`, 5, `log.${number}`, attempt],
];

/** What it says, once it says something. */
async function said(link: FakeLink) {
  let messages: readonly (readonly unknown[])[] = [];
  await vi.waitFor(() => {
    messages = [...messages, ...link.take()];
    expect(messages).not.toHaveLength(0);
  });
  return messages;
}

/** A client that is a member of a group, and its link. */
async function member(listener: (order: string) => unknown = () => undefined, options: object = {}) {
  const client = startBuildingClient();
  const link = await client.welcome();
  const gaps: Gap[] = [];
  const onGap = (gap: Gap) => gaps.push(gap);
  const stop = client.bus.on("order.placed", listener, { group: "pack", onGap, ...options });
  const [join] = await said(link);
  const ref = join![1] as number;
  link.arrive(["joined", ref]);
  await stop.ready;
  return { ...client, link, gaps, stop, join: join!, ref };
}

/** A promise that is settled from outside. */
function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

it("says all that the server needs to know to have it as a member", async () => {
  const { join } = await member(undefined, { concurrency: 3, attempts: 7, backoff: { initial: 5 } });
  expect(join).toEqual([
    ...["join", expect.any(Number), "pack", "order.placed", ["order.placed"], "now", 3],
    { attempts: 7, backoff: { initial: 5, max: 3_600_000 } },
  ]);
  const { join: plain } = await member(undefined, { since: async () => new Date(7) });
  expect(plain.slice(5)).toEqual([7, Infinity, { attempts: 5, backoff: { initial: 1_000, max: 3_600_000 } }]);
});

it("says done of what its listener has done, and undone, with the reason, of what that failed with", async () => {
  const { link, ref, errors } = await member(async (order) => {
    if (order === "bad") throw new Error("r".repeat(2_000));
  });
  link.arrive(given(ref, 1, "fine"), given(ref, 2, "bad"));
  await settle();
  expect(link.take()).toEqual([
    ["done", ref, 1],
    ["undone", ref, 2, "r".repeat(maxReason)],
  ]);
  expect(errors.splice(0)).toMatchObject([{ code: "ListenerFailed", id: "i2" }]);
});

it("tells its listener what the server says of an event", async () => {
  const seen: unknown[] = [];
  const client = startBuildingClient();
  const link = await client.welcome();
  client.bus.on(
    "order.placed",
    (order, { id, offset, attempt, time }) => seen.push([order, id, offset, attempt, time]),
    { group: "pack" },
  );
  const [[, ref] = []] = await said(link);
  link.arrive(["joined", ref], given(ref, 1, "a", 7, 3));
  await settle();
  expect(seen).toEqual([["a", "i7", "log.7", 3, 5]]);
});

it("fails what its schema, or its contract, does not take", async () => {
  const listener = vi.fn();
  const { link, ref, errors } = await member(listener);
  link.arrive(given(ref, 1, 5), ["given", ref, 2, "note.added", "x", "i", 5, "log.2", 1]);
  link.arrive(["given", ref, 3, "order.placed", "x", "i", 5, "nowhere", 1]);
  await settle();
  expect(link.take().map(([type, , delivery, reason]) => [type, delivery, typeof reason])).toEqual([
    ["undone", 1, "string"],
    ["undone", 2, "string"],
    ["undone", 3, "string"],
  ]);
  expect(listener).not.toHaveBeenCalled();
  expect(errors.map(({ code }) => code)).toEqual(["Invalid"]);
});

it("joins by a new number over the next link, and says nothing there of what was given before", async () => {
  const { open, opened } = gate();
  const { link, ref, welcome } = await member(() => opened);
  link.arrive(given(ref, 1, "a"));
  await settle();
  link.close(lost);
  const next = await welcome();
  const [again] = await said(next);
  expect(again![0]).toBe("join");
  expect(again![1]).not.toBe(ref);
  next.arrive(["joined", again![1]]);
  open();
  await settle();
  expect(next.take()).toEqual([]);
});

it("does not do again what it has done since its link was lost", async () => {
  const { open, opened } = gate();
  const seen: string[] = [];
  const { link, ref, welcome } = await member(async (order) => {
    seen.push(order);
    await opened;
  });
  link.arrive(given(ref, 1, "a"), given(ref, 2, "b"));
  await settle();
  link.close(lost);
  open();
  await settle();
  const next = await welcome();
  const [[, other] = []] = await said(next);
  next.arrive(["joined", other], given(other, 1, "a", 1, 2), given(other, 2, "b", 2, 2));
  await settle();
  expect(next.take()).toEqual([
    ["done", other, 1],
    ["done", other, 2],
  ]);
  expect(seen).toEqual(["a", "b"]);
  // Once: whoever gives it a second time wants it done.
  next.arrive(given(other, 3, "a", 1, 3));
  await settle();
  expect(seen).toEqual(["a", "b", "a"]);
});

it("leaves by unlisten, says what it did of what is under way, and gives back what still comes", async () => {
  const { open, opened } = gate();
  const { link, ref, stop } = await member(() => opened);
  link.arrive(given(ref, 1, "a"));
  await settle();
  stop();
  await settle();
  expect(link.take()).toEqual([["unlisten", ref]]);
  link.arrive(given(ref, 2, "b"));
  open();
  await settle();
  expect(link.take()).toEqual([
    ["undone", ref, 2],
    ["done", ref, 1],
  ]);
});

it("has said what it did before the goodbye when its bus closes", async () => {
  const { open, opened } = gate();
  const { bus, link, ref } = await member(() => opened);
  link.arrive(given(ref, 1, "a"));
  await settle();
  const closed = bus.close();
  await settle();
  open();
  await closed;
  expect(link.take().map(([type]) => type)).toEqual(["unlisten", "done", "goodbye"]);
});

it("refuses who waits where it may not be a member, and tells of a gap where it may no longer be", async () => {
  const client = startBuildingClient();
  const link = await client.welcome();
  const refused = client.bus.on("order.placed", () => undefined, { group: "pack" });
  const [[, ref] = []] = await said(link);
  link.arrive(["failed", ref, denied]);
  await expect(refused.ready).rejects.toMatchObject({ code: "Denied" });
  expect(client.errors).toEqual([]);

  const { link: its, ref: number, gaps, errors } = await member();
  its.arrive(["failed", number, denied], given(number, 1, "late"));
  await settle();
  expect(gaps).toMatchObject([
    { name: "order.placed", reason: "denied", error: { code: "Denied", message: "No." } },
  ]);
  expect(its.take()).toEqual([["undone", number, 1]]);
  its.arrive(["authorized", 1]);
  const [again] = await said(its);
  expect(again![0]).toBe("join");
  expect(errors).toEqual([]);
});

it.each([
  ["Overflow", "A peer may be a member of 16 groups at once."],
  ["Unsupported", "It is not the same here and at the client."],
  ["Denied", "No."],
])(
  "tells by which error it could not join again, also where nobody looks for gaps: %s",
  async (code, message) => {
    const client = startBuildingClient();
    const link = await client.welcome();
    client.bus.on("order.placed", () => undefined, { group: "pack" });
    const [[, ref] = []] = await said(link);
    link.arrive(["joined", ref]);
    link.close(lost);
    const next = await client.welcome();
    const [[, other] = []] = await said(next);
    next.arrive(["failed", other, { code, message }]);
    await settle();
    const gap = client.errors.find((error) => error.code === "Gap");
    expect(gap).toMatchObject({
      message: expect.stringContaining(message),
      gap: { reason: "denied", error: { code, message, about: "order.placed" } },
      cause: { code },
    });
  },
);

it("tells of what the log lacks, without a place", async () => {
  const { link, ref, gaps } = await member();
  link.arrive(["missing", ref, "trimmed"]);
  await settle();
  expect(gaps).toEqual([
    {
      name: "order.placed",
      key: undefined,
      reason: "trimmed",
      missed: undefined,
      from: undefined,
      to: undefined,
    },
  ]);
});

it("leaves what the server's contract has otherwise", async () => {
  const { link, ref, gaps, errors } = await member();
  link.arrive(["contract", [["order.placed", "event", "server", "live", false]]]);
  await settle();
  expect(link.take()).toEqual([["unlisten", ref]]);
  expect(gaps).toMatchObject([{ reason: "denied" }]);
  expect(errors).toMatchObject([{ code: "Unsupported" }]);
});

it("fails what comes in parts and is larger than it takes", async () => {
  const client = startBuildingClient({ limits: { messageBytes: 65_536 } });
  const link = await client.welcome({ maxMessageBytes: 8_000_000 });
  client.bus.on("order.placed", () => undefined, { group: "pack" });
  const [[, ref] = []] = await said(link);
  link.arrive(["joined", ref], ["parts", 100_000, "given", ref, 4], ["abort"]);
  await settle();
  expect(link.take()).toEqual([["undone", ref, 4, expect.stringContaining("100000")]]);
  expect(client.errors).toMatchObject([{ code: "Overflow" }]);
});

it("asks nothing of the next link where it has stopped before it had begun", async () => {
  const client = startBuildingClient();
  const stop = client.bus.on("order.placed", () => undefined, { group: "pack" });
  await settle();
  stop();
  const link = await client.welcome();
  await settle();
  expect(link.take()).toEqual([]);
});

it("does not begin over a new link what it had not begun when the link was lost that gave it", async () => {
  const { open, opened } = gate();
  const seen: string[] = [];
  const { link, ref, welcome } = await member(
    async (order) => {
      seen.push(order);
      if (order === "a") await opened;
    },
    { concurrency: 1 },
  );
  link.arrive(given(ref, 1, "a"));
  await settle();
  link.close(lost);
  const second = await welcome();
  const [[, other] = []] = await said(second);
  // It waits for the one before. Others have both when this link is lost, and may be far behind them.
  second.arrive(["joined", other], given(other, 1, "b", 2));
  await settle();
  second.close(lost);
  const third = await welcome();
  const [[, last] = []] = await said(third);
  third.arrive(["joined", last]);
  open();
  await settle();
  expect(seen).toEqual(["a"]);
  third.arrive(given(last, 1, "b", 2, 3));
  await settle();
  expect(seen).toEqual(["a", "b"]);
  expect(third.take()).toEqual([["done", last, 1]]);
});

it("does not begin what it had not begun when it was refused, and knows what it has done since", async () => {
  const { open, opened } = gate();
  const seen: string[] = [];
  const { link, ref } = await member(
    async (order) => {
      seen.push(order);
      await opened;
    },
    { concurrency: 1 },
  );
  link.arrive(given(ref, 1, "a"), given(ref, 2, "b"));
  await settle();
  link.arrive(["failed", ref, denied]);
  open();
  await settle();
  link.take();
  expect(seen).toEqual(["a"]);
  link.arrive(["authorized", 1]);
  const [[, again] = []] = await said(link);
  link.arrive(["joined", again], given(again, 1, "a", 1, 2), given(again, 2, "b", 2, 2));
  await settle();
  expect(link.take()).toEqual([
    ["done", again, 1],
    ["done", again, 2],
  ]);
  expect(seen).toEqual(["a", "b"]);
});

it("does not do again what it said it had done over a link that was lost before the server heard it", async () => {
  const seen: string[] = [];
  const { link, ref, welcome } = await member((order) => seen.push(order));
  link.arrive(given(ref, 1, "a"));
  await settle();
  expect(link.take()).toEqual([["done", ref, 1]]);
  link.close(lost);
  const next = await welcome();
  const [[, other] = []] = await said(next);
  next.arrive(["joined", other], given(other, 1, "a", 1, 2));
  await settle();
  expect(next.take()).toEqual([["done", other, 1]]);
  expect(seen).toEqual(["a"]);
});

it("takes another event at an offset for another one: a log that has lost its end gives its numbers again", async () => {
  const { open, opened } = gate();
  const seen: string[] = [];
  const { link, ref, welcome } = await member(async (order) => {
    seen.push(order);
    if (order === "b") await opened;
  });
  link.arrive(given(ref, 1, "a"), given(ref, 2, "b"));
  await settle();
  link.take();
  link.close(lost);
  const next = await welcome();
  const [[, other] = []] = await said(next);
  const another = (delivery: number, data: string) =>
    given(other, delivery, data).with(5, `other ${delivery}`);
  next.arrive(["joined", other], another(1, "c"), another(2, "d"));
  open();
  await settle();
  expect(seen).toEqual(["a", "b", "c", "d"]);
  expect(next.take()).toEqual([
    ["done", other, 1],
    ["done", other, 2],
  ]);
});

it("does again what it has said long before its link was lost, for the server has heard of that, and gives it again", async () => {
  const seen: string[] = [];
  const { link, ref, runtime, welcome } = await member((order) => seen.push(order));
  link.arrive(given(ref, 1, "a"));
  await runtime.advance(60_001);
  link.close(lost);
  const next = await welcome();
  const [[, other] = []] = await said(next);
  next.arrive(["joined", other], given(other, 1, "a", 1, 2));
  await settle();
  expect(seen).toEqual(["a", "a"]);
});

it("remembers no more than the last 256 events that it has done", async () => {
  const seen: string[] = [];
  const { link, ref, welcome } = await member((order) => seen.push(order));
  link.arrive(...Array.from({ length: 257 }, (_, index) => given(ref, index + 1, `order ${index + 1}`)));
  await settle();
  link.close(lost);
  const next = await welcome();
  const [[, other] = []] = await said(next);
  next.arrive(["joined", other], given(other, 1, "order 2", 2, 2), given(other, 2, "order 1", 1, 2));
  await settle();
  expect(seen.slice(257)).toEqual(["order 1"]);
});

it("asks again over the next link where a server closes, and tells of no gap", async () => {
  const closes = { code: "Disconnected", message: "The server closes.", retryable: true };
  const client = startBuildingClient();
  const first = await client.welcome();
  const gaps: Gap[] = [];
  const options = { group: "pack", onGap: (gap: Gap) => gaps.push(gap) };
  const { ready } = client.bus.on("order.placed", () => undefined, options);
  const [[, early] = []] = await said(first);
  first.arrive(["failed", early, closes]);
  first.close(lost);

  const second = await client.welcome();
  const [[, late] = []] = await said(second);
  second.arrive(["joined", late]);
  await ready;
  second.arrive(["failed", late, closes]);
  second.close(lost);

  const [[type] = []] = await said(await client.welcome());
  expect(type).toBe("join");
  expect(gaps).toEqual([]);
  expect(client.errors).toEqual([]);
});

describe("what cannot be decided now", () => {
  it("is asked for again by another number, whether it was joined or not, and is no gap", async () => {
    const { link, ref, gaps, errors, runtime } = await member();
    link.arrive(["failed", ref, unavailable]);
    await runtime.advance(1_000);
    const [second] = await said(link);
    expect(second!.slice(2, 4)).toEqual(["pack", "order.placed"]);
    expect(second![1]).not.toBe(ref);
    link.arrive(["failed", second![1], unavailable]);
    await runtime.advance(999);
    expect(link.take()).toEqual([]);
    await runtime.advance(1_001);
    const [third] = await said(link);
    link.arrive(["joined", third![1]], given(third![1], 1, "a"));
    await settle();
    expect(link.take()).toEqual([["done", third![1], 1]]);
    expect(gaps).toEqual([]);
    expect(errors.map(({ code }) => code)).toEqual(["Unavailable"]);
  });

  it("keeps who wants to be a member waiting, and is asked for no more once that has stopped or is closed", async () => {
    const client = startBuildingClient();
    const link = await client.welcome();
    const joins = async () => {
      const stop = client.bus.on("order.placed", () => undefined, { group: "pack" });
      const [join] = await said(link);
      link.arrive(["failed", join![1], unavailable]);
      await settle();
      return stop;
    };
    const stop = await joins();
    stop();
    await client.runtime.advance(60_000);
    expect(link.take()).toEqual([]);
    await stop.ready;
    const other = await joins();
    other.ready.catch(() => undefined);
    await client.bus.close({ drain: 0 });
    link.take();
    await client.runtime.advance(60_000);
    expect(link.take()).toEqual([]);
    expect(client.runtime.timers).toBe(0);
  });

  it("is asked for once over a new link", async () => {
    const { link, ref, welcome, runtime } = await member();
    link.arrive(["failed", ref, unavailable]);
    await settle();
    link.close(lost);
    const next = await welcome();
    expect(await said(next)).toHaveLength(1);
    await runtime.advance(60_000);
    expect(next.take()).toEqual([]);
  });
});
