import { mkdir, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { looks, patience, type Stage, setTheStage } from "./stage.js";

const folder = join(tmpdir(), "parcels-screenshots");
/** `PARCELS_SCREENSHOTS=docs/images npx vitest run --project browser parcels/e2e/looks` renews those of the documentation. */
const documentation = process.env.PARCELS_SCREENSHOTS ?? folder;
const documented = ["operations-wide", "driver-phone", "vendor-phone"];
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
// The pages' policy refuses scripts of others, which axe is.
const shown = { reducedMotion: "reduce", bypassCSP: true } as const;
const names = Object.keys(looks) as (keyof typeof looks)[];

let stage: Stage;
/** Of each look, a driver with a parcel in hand. */
const drivers = new Map<string, Page>();

beforeAll(async () => {
  stage = await setTheStage({ vendors: 1, drivers: 2, speed: 4 });
  await mkdir(folder, { recursive: true });
  const vendor = await stage.enter("/vendor", "ann");
  const operations = await stage.operate();
  const each = async (action: "Stop" | "Start", state: string) => {
    for (const name of ["dana", "eli"])
      await operations.getByRole("button", { name: `${action} ${name}`, exact: true }).click();
    const those = () => stage.service.processes().filter((one) => one.kind === "driver");
    await vi.waitFor(() => expect(those().every((one) => one.state === state)).toBe(true), patience);
  };
  await handIn(vendor, "ANC");
  await operations.locator("#dead tbody tr").first().waitFor();
  const delivered = operations.locator("#delivered");
  await vi.waitFor(async () => expect(await delivered.textContent()).toMatch(/^[1-9]/), patience);
  // The service's own drivers would take all that there is.
  await each("Stop", "stopped");
  for (const name of names) {
    await handIn(vendor, "BOS");
    drivers.set(name, await takeOne(`dan${name}`, looks[name]));
  }
  await each("Start", "running");
}, 300_000);
afterAll(() => stage.close());

async function handIn(vendor: Page, to: string): Promise<void> {
  await vendor.locator("#to").selectOption(to);
  await vendor.getByRole("button", { name: "Hand it in" }).click();
  const first = vendor.locator("#parcels li").first();
  await vi.waitFor(async () => expect(await first.textContent()).toContain(to), patience);
}

async function takeOne(name: string, look: BrowserContextOptions): Promise<Page> {
  const driver = await stage.enter("/driver", name, { ...look, ...shown });
  await driver.getByRole("button", { name: "Go on duty" }).click();
  await driver.getByRole("button", { name: "Take it" }).click();
  await driver.getByText("It is yours").waitFor();
  return driver;
}

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

// A slow machine takes its time to draw four pages.
test.each(names)(
  "every page can be read by everybody, and fits the screen: %s",
  { timeout: 180_000 },
  async (name) => {
    const options = { ...looks[name], ...shown };
    const operations = await stage.operate(options);
    const vendor = await stage.enter("/vendor", "ann", options);
    const pages = {
      ...{ operations, vendor, driver: drivers.get(name)! },
      index: await stage.visit("/", options),
    };
    await expect.poll(() => operations.locator("#rate-chart polyline").count(), patience).toBe(1);
    await expect.poll(() => operations.locator("#processes tbody tr").count(), patience).toBe(4);
    await expect.poll(() => vendor.locator("#parcels li").count(), patience).toBe(1 + names.length);
    for (const [title, page] of Object.entries(pages)) {
      expect(await findings(page), title).toEqual([]);
      const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
      expect(scrollWidth, title).toBe(clientWidth);
      const picture = `${title}-${name}`;
      const path = join(documented.includes(picture) ? documentation : folder, `parcels-${picture}.png`);
      await page.screenshot({ path });
      expect((await stat(path)).size).toBeGreaterThan(5_000);
      await page.context().close();
    }
    expect(stage.errors).toEqual([]);
  },
);
