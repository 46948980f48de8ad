import { describe, expect, it, vi } from "vitest";
import { disposer } from "./disposer.js";

describe("a disposer", () => {
  it.each(["call", "using", "abort"])("ends once, by %s", (how) => {
    const end = vi.fn();
    const controller = new AbortController();
    const dispose = disposer(end, controller.signal);
    expect(end).not.toHaveBeenCalled();
    if (how === "abort") controller.abort();
    else if (how === "using") dispose[Symbol.dispose]();
    else dispose();
    dispose();
    controller.abort();
    expect(end).toHaveBeenCalledOnce();
  });

  it("ends at once when its signal has aborted", () => {
    const end = vi.fn();
    disposer(end, AbortSignal.abort());
    expect(end).toHaveBeenCalledOnce();
  });
});
