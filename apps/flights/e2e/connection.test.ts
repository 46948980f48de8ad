import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { patience } from "./patience.js";
import { type Setting, setTheScene } from "./visit.js";

let setting: Setting;
beforeAll(async () => {
  setting = await setTheScene();
});
afterEach(() => setting.leave());
afterAll(() => setting.close());

test("a cut connection shows, holds the picture still, and recovers by itself", async () => {
  const { page, errors } = await setting.visit();
  const status = page.locator("#connection-word");
  await expect.poll(() => status.textContent(), patience).toBe("Live");

  setting.proxy.cut();
  await expect.poll(() => status.textContent(), patience).toBe("Reconnecting");
  await page.locator("#connection-notice").waitFor();
  expect(await page.locator("#pause").isDisabled()).toBe(true);
  expect(await page.evaluate(() => window.flights.positions().length)).toBeGreaterThan(500);
  const held = await page.evaluate(() => window.flights.simulatedTime());

  setting.proxy.mend();
  await expect.poll(() => status.textContent(), patience).toBe("Live");
  await page.locator("#connection-notice").waitFor({ state: "hidden" });
  const hub = () => Date.parse(setting.flights.health().simulatedTime);
  await expect
    .poll(async () => Math.abs((await page.evaluate(() => window.flights.simulatedTime())) - hub()), patience)
    .toBeLessThan(180_000);
  expect(await page.evaluate(() => window.flights.simulatedTime())).toBeGreaterThan(held);
  // Chromium itself writes each refused connection to the console.
  expect(errors.filter((error) => !error.includes("net::ERR_"))).toEqual([]);
});

test("the connection's events, frames and bytes are measured", async () => {
  const { page } = await setting.visit();
  for (const figure of ["events", "frames", "bytes"]) {
    const shown = page.locator(`#traffic-${figure}`);
    await expect
      .poll(async () => Number.parseFloat((await shown.textContent()) ?? ""), patience)
      .toBeGreaterThan(0);
  }
});
