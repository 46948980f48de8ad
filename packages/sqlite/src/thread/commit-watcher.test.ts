import { EventEmitter } from "node:events";
import { watch } from "node:fs";
import { expect, it, onTestFinished, vi } from "vitest";
import { createPath, event, openBroker } from "../../fixtures/broker.js";
import type { FromThread } from "../messages.js";
import { CommitWatcher, type CommitWatcherOptions } from "./commit-watcher.js";
import { FileServer } from "./file-server.js";
import { openFile } from "./open-file.js";

/** Longer than a test lasts, in milliseconds. */
const never = 600_000;
const patience = { timeout: 10_000, interval: 1 };

/** The heads that somebody is told of who watches a file, and a broker that appends to it. */
async function watchFile(watching: CommitWatcherOptions) {
  const path = createPath();
  const broker = await openBroker(path);
  const file = await openFile(path, 1_000);
  const heads: number[] = [];
  const data = {
    file: path,
    dedupeWindow: 1_000,
    producerWindow: 1_000_000,
    producersPerOwner: 1_000,
    busyTimeout: 1_000,
    retention: {},
  };
  const tell = (message: FromThread) => {
    if (message.type === "answers") heads.push(message.head);
  };
  const server = new FileServer(file, data, tell, watching);
  onTestFinished(() => server.close(0));
  server.receive({ type: "watch", watching: { others: true, states: false } });
  return { path, broker, server, heads };
}

it("hears of each commit from the file system, however seldom it polls", async () => {
  const { broker, heads } = await watchFile({ pollEvery: never });
  for (let head = 1; head <= 20; head++) {
    await broker.log.append([event()]);
    await vi.waitUntil(() => heads.at(-1) === head, patience);
  }
});

it("hears of commits by polling where nothing can be watched", async () => {
  const fails: typeof watch = () => {
    throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
  };
  const { broker, heads } = await watchFile({ pollEvery: 5, watch: fails });
  await broker.log.append([event()]);
  await vi.waitUntil(() => heads.at(-1) === 1, patience);
});

it("hears of commits by polling once the watching has failed", async () => {
  let fail: () => void = () => undefined;
  const failing = ((...args: Parameters<typeof watch>) => {
    const watcher = watch(...args);
    fail = () => watcher.emit("error", new Error("EIO"));
    return watcher;
  }) as typeof watch;
  const { broker, heads } = await watchFile({ pollEvery: 5, watch: failing });
  fail();
  await broker.log.append([event()]);
  await vi.waitUntil(() => heads.at(-1) === 1, patience);
});

/** A system whose files change when a test says so, and a clock that stands. */
function createSystem(options: { readonly found: () => boolean }) {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const watched = Object.assign(new EventEmitter(), { close: vi.fn() });
  let change: (type: "change" | "rename") => void = () => undefined;
  const fake = ((_file: string, _options: object, listener: typeof change) => {
    change = listener;
    return watched;
  }) as unknown as typeof watch;
  const look = vi.fn(options.found);
  const watcher = new CommitWatcher("events.db", look, { pollEvery: 20, watch: fake });
  watcher.start();
  look.mockClear();
  return { watcher, look, watched, change: (type: "change" | "rename" = "change") => change(type) };
}

it("looks again until what is being written is committed, and once for all that is said meanwhile", () => {
  let committed = false;
  const { look, change } = createSystem({ found: () => committed });
  for (let times = 0; times < 10; times++) change();
  expect(look).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(3);
  expect(look).toHaveBeenCalledTimes(4);
  committed = true;
  vi.advanceTimersByTime(10);
  expect(look).toHaveBeenCalledTimes(5);
});

it("keeps nothing going once it is stopped, or the file has gone", () => {
  const { watcher, watched, change } = createSystem({ found: () => false });
  change();
  change("rename");
  expect(watched.close).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount(), "timers without a file to watch").toBe(1);
  watcher.stop();
  expect(vi.getTimerCount(), "timers of one that is stopped").toBe(0);
});
