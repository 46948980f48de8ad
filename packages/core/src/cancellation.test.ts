import { expect, it, vi } from "vitest";
import { Cancellation } from "./cancellation.js";

it("tells its listeners once, and those that left not", () => {
  const cancellation = new Cancellation();
  const [stays, leaves] = [vi.fn(), vi.fn()];
  for (const listener of [stays, leaves]) cancellation.addEventListener("abort", listener);
  cancellation.removeEventListener("abort", leaves);
  cancellation.abort("why");
  cancellation.abort("again");
  expect(stays).toHaveBeenCalledOnce();
  expect(leaves).not.toHaveBeenCalled();
  expect(cancellation).toMatchObject({ aborted: true, reason: "why" });
});

it.each([true, false])("has a signal that aborts with it, asked for before: %s", (before) => {
  const cancellation = new Cancellation();
  const early = before ? cancellation.signal : undefined;
  cancellation.abort("why");
  expect(cancellation.signal).toMatchObject({ aborted: true, reason: "why" });
  if (early) expect(early).toBe(cancellation.signal);
});

it("gives the reason that an AbortController gives where there is none", () => {
  const cancellation = new Cancellation();
  cancellation.abort();
  expect(cancellation.reason).toMatchObject({ name: "AbortError" });
});
