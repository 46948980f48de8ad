import { afterEach, describe, expect, it, vi } from "vitest";
import { systemRuntime } from "./runtime.js";

/** Of Node, which runs the tests, and whose types the sources do not see. */
declare const process: {
  getActiveResourcesInfo(): string[];
  getBuiltinModule(name: string): { AsyncLocalStorage: new () => object };
};

const turn = () => new Promise<void>((resolve) => systemRuntime.macrotask(resolve));

describe("the platform's runtime", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it("reads the clock once a turn", async () => {
    await turn();
    const clock = vi.spyOn(Date, "now").mockReturnValueOnce(1_000).mockReturnValueOnce(2_000);
    expect([systemRuntime.now(), systemRuntime.now(), systemRuntime.now()]).toEqual([1_000, 1_000, 1_000]);
    expect(clock).toHaveBeenCalledOnce();
    await turn();
    expect(systemRuntime.now()).toBe(2_000);
  });

  it("has a monotonic clock", () => {
    const first = systemRuntime.monotonic();
    expect(systemRuntime.monotonic()).toBeGreaterThanOrEqual(first);
  });

  it("runs a microtask before a macrotask, and macrotasks in order", async () => {
    const order: string[] = [];
    systemRuntime.macrotask(() => order.push("macrotask 1"));
    systemRuntime.macrotask(() => order.push("macrotask 2"));
    systemRuntime.microtask(() => order.push("microtask"));
    order.push("now");
    await turn();
    expect(order).toEqual(["now", "microtask", "macrotask 1", "macrotask 2"]);
  });

  it("fires a timer once, when it is due, unless it is cancelled", () => {
    vi.useFakeTimers();
    const fired = vi.fn();
    const cancelled = vi.fn();
    systemRuntime.timer(fired, 10);
    systemRuntime.timer(cancelled, 10)();
    vi.advanceTimersByTime(9);
    expect(fired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100);
    expect(fired).toHaveBeenCalledOnce();
    expect(cancelled).not.toHaveBeenCalled();
  });

  it("does not fire at once a timer that is longer than the platform's longest", () => {
    vi.useFakeTimers();
    const fired = vi.fn();
    const cancel = systemRuntime.timer(fired, 2 ** 40);
    const forever = systemRuntime.timer(fired, Number.POSITIVE_INFINITY);
    vi.advanceTimersByTime(2 ** 31 - 2);
    expect(fired).not.toHaveBeenCalled();
    cancel();
    forever();
  });

  it("keeps the process alive by a timer until that is cancelled, and by none in the background", () => {
    const keepers = () =>
      process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
    const before = keepers();
    const cancel = systemRuntime.timer(() => undefined, 60_000);
    expect(keepers()).toBe(before + 1);
    cancel();
    expect(keepers()).toBe(before);
    systemRuntime.timer(() => undefined, 60_000, true)();
    const stop = systemRuntime.timer(() => undefined, 60_000, true);
    expect(keepers()).toBe(before);
    stop();
  });

  it("carries a value through asynchronous work, in each store its own", async () => {
    const [one, other] = [systemRuntime.asyncStore<string>()!, systemRuntime.asyncStore<string>()!];
    const look = () => [one.getStore(), other.getStore()];
    const seen: unknown[] = [look()];
    await one.run("outer", async () => {
      await turn();
      await other.run("other", async () => {
        await turn();
        await one.run("inner", async () => {
          await turn();
          seen.push(look());
        });
        seen.push(look());
      });
      seen.push(look());
    });
    seen.push(look());
    const nothing = [undefined, undefined];
    expect(seen).toEqual([nothing, ["inner", "other"], ["outer", "other"], ["outer", undefined], nothing]);
  });

  it("uses one store of the platform for all, and none until one is wanted", async () => {
    let made = 0;
    const { AsyncLocalStorage } = process.getBuiltinModule("node:async_hooks");
    class Counted extends AsyncLocalStorage {
      constructor() {
        super();
        made += 1;
      }
    }
    vi.spyOn(process, "getBuiltinModule").mockReturnValue({ AsyncLocalStorage: Counted });
    vi.resetModules();
    const { systemRuntime: fresh } = await import("./runtime.js");
    expect(made).toBe(0);
    for (let count = 0; count < 100; count++) fresh.asyncStore()?.run(count, () => undefined);
    expect(made).toBe(1);
    vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined as never);
    vi.resetModules();
    expect((await import("./runtime.js")).systemRuntime.asyncStore()).toBeUndefined();
  });

  it("makes ids that differ", () => {
    const ids = Array.from({ length: 10_000 }, () => systemRuntime.randomId());
    expect(new Set(ids).size).toBe(10_000);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9]+$/);
  });

  it("reports an error by throwing it in a microtask of its own", () => {
    const microtasks: (() => void)[] = [];
    vi.stubGlobal("queueMicrotask", (callback: () => void) => microtasks.push(callback));
    systemRuntime.uncaught(new Error("nobody handles it"));
    vi.unstubAllGlobals();
    expect(microtasks).toHaveLength(1);
    expect(microtasks[0]).toThrow("nobody handles it");
  });
});
