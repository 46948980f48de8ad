import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { patience } from "./patience.js";
import { type Setting, setTheScene } from "./visit.js";

let setting: Setting;
beforeAll(async () => {
  setting = await setTheScene();
});
afterEach(() => setting.leave());
afterAll(() => setting.close());

async function raise(page: Page, text: string, airport = ""): Promise<void> {
  const panel = page.locator("#alert-panel");
  if (!(await panel.isVisible())) await page.locator("#alert-open").click();
  await panel.getByText("Critical").click();
  await panel.getByLabel("Message").fill(text);
  await panel.getByLabel("Airport").fill(airport);
  await panel.getByRole("button", { name: "Raise alert" }).click();
}

test("an alert raised in one page is seen in the other, and opens its airport there", async () => {
  const one = await setting.visit();
  const other = await setting.visit();
  await raise(one.page, "Runway 28L is closed", "sfo");
  for (const { page } of [one, other]) {
    await page.locator(".alert", { hasText: "Runway 28L is closed" }).waitFor();
  }
  expect(await other.page.locator(".alert").getAttribute("data-level")).toBe("critical");
  await other.page.getByRole("button", { name: /^Open SFO/ }).click();
  await expect.poll(() => other.page.locator("#airport-code").textContent(), patience).toBe("SFO");
  await other.page.getByRole("button", { name: /^Dismiss/ }).click();
  await expect.poll(() => other.page.locator(".alert").count(), patience).toBe(0);
  expect(await one.page.locator(".alert").count()).toBe(1);
  expect([...one.errors, ...other.errors]).toEqual([]);
});

test("an alert for an unknown airport stays in the form, which says why", async () => {
  const { page } = await setting.visit();
  await raise(page, "Nobody can land", "QQQ");
  await expect.poll(() => page.locator("#alert-message").textContent(), patience).toContain("QQQ");
  expect(await page.locator(".alert").count()).toBe(0);
});

test("more alerts than the hub allows wait for their turn, and the page says so", async () => {
  const { page } = await setting.visit();
  const waiting = page.locator("#alerts-waiting");
  let raised = 0;
  // One more is allowed every 2 s, so that a slow page needs more of them.
  while (raised < 30 && (await waiting.textContent()) === "") await raise(page, `Alert ${++raised}`);
  expect(raised).toBeLessThan(30);
  await expect.poll(() => waiting.textContent(), patience).toBe("");
  await page.locator(".alert", { hasText: `Alert ${raised}` }).waitFor();
});
