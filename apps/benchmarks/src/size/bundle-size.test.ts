import { expect, it } from "vitest";
import { size as suite } from "../suites/size.js";
import { bundleSize } from "./bundle-size.js";

const code = 'export { createNanoEvents } from "nanoevents"';

it("counts what is imported, and not what the page has anyway", async () => {
  const bytes = await bundleSize({ code });
  expect(bytes).toBeGreaterThan(100);
  expect(bytes).toBeLessThan(400);
  expect(await bundleSize({ code, without: ["nanoevents"] })).toBeLessThan(100);
});

it("fails on what is not there", async () => {
  await expect(bundleSize({ code: 'export * from "@eventwire/nothing"' })).rejects.toThrow(
    "Could not resolve",
  );
});

it("is twice as much under the handicap", async () => {
  const row = suite.rows.find(({ name }) => name === "core")!;
  const sized = { version: "1.0.0", imported: { core: { code } } };
  const once = Number(await row.measure(sized));
  expect(await row.measure(suite.handicap(sized))).toBeCloseTo(2 * once);
});
