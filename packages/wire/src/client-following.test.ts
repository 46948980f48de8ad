import type { Gap } from "@eventwire/core";
import { describe, expect, it, vi } from "vitest";
import { startBuildingClient } from "../fixtures/connected-building.js";
import type { FakeLink } from "../fixtures/fake-link.js";
import { settle } from "../fixtures/settle.js";

const stored = (ref: number, number: number, data: unknown) => [
  "stored",
  ref,
  number,
  "order.placed",
  data,
  `i${number}`,
  5,
];
const unavailable = { code: "Unavailable", message: "Not now.", retryable: true };
const denied = { code: "Denied", message: "No.", retryable: false };
const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

/** What it said of what it follows, once there is some. */
async function said(link: FakeLink) {
  let messages: readonly (readonly unknown[])[] = [];
  await vi.waitFor(() => {
    messages = [...messages, ...link.take()];
    expect(messages).not.toHaveLength(0);
  });
  return messages;
}

/** How many more the client has said it takes. */
const tookOf = (messages: readonly (readonly unknown[])[]) =>
  messages.filter(([type]) => type === "took").reduce((sum, [, , count]) => sum + (count as number), 0);

function listens(client: ReturnType<typeof startBuildingClient>, listener: (order: string) => unknown) {
  const gaps: Gap[] = [];
  const subscription = client.bus.on("order.placed", listener, { onGap: (gap) => gaps.push(gap) });
  subscription.ready.catch(() => undefined);
  return { gaps, subscription };
}

it("says what it took while a new link's server had not begun yet once that has", async () => {
  const client = startBuildingClient();
  const first = await client.welcome();
  let open!: () => void;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  listens(client, () => gate);
  const [[, ref, , , credit] = []] = await said(first);
  first.arrive(["following", ref, "log.0"], ...range(1, credit as number).map((n) => stored(0, n, "a")));
  await settle();
  first.close({ code: "Lost", message: "Lost.", retryable: true });
  const link = await client.welcome();
  const [follow] = await said(link);
  expect(follow).toEqual(["follow", ref, ["order.placed"], `log.${credit}`, 0]);
  open();
  await settle();
  expect(link.take()).toEqual([]);
  link.arrive(["following", ref, `log.${credit}`]);
  await settle();
  expect(tookOf(link.take())).toBe(credit);
});

it("takes no answer to what was followed before by the same number for its own", async () => {
  const client = startBuildingClient();
  const link = await client.welcome();
  const { subscription } = listens(client, () => undefined);
  const [[, ref] = []] = await said(link);
  link.arrive(["following", ref, "log.0"]);
  await subscription.ready;
  subscription();
  const seen: string[] = [];
  const { subscription: next } = listens(client, (order) => seen.push(order));
  const again = await said(link);
  const other = again.find(([type]) => type === "follow")![1] as number;
  // Sent before the server knew that the first is followed no longer.
  link.arrive(["following", ref, "log.0"], stored(ref as number, 1, "old"), ["failed", ref, denied]);
  link.arrive(["following", other, "log.1"], stored(other, 2, "new"));
  await next.ready;
  await settle();
  expect(seen).toEqual(["new"]);
});

it("goes on behind any number of events that fail its schema", async () => {
  const client = startBuildingClient();
  const link = await client.welcome();
  const seen: string[] = [];
  const { gaps, subscription } = listens(client, (order) => seen.push(order));
  const [[, ref, , , credit] = []] = await said(link);
  const count = credit as number;
  link.arrive(["following", ref, "log.0"]);
  await subscription.ready;
  link.arrive(...range(1, count).map((number) => stored(0, number, number)));
  await settle();
  expect(gaps).toHaveLength(count);
  expect(tookOf(link.take())).toBe(count);
  link.arrive(stored(0, count + 1, "fine"));
  await settle();
  expect(seen).toEqual(["fine"]);
});

it("refuses who waits, where it was told only what it may not have", async () => {
  const client = startBuildingClient();
  const link = await client.welcome();
  const { subscription } = listens(client, () => undefined);
  const [[, ref] = []] = await said(link);
  link.arrive(["missing", ref, "denied", "log.7"], ["failed", ref, denied]);
  await expect(subscription.ready).rejects.toMatchObject({ code: "Denied" });
});

it("tells by which error it may no longer follow", async () => {
  const client = startBuildingClient();
  const link = await client.welcome();
  const { gaps, subscription } = listens(client, () => undefined);
  const [[, ref] = []] = await said(link);
  link.arrive(["following", ref, "log.0"]);
  await subscription.ready;
  link.arrive(["failed", ref, { code: "Overflow", message: "Too many." }]);
  await settle();
  expect(gaps).toMatchObject([{ reason: "denied", error: { code: "Overflow", message: "Too many." } }]);
});

it("takes nothing behind a failed until it has begun again", async () => {
  const client = startBuildingClient();
  const link = await client.welcome();
  const seen: string[] = [];
  const { subscription } = listens(client, (order) => seen.push(order));
  const [[, ref] = []] = await said(link);
  link.arrive(["following", ref, "log.0"]);
  await subscription.ready;
  // What went in parts before the refusal comes behind it, and would hide what was between.
  link.arrive(["failed", ref, denied], stored(0, 2, "late"), ["reached", ref, 9], ["authorized", 1]);
  const [follow] = await said(link);
  expect(follow).toEqual(["follow", ref, ["order.placed"], "log.0", expect.any(Number)]);
  link.arrive(["following", ref, "log.0"], stored(0, 1, "one"), stored(0, 2, "two"));
  await settle();
  expect(seen).toEqual(["one", "two"]);
});

it("follows nothing for who stopped listening before there was a link", async () => {
  const client = startBuildingClient();
  const first = await client.welcome();
  const { subscription } = listens(client, () => undefined);
  const [[, ref] = []] = await said(first);
  first.arrive(["following", ref, "log.0"]);
  await subscription.ready;
  first.close({ code: "Lost", message: "Lost.", retryable: true });
  const others = range(1, 3).map(() => listens(client, () => undefined).subscription);
  await settle();
  for (const stop of others) stop();
  const link = await client.welcome();
  await settle();
  expect(link.take().map(([type]) => type)).toEqual(["follow"]);
  await Promise.all(others.map(({ ready }) => ready));
});

it("tells once that what was trimmed is missing, whichever servers say so", async () => {
  const client = startBuildingClient();
  const { gaps } = listens(client, () => undefined);
  for (const to of ["log.9", "log.9", "log.12"]) {
    const link = await client.welcome();
    await said(link);
    link.arrive(["following", 0, "log.0"], ["missing", 0, "trimmed", to]);
    await settle();
    link.close({ code: "Lost", message: "Lost.", retryable: true });
  }
  expect(gaps).toMatchObject([{ reason: "trimmed" }, { reason: "trimmed" }]);
  await client.bus.close();
});

it("asks for it over the next link where a server closes, whether it had begun or not, and tells of no gap", async () => {
  const closes = { code: "Disconnected", message: "The server closes.", retryable: true };
  const client = startBuildingClient();
  const first = await client.welcome();
  const seen: string[] = [];
  const { gaps, subscription } = listens(client, (order) => seen.push(order));
  const [[, ref] = []] = await said(first);
  first.arrive(["failed", ref, closes]);
  first.close({ code: "Closed", message: "The server closes.", retryable: true });

  const second = await client.welcome();
  await said(second);
  second.arrive(["following", ref, "log.0"], stored(ref as number, 1, "one"));
  await subscription.ready;
  second.arrive(["failed", ref, closes], stored(ref as number, 2, "late"));
  await settle();
  second.close({ code: "Closed", message: "The server closes.", retryable: true });

  const third = await client.welcome();
  const [follow] = await said(third);
  expect(follow).toEqual(["follow", ref, ["order.placed"], "log.1", expect.any(Number)]);
  third.arrive(["following", ref, "log.1"], stored(ref as number, 2, "two"));
  await settle();
  expect(seen).toEqual(["one", "two"]);
  expect(gaps).toEqual([]);
  expect(client.errors).toEqual([]);
});

describe("what cannot be decided now", () => {
  it("is asked for again by its number over the same link, and told to nobody as a gap", async () => {
    const client = startBuildingClient();
    const link = await client.welcome();
    const seen: string[] = [];
    const { gaps, subscription } = listens(client, (order) => seen.push(order));
    const [[, ref] = []] = await said(link);
    link.arrive(["failed", ref, unavailable]);
    await client.runtime.advance(1_000);
    expect(await said(link)).toEqual([["follow", ref, ["order.placed"], "now", expect.any(Number)]]);
    link.arrive(["following", ref, "log.0"], stored(0, 1, "one"));
    await subscription.ready;
    link.arrive(["failed", ref, unavailable], stored(0, 2, "late"));
    await client.runtime.advance(1_000);
    expect(await said(link)).toEqual([["follow", ref, ["order.placed"], "log.1", expect.any(Number)]]);
    link.arrive(["following", ref, "log.1"], stored(0, 2, "two"));
    await settle();
    expect(seen).toEqual(["one", "two"]);
    expect(gaps).toEqual([]);
    expect(client.errors.map(({ code }) => code)).toEqual(["Unavailable", "Unavailable"]);
  });

  it.each(["Unavailable", "Disconnected"])(
    "goes on from where it had come to, whatever the server had sent before that it was passed by, after %s",
    async (code) => {
      const client = startBuildingClient();
      const first = await client.welcome();
      const seen: string[] = [];
      const { gaps, subscription } = listens(client, (order) => seen.push(order));
      const [[, ref] = []] = await said(first);
      first.arrive(["following", ref, "log.0"]);
      await subscription.ready;
      // What is large is passed by the failure, and keeps back what is of the same following.
      first.arrive(["failed", ref, { ...unavailable, code }], stored(0, 1, "one"));
      first.arrive(["missing", ref, "invalid", "log.2"]);
      await settle();
      first.close({ code: "Lost", message: "Lost.", retryable: true });
      const link = await client.welcome();
      expect((await said(link)).map(([, , , since]) => since)).toEqual(["log.0"]);
      link.arrive(["following", ref, "log.0"], stored(0, 1, "one"), ["missing", ref, "invalid", "log.2"]);
      await settle();
      expect(seen).toEqual(["one"]);
      expect(gaps.map(({ reason }) => reason)).toEqual(["invalid"]);
    },
  );

  it("is asked for no more often than the waits say, however often the server says so", async () => {
    const client = startBuildingClient();
    const link = await client.welcome();
    listens(client, () => undefined);
    const [[, ref] = []] = await said(link);
    let asked = 0;
    for (let time = 0; time < 120_000; time += 100) {
      link.arrive(["failed", ref, unavailable]);
      await client.runtime.advance(100);
      asked += link.take().length;
      if (asked > 0) break;
    }
    // Each word puts it off, as nothing was asked since.
    expect(asked).toBe(0);
    const times: number[] = [];
    while (client.runtime.monotonic() < 600_000) {
      await client.runtime.advance(100);
      if (link.take().length === 0) continue;
      times.push(client.runtime.monotonic());
      link.arrive(["failed", ref, unavailable]);
    }
    expect(times.length).toBeGreaterThan(10);
    for (const [index, time] of times.entries())
      if (index > 0) expect(time - times[index - 1]!).toBeGreaterThanOrEqual(15_000);
    expect(client.errors).toHaveLength(1);
  });

  it("is asked for once over a new link, and not any more by who stopped or is closed", async () => {
    const client = startBuildingClient();
    const first = await client.welcome();
    const { subscription } = listens(client, () => undefined);
    const [[, ref] = []] = await said(first);
    first.arrive(["failed", ref, unavailable]);
    await settle();
    first.close({ code: "Lost", message: "Lost.", retryable: true });
    const link = await client.welcome();
    expect((await said(link)).map(([type]) => type)).toEqual(["follow"]);
    await client.runtime.advance(60_000);
    expect(link.take()).toEqual([]);
    link.arrive(["failed", ref, unavailable]);
    await settle();
    subscription();
    await client.runtime.advance(60_000);
    expect(link.take()).toEqual([]);
    await subscription.ready;
    listens(client, () => undefined);
    const [[, other] = []] = await said(link);
    link.arrive(["failed", other, unavailable]);
    await settle();
    await client.bus.close({ drain: 0 });
    link.take();
    await client.runtime.advance(60_000);
    expect(link.take()).toEqual([]);
    expect(client.runtime.timers).toBe(0);
  });
});
