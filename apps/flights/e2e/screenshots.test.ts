import { mkdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { looks } from "./looks.js";
import { patience } from "./patience.js";
import { type Setting, setTheScene } from "./visit.js";

/** `FLIGHTS_SCREENSHOTS=docs/images npx vitest run --project browser screenshots` renews those of the documentation. */
const folder = process.env.FLIGHTS_SCREENSHOTS ?? join(tmpdir(), "flights-screenshots");
/** Quarter-hours of departures in the charts. */
const WINDOWS = 26;
/** The slider's step for 180 simulated seconds a second. */
const USUAL_SPEED = "127";

let setting: Setting;
beforeAll(async () => {
  // A documented one is of a busy afternoon, with pages that keep up.
  setting = await setTheScene(process.env.FLIGHTS_SCREENSHOTS ? 900 : 3_600);
  await mkdir(folder, { recursive: true });
});
afterAll(() => setting.close());

/** Waits until an airport, the charts and the board have something to show. */
async function fill(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^ORD/ }).click();
  await expect.poll(() => page.locator("#airport-movements li").count(), patience).toBeGreaterThan(5);
  const windows = page.locator("#delay-table tbody tr");
  await expect.poll(() => windows.count(), patience).toBeGreaterThanOrEqual(WINDOWS);
}

test("the page is seen light, dark and on a phone, with all its parts filled", async () => {
  const names = ["light", "dark", "phone"] as const;
  const visits = await Promise.all(names.map((name) => setting.visit(looks[name])));
  await Promise.all(visits.map(({ page }) => fill(page)));
  const [first] = visits;
  await first!.page.locator("#speed").fill(USUAL_SPEED);
  await first!.page.locator("#alert-open").click();
  await first!.page.getByText("Warning").click();
  await first!.page.getByLabel("Message").fill("Snow at O'Hare: expect holding");
  await first!.page.locator("#alert-send").click();

  for (const [index, { page, errors }] of visits.entries()) {
    await page.locator(".alert", { hasText: "Snow at O'Hare" }).waitFor();
    await page.locator("#alert-panel").waitFor({ state: "hidden" });
    await expect.poll(() => page.locator("#speed-value").textContent(), patience).toBe("180×");
    await page.mouse.move(0, 0);
    const path = join(folder, `flights-${names[index]}.png`);
    await page.screenshot({ path });
    expect((await stat(path)).size).toBeGreaterThan(50_000);
    expect(errors).toEqual([]);
  }
});
