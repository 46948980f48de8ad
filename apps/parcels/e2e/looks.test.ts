import { mkdir, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { looks, patience, type Stage, setTheStage } from "./stage.js";

/** `PARCELS_SCREENSHOTS=docs/images npx vitest run --project browser parcels/e2e/looks` renews those of the documentation. */
const folder = process.env.PARCELS_SCREENSHOTS ?? join(tmpdir(), "parcels-screenshots");
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

let stage: Stage;
beforeAll(async () => {
  stage = await setTheStage({ vendors: 1, drivers: 2, speed: 4 });
  await mkdir(folder, { recursive: true });
});
afterAll(() => stage.close());

/** What axe finds serious or critical, in a form that says where. */
async function findings(page: Page): Promise<string[]> {
  await page.addScriptTag({ path: axe });
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}

test.each(Object.entries(looks))(
  "every page can be read by everybody, and fits the screen: %s",
  async (name, look) => {
    // The pages' policy refuses scripts of others, which axe is.
    const options = { ...look, reducedMotion: "reduce", bypassCSP: true } as const;
    const vendor = await stage.enter("/vendor", `ann${name}`, options);
    await vendor.locator("#to").selectOption("ANC");
    await vendor.getByRole("button", { name: "Hand it in" }).click();
    const operations = await stage.operate(options);
    await operations.locator("#dead tbody tr").first().waitFor();
    const driver = await stage.enter("/driver", `dan${name}`, options);
    await driver.getByRole("button", { name: "Go on duty" }).click();
    await driver.getByRole("button", { name: "Take it" }).click();
    await expect.poll(() => operations.locator("#rate-chart polyline").count(), patience).toBe(1);

    const pages = { vendor, operations, driver, index: await stage.visit("/", options) };
    for (const [title, page] of Object.entries(pages)) {
      expect(await findings(page), title).toEqual([]);
      const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
      expect(scrollWidth, title).toBe(clientWidth);
      const path = join(folder, `parcels-${title}-${name}.png`);
      await page.screenshot({ path });
      expect((await stat(path)).size).toBeGreaterThan(5_000);
    }
    expect(stage.errors).toEqual([]);
  },
);
