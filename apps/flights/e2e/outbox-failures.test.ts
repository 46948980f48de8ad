import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { entryOf, numbersOf, openIn, state, useTabs } from "./outbox/tabs.js";

const tabs = useTabs();

describe("A database", () => {
  it("without room refuses what it has none for, and goes on when there is some", async () => {
    const tab = await tabs.open();
    const session = await tabs.context.newCDPSession(tab.page);
    const { origin } = tabs;
    await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 500_000 });
    const { outbox } = await openIn(tab);
    await outbox.put([entryOf(1)]);
    // What repeats itself the browser would pack.
    const large = randomBytes(1_000_000).toString("base64");
    const overflow = { code: "Overflow", retryable: true };
    const kept: number[] = [];
    const [refused, ...others] = await Promise.allSettled([
      outbox.put([entryOf(2), entryOf(3, large)]),
      outbox.put([entryOf(4)]).then(() => kept.push(4)),
    ]);
    expect(refused).toMatchObject({ status: "rejected", reason: overflow });
    // What was taken back counts for the browser until it has cleaned up.
    for (const other of others) {
      if (other.status === "rejected") expect(other.reason).toMatchObject(overflow);
    }
    await session.send("Storage.overrideQuotaForOrigin", { origin });
    await outbox.advance(1, state);
    await outbox.put([entryOf(5, large)]);
    await tab.page.close();
    const again = await openIn(await tabs.open());
    expect(numbersOf(again.outbox)).toEqual([...kept, 5]);
    expect(again.outbox.state).toEqual(state);
  });

  it("that is deleted under its outbox takes nothing more, and is made anew", async () => {
    const tab = await tabs.open();
    const { outbox } = await openIn(tab);
    await outbox.put([entryOf(1)]);
    await tab.page.evaluate(
      (name) =>
        new Promise<void>((resolve, reject) => {
          const request = indexedDB.deleteDatabase(name);
          request.onsuccess = () => resolve();
          request.onblocked = () => reject(new Error("It is held."));
        }),
      "eventwire-outbox/test",
    );
    const lost = { code: "Unavailable", reason: "Lost", retryable: false };
    await expect(outbox.put([entryOf(2)])).rejects.toMatchObject(lost);
    await expect(outbox.advance(1, state)).rejects.toMatchObject(lost);
    await outbox.close();
    expect((await openIn(tab)).outbox.entries).toEqual([]);
  });

  it("that the browser clears with all of the site's data takes nothing more", async () => {
    const tab = await tabs.open();
    const { outbox } = await openIn(tab);
    await outbox.put([entryOf(1)]);
    const session = await tabs.context.newCDPSession(tab.page);
    const { origin } = tabs;
    await session.send("Storage.clearDataForOrigin", { origin, storageTypes: "indexeddb" });
    await expect(outbox.put([entryOf(2)])).rejects.toMatchObject({ code: "Unavailable" });
    await outbox.close();
    expect((await openIn(tab)).outbox.entries).toEqual([]);
  });

  it("of a newer version is refused, and left as it is", async () => {
    const tab = await tabs.open();
    await tab.page.evaluate(
      (name) =>
        new Promise<void>((resolve) => {
          const request = indexedDB.open(name, 99);
          request.onsuccess = () => {
            request.result.close();
            resolve();
          };
        }),
      "eventwire-outbox/test",
    );
    const newer = { code: "Unavailable", reason: "Newer", retryable: false };
    await expect(openIn(tab)).rejects.toMatchObject(newer);
    const versions = await tab.page.evaluate(async () =>
      (await indexedDB.databases()).map(({ version }) => version),
    );
    expect(versions).toEqual([99]);
  });

  it("that another page holds in an older version is blocked for now", async () => {
    const [one, other] = [await tabs.open(), await tabs.open()];
    await one.page.evaluate(
      (name) =>
        new Promise<void>((resolve) => {
          const request = indexedDB.open(name, 1);
          request.onsuccess = () => {
            window.addEventListener("older", () => request.result.close());
            resolve();
          };
        }),
      "eventwire-outbox/test",
    );
    await other.page.evaluate(() => {
      const { open } = IDBFactory.prototype;
      IDBFactory.prototype.open = function (name) {
        return open.call(this, name, 2);
      };
    });
    const blocked = { code: "Unavailable", reason: "Blocked", retryable: true };
    await expect(openIn(other)).rejects.toMatchObject(blocked);
    await one.page.evaluate(() => window.dispatchEvent(new Event("older")));
    const { outbox } = await openIn(other);
    await outbox.put([entryOf(1)]);
  });
});

describe("A platform", () => {
  it.each([
    ["IndexedDB", "indexedDB", "window"],
    ["Web Locks", "locks", "navigator"],
  ])("without %s is told to do without the store", async (what, name, owner) => {
    const tab = await tabs.open();
    await tab.page.evaluate(
      ([property, of]) =>
        Object.defineProperty(of === "window" ? window : navigator, property, { value: undefined }),
      [name, owner] as const,
    );
    await expect(openIn(tab)).rejects.toMatchObject({
      code: "Unavailable",
      reason: "Missing",
      retryable: false,
      message: expect.stringContaining(what),
    });
  });

  it("that throws where IndexedDB is asked for is told so", async () => {
    const tab = await tabs.open();
    await tab.page.evaluate(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException("The user denied permission.", "SecurityError");
      };
    });
    await expect(openIn(tab)).rejects.toMatchObject({ code: "Unavailable", reason: "Missing" });
  });

  it("that never answers is given up", async () => {
    const tab = await tabs.open();
    await tab.page.evaluate(() => {
      IDBFactory.prototype.open = () => ({}) as IDBOpenDBRequest;
      // Nobody waits for the time to pass.
      window.setTimeout = ((callback: () => void) => queueMicrotask(callback)) as typeof setTimeout;
    });
    await expect(openIn(tab)).rejects.toMatchObject({
      code: "Unavailable",
      reason: "Failed",
      retryable: true,
      message: expect.stringContaining("10000 ms"),
    });
  });
});
