import { mkdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { looks } from "./looks.js";
import { type Setting, setTheScene } from "./visit.js";

/** `FLIGHTS_SCREENSHOTS=docs/images npx vitest run --project browser screenshots` renews those of the documentation. */
const chosen = process.env.FLIGHTS_SCREENSHOTS;
const folder = chosen ?? join(tmpdir(), "flights-screenshots");
/** Enough for the charts to fill, where the pictures are kept. */
const WINDOWS = chosen === undefined ? 2 : 30;

let setting: Setting;
beforeAll(async () => {
  setting = await setTheScene(chosen === undefined ? 900 : 600);
  await mkdir(folder, { recursive: true });
});
afterEach(() => setting.leave());
afterAll(() => setting.close());

test.each(["light", "dark", "phone"] as const)(
  "the page is seen as %s, with all its parts filled",
  async (name) => {
    const { page, errors } = await setting.visit(looks[name]);
    await page.getByRole("button", { name: /^ORD/ }).click();
    await expect.poll(() => page.locator("#airport-movements li").count()).toBeGreaterThan(5);
    await expect
      .poll(() => page.locator("#delay-table tbody tr").count(), { timeout: 50_000 })
      .toBeGreaterThanOrEqual(WINDOWS);
    const path = join(folder, `flights-${name}.png`);
    await page.screenshot({ path, fullPage: name === "phone" });
    expect((await stat(path)).size).toBeGreaterThan(50_000);
    expect(errors).toEqual([]);
  },
);
