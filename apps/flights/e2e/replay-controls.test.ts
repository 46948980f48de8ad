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

/** Waits until a page's simulated clock stands and corrections are made, then says how far the aircraft still move. */
async function farthestMove(page: Page): Promise<number> {
  await page.waitForFunction(async () => {
    const before = window.flights.simulatedTime();
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    return Math.abs(window.flights.simulatedTime() - before) < 1;
  });
  return page.evaluate(async () => {
    const frames = async (count: number): Promise<void> => {
      for (let frame = 0; frame < count; frame++) await new Promise(requestAnimationFrame);
    };
    await frames(180);
    const before = new Map(window.flights.positions().map((place) => [place.flight, place]));
    await frames(30);
    const moves = window.flights.positions().map(({ flight, x, y }) => {
      const start = before.get(flight);
      return start === undefined ? 0 : Math.hypot(x - start.x, y - start.y);
    });
    return Math.max(...moves);
  });
}

test("a pause in one page stops the aircraft in all, and they go on afterwards", async () => {
  const one = await setting.visit();
  const other = await setting.visit();
  await one.page.getByRole("button", { name: "Pause the replay" }).click();
  await other.page.getByRole("button", { name: "Resume the replay" }).waitFor();
  expect(await farthestMove(other.page)).toBeLessThan(0.5);
  const paused = setting.flights.health().simulatedTime;
  await other.page.getByRole("button", { name: "Resume the replay" }).click();
  await one.page.getByRole("button", { name: "Pause the replay" }).waitFor();
  await expect.poll(() => setting.flights.health().simulatedTime > paused, patience).toBe(true);
  expect([...one.errors, ...other.errors]).toEqual([]);
});

test("the speed is changed by the keyboard, from 1 to 3,600, for everyone", async () => {
  const one = await setting.visit();
  const other = await setting.visit();
  const slider = one.page.getByRole("slider", { name: "Speed" });
  const shown = other.page.locator("#speed-value");
  await slider.focus();
  await one.page.keyboard.press("End");
  await expect.poll(() => shown.textContent(), patience).toBe("3,600×");
  const before = Date.parse(setting.flights.health().simulatedTime);
  await expect
    .poll(() => Date.parse(setting.flights.health().simulatedTime) - before, patience)
    .toBeGreaterThan(600_000);
  await one.page.keyboard.press("Home");
  await expect.poll(() => shown.textContent(), patience).toBe("1×");
  expect([...one.errors, ...other.errors]).toEqual([]);
});
