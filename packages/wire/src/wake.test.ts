import { expect, it, vi } from "vitest";
import { watchWake } from "./wake.js";

it("tells when a page is seen again or back on the network, and not when it is hidden", () => {
  const page = Object.assign(new EventTarget(), { document: { visibilityState: "visible" } });
  const woke = vi.fn();
  const stop = watchWake(woke, page);
  for (const type of ["online", "pageshow", "visibilitychange"]) page.dispatchEvent(new Event(type));
  expect(woke).toHaveBeenCalledTimes(3);
  page.document.visibilityState = "hidden";
  page.dispatchEvent(new Event("visibilitychange"));
  expect(woke).toHaveBeenCalledTimes(3);
  page.document.visibilityState = "visible";
  stop();
  page.dispatchEvent(new Event("visibilitychange"));
  expect(woke).toHaveBeenCalledTimes(3);
});

it("does nothing where the platform tells of nothing", () => {
  watchWake(() => undefined, {})();
});
