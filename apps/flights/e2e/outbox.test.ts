import { randomBytes } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import type { BrowserPlace } from "./outbox/browser-place.js";
import { databases, entryOf, numbersOf, openIn, state, useTabs } from "./outbox/tabs.js";
import { patience } from "./patience.js";

const tabs = useTabs();

describe("What a page has kept", () => {
  it("is found by the page that is loaded again, as its own", async () => {
    const tab = await tabs.open();
    const { outbox } = await openIn(tab);
    for (let number = 1; number <= 20; number++) await outbox.put([entryOf(number)]);
    await outbox.advance(1, state);
    for (let round = 0; round < 3; round++) {
      await tab.page.reload();
      await tab.page.waitForFunction(() => window.outbox !== undefined);
      const again = await openIn(tab);
      // The lock of the page that goes may still be held while the next one opens; then it is told of what was left.
      await vi.waitFor(
        () =>
          expect([again.outbox, ...again.left].map(({ producer }) => producer)).toContain(outbox.producer),
        patience,
      );
      const found = [again.outbox, ...again.left].find(({ producer }) => producer === outbox.producer)!;
      expect(numbersOf(found)).toEqual(Array.from({ length: 19 }, (_, index) => index + 2));
      expect(found.state).toEqual(state);
    }
  });

  it.each([
    ["is closed", ({ page }: BrowserPlace) => page.close({ runBeforeUnload: true })],
    ["is closed without being asked", ({ page }: BrowserPlace) => page.close()],
    ["goes to another page", ({ page }: BrowserPlace) => page.goto("about:blank").then(() => undefined)],
    ["crashes", (tab: BrowserPlace) => tab.crash()],
  ])("is taken by another tab that is open when it %s", async (_, end) => {
    const [one, other] = [await tabs.open(), await tabs.open()];
    const watcher = await openIn(other);
    const { outbox } = await openIn(one);
    await outbox.put([entryOf(1), entryOf(2)]);
    await end(one);
    await vi.waitFor(
      () => expect(watcher.left.map(({ producer }) => producer)).toEqual([outbox.producer]),
      patience,
    );
    expect(numbersOf(watcher.left[0]!)).toEqual([1, 2]);
    await watcher.left[0]!.put([entryOf(3)]);
  });

  it("goes from each of five tabs that end to one of those that are left, and is nowhere twice", async () => {
    const all = [
      await tabs.open(),
      await tabs.open(),
      await tabs.open(),
      await tabs.open(),
      await tabs.open(),
    ];
    const openings: Awaited<ReturnType<typeof openIn>>[] = [];
    for (const [index, tab] of all.entries()) {
      const opening = await openIn(tab);
      await opening.outbox.put([entryOf(index)]);
      openings.push(opening);
    }
    expect(new Set(openings.map(({ outbox }) => outbox.producer)).size).toBe(5);
    await all[3]!.crash();
    await all[1]!.page.close();
    const rest = () => [0, 2, 4].flatMap((index) => openings[index]!.left);
    await vi.waitFor(() => expect(rest().flatMap(numbersOf).sort()).toEqual([1, 3]), patience);
    await all[0]!.crash();
    await all[2]!.page.close();
    const last = () => openings[4]!.left.flatMap(numbersOf).sort();
    await vi.waitFor(() => expect(last()).toEqual([0, 1, 2, 3]), patience);
  });

  it("is another's under another name", async () => {
    const [one, other] = [await tabs.open({ name: "one" }), await tabs.open({ name: "other" })];
    const watcher = await openIn(other);
    const { outbox, stop } = await openIn(one);
    await outbox.put([entryOf(1)]);
    stop();
    await outbox.close();
    expect((await openIn(one)).outbox.producer).toBe(outbox.producer);
    expect(watcher.left).toEqual([]);
    expect(await databases(one.page)).toEqual(
      expect.arrayContaining(["eventwire-outbox/one", "eventwire-outbox/other"]),
    );
  });

  it("of two thousand entries is read without the page standing still", async () => {
    const tab = await tabs.open();
    const { outbox, stop } = await openIn(tab);
    const body = "x".repeat(2_000);
    for (let from = 0; from < 2_000; from += 500) {
      await outbox.put(Array.from({ length: 500 }, (_, index) => entryOf(from + index, body)));
    }
    stop();
    await outbox.close();
    const longest = await tab.page.evaluate(async () => {
      let last = performance.now();
      let gap = 0;
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        gap = Math.max(gap, performance.now() - last);
        last = performance.now();
        port2.postMessage(undefined);
      };
      port2.postMessage(undefined);
      await window.outbox.count("test");
      port1.close();
      return gap;
    });
    // A tenth of a second is where people notice; a machine with other work on it may stop the page for as long.
    expect(longest).toBeLessThan(400);
  });
});

it("a large body is there as well when its page ends at once", async () => {
  for (let round = 0; round < 5; round++) {
    const tab = await tabs.open({ name: `round ${round}` });
    const { outbox } = await openIn(tab);
    const body = `${randomBytes(500_000).toString("base64")}飛😀`.repeat(2);
    await outbox.put([entryOf(1), entryOf(2, body), entryOf(3, "")]);
    await tab.page.close();
    const again = await openIn(await tabs.open({ name: `round ${round}` }));
    expect(again.outbox.entries.map((entry) => entry.body === body || entry.body)).toEqual(["[1]", true, ""]);
  }
});

describe("Puts of one turn", () => {
  it("are one transaction", async () => {
    const tab = await tabs.open();
    const count = await tab.page.evaluate(() => window.outbox.transactionsOf(200));
    expect(count).toBe(1);
  });
});

it("has lost nothing of what a page has put that crashes at any moment, and brought nothing back", async () => {
  let kept = 0;
  let gone = 0;
  for (let crash = 1; crash <= 12; crash++) {
    const tab = await tabs.open();
    let told = 0;
    await tab.page.exposeFunction("tellProgress", (put: number, advanced: number) => {
      told += 1;
      kept = Math.max(kept, put);
      gone = Math.max(gone, advanced);
    });
    tab.page.evaluate(() => window.outbox.churn("test")).catch(() => undefined);
    await vi.waitFor(() => expect(told).toBeGreaterThan((crash * 7) % 20), patience);
    await tab.crash();
    await tab.page.close();

    const next = await tabs.open();
    const { outbox, stop } = await openIn(next);
    const { first } = outbox.state;
    expect(numbersOf(outbox)).toEqual(outbox.entries.map((_, index) => first + index));
    expect(first).toBeGreaterThan(gone);
    expect(first + outbox.entries.length).toBeGreaterThan(kept);
    // One that is empty would be forgotten.
    if (outbox.entries.length === 0) await outbox.put([entryOf(first)]);
    stop();
    await outbox.close();
    await next.page.close();
  }
  expect(kept).toBeGreaterThan(50);
});

it("does not write to what another page has taken, whatever became of its lock", async () => {
  const [one, other] = [await tabs.open(), await tabs.open()];
  const { outbox } = await openIn(one);
  await outbox.put([entryOf(1)]);
  // As a page that was kept for later without its locks finds itself.
  await other.page.evaluate(
    (name) => navigator.locks.request(name, { steal: true }, () => undefined),
    `eventwire-outbox/test/${outbox.producer}`,
  );
  const thief = await openIn(other);
  expect(numbersOf(thief.outbox)).toEqual([1]);
  await expect(outbox.put([entryOf(2)])).rejects.toMatchObject({ code: "Unavailable", reason: "Lost" });
  await outbox.close();
  await thief.outbox.put([entryOf(3)]);
  await thief.outbox.close();
  expect(numbersOf((await openIn(one)).outbox)).toEqual([1, 3]);
});
