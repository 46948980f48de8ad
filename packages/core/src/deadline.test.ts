import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it, vi } from "vitest";
import { countAbortListeners } from "../fixtures/board.js";
import type { Cancellation } from "./cancellation.js";
import { withDeadline } from "./deadline.js";

describe("withDeadline", () => {
  it("gives what the work gives, and does not abort it", async () => {
    const runtime = new VirtualClock();
    let given: Cancellation | undefined;
    const work = async (signal: Cancellation) => {
      given = signal;
      return 1;
    };
    await expect(withDeadline(runtime, "a", { timeout: 10 }, work)).resolves.toBe(1);
    await runtime.advance(100);
    expect(given?.aborted).toBe(false);
    expect(runtime.timers).toBe(0);
  });

  it("does not begin when the signal has aborted", async () => {
    const runtime = new VirtualClock();
    const work = vi.fn(async () => 1);
    const signal = AbortSignal.abort("enough");
    await expect(withDeadline(runtime, "a", { signal }, work)).rejects.toMatchObject({ cause: "enough" });
    expect(work).not.toHaveBeenCalled();
    expect(runtime.timers).toBe(0);
  });

  it("leaves nothing with the bus where its signal aborts as the work begins", async () => {
    const runtime = new VirtualClock();
    const controller = new AbortController();
    const ends = new Set<() => void>();
    const onClose = (end: () => void) => {
      ends.add(end);
      return () => ends.delete(end);
    };
    const work = async () => controller.abort();
    const { signal } = controller;
    await expect(withDeadline(runtime, "a", { signal, onClose }, work)).rejects.toMatchObject({
      code: "Aborted",
    });
    expect(ends.size).toBe(0);
    expect(runtime.timers).toBe(0);
  });

  it.each([Number.NaN, -1, Number.NEGATIVE_INFINITY])("refuses a timeout of %s", async (timeout) => {
    const runtime = new VirtualClock();
    const work = vi.fn(async () => 1);
    const refused = withDeadline(runtime, "a", { timeout }, work);
    await expect(refused).rejects.toMatchObject({ code: "Misuse", about: "a" });
    await expect(refused).rejects.toThrow(`it is ${timeout}`);
    expect(work).not.toHaveBeenCalled();
    expect(runtime.timers).toBe(0);
  });

  it("takes a timeout of 0 as no time left", async () => {
    const runtime = new VirtualClock();
    const late = expect(withDeadline(runtime, "a", { timeout: 0 }, () => new Promise(() => undefined)));
    const rejected = late.rejects.toMatchObject({ code: "Timeout" });
    await runtime.advance(0);
    await rejected;
  });

  it("stays with the first of timeout and abort, and removes its listener", async () => {
    const runtime = new VirtualClock();
    const controller = new AbortController();
    const count = countAbortListeners(controller.signal);
    const options = { timeout: 10, signal: controller.signal };
    const late = expect(withDeadline(runtime, "a", options, () => new Promise(() => undefined)));
    const rejected = late.rejects.toMatchObject({ code: "Timeout" });
    expect(count()).toBe(1);
    await runtime.advance(10);
    controller.abort();
    await rejected;
    expect(count()).toBe(0);
  });
});
