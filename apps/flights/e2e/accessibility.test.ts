import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { looks } from "./looks.js";
import { patience } from "./patience.js";
import { type Setting, setTheScene } from "./visit.js";

let setting: Setting;
beforeAll(async () => {
  setting = await setTheScene();
});
afterEach(() => setting.leave());
afterAll(() => setting.close());

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What axe finds serious or critical, in a form that says where. */
async function findings(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}

describe.each(Object.entries(looks))("seen as %s", (_, look) => {
  test("axe finds nothing serious, with panels closed and open", async () => {
    // The page's policy refuses scripts of others, which axe is.
    const { page } = await setting.visit({ ...look, reducedMotion: "reduce", bypassCSP: true });
    await page.addScriptTag({ path: axe });
    await page.locator(".board__row").nth(5).waitFor();
    expect(await findings(page)).toEqual([]);

    await page.getByRole("button", { name: /^ORD/ }).click();
    await expect.poll(() => page.locator("#airport-movements li").count(), patience).toBeGreaterThan(1);
    await page.locator(".board__row").first().click();
    await page.locator("#alert-open").click();
    expect(await findings(page)).toEqual([]);
  });

  test("nothing reaches beyond the width of the screen", async () => {
    const { page } = await setting.visit(look);
    const beyond = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(beyond).toBe(0);
  });
});

test("the keyboard reaches everything in the order in which it is read", async () => {
  const { page } = await setting.visit();
  await page.locator(".board__row").first().waitFor();
  const reached: string[] = [];
  for (let stop = 0; stop < 14; stop++) {
    await page.keyboard.press("Tab");
    reached.push(
      await page.evaluate(() => {
        const { id, className } = document.activeElement ?? document.body;
        return id === "" ? className : id;
      }),
    );
  }
  expect(reached).toEqual([
    "skip",
    "pause",
    "speed",
    "alert-open",
    "theme",
    "airport-search",
    ...Array.from({ length: 6 }, () => "chip"),
    "board__row",
    "",
  ]);
});

test("the skip link leads to the departures, and arrow keys move along them", async () => {
  const { page } = await setting.visit();
  await page.locator(".board__row").nth(2).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("board-title");
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  const index = await page.evaluate(() =>
    [...document.querySelectorAll(".board__row")].indexOf(document.activeElement!),
  );
  expect(index).toBe(2);
  await expect.poll(() => page.locator("#board-held").isVisible(), patience).toBe(true);
});

test("the theme follows the system until the reader changes it, and is remembered", async () => {
  const { page } = await setting.visit({ colorScheme: "dark" });
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  expect(await theme()).toBe("dark");
  await page.getByRole("button", { name: "Use the light theme" }).click();
  expect(await theme()).toBe("light");
  await page.reload();
  expect(await theme()).toBe("light");
});
