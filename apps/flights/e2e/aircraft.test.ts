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

type Places = Map<string, { readonly x: number; readonly y: number }>;

async function places(page: Page): Promise<Places> {
  const positions = await page.evaluate(() => window.flights.positions());
  return new Map(positions.map(({ flight, x, y }) => [flight, { x, y }]));
}

/** Waits while the page shows this many further frames, or this much real time passes in it. */
const watch = (page: Page, milliseconds: number): Promise<void> =>
  page.evaluate(
    (duration) =>
      new Promise<void>((resolve) => {
        const started = performance.now();
        const look = (now: number): unknown =>
          now - started >= duration ? resolve() : requestAnimationFrame(look);
        requestAnimationFrame(look);
      }),
    milliseconds,
  );

test("every aircraft that the hub has in the air is on the map", async () => {
  const { page, errors } = await setting.visit();
  // Guam lies beyond the map; a flight may take off or land between the two counts.
  await expect
    .poll(async () => Math.abs((await places(page)).size - setting.flights.health().airborne), patience)
    .toBeLessThan(25);
  expect(errors).toEqual([]);
});

test("at least 95% of the aircraft change place within 5 seconds", async () => {
  const { page, errors } = await setting.visit();
  const before = await places(page);
  await watch(page, 5_000);
  const after = await places(page);
  const still = [...before].filter(([flight, { x, y }]) => {
    const now = after.get(flight);
    return now !== undefined && Math.hypot(now.x - x, now.y - y) < 0.5;
  });
  expect(before.size).toBeGreaterThan(500);
  expect(still.length / before.size).toBeLessThan(0.05);
  expect(errors).toEqual([]);
});

test("the aircraft are drawn anew as they move, and the land is not", async () => {
  const { page } = await setting.visit();
  const drawn = () =>
    page.evaluate(() =>
      [...document.querySelectorAll<HTMLCanvasElement>(".stage__canvas")].map((canvas) => canvas.toDataURL()),
    );
  const [land, aircraft] = await drawn();
  await watch(page, 1_000);
  const [landAfter, aircraftAfter] = await drawn();
  expect(landAfter).toBe(land);
  expect(aircraftAfter === aircraft).toBe(false);
});

test("fewer than 5% of the frames take over 33 ms", async () => {
  const { page } = await setting.visit();
  await watch(page, 6_000);
  const times = (await page.evaluate(() => window.flights.frameTimes())).slice(-300);
  const slow = times.filter((time) => time > 33.4);
  console.info(`${slow.length} of ${times.length} frames took over 33 ms`);
  expect(times.length).toBeGreaterThan(100);
  expect(slow.length / times.length).toBeLessThan(0.05);
});

test("two pages show the same aircraft in the same places", async () => {
  const one = await setting.visit();
  const other = await setting.visit();
  // Both have eased toward what the hub reports once each aircraft has reported.
  await watch(other.page, 3_500);
  const [here, there] = await Promise.all([places(one.page), places(other.page)]);
  const shared = [...here].filter(([flight]) => there.has(flight));
  expect(shared.length / Math.max(here.size, there.size)).toBeGreaterThan(0.97);
  // Map units, of which the map is 975 wide; at 180 times an aircraft crosses some 11 of them a second.
  const apart = shared.filter(([flight, { x, y }]) => {
    const place = there.get(flight)!;
    return Math.hypot(place.x - x, place.y - y) > 6;
  });
  expect(apart.length / shared.length).toBeLessThan(0.02);
  expect([...one.errors, ...other.errors]).toEqual([]);
});

test("a flight chosen on the departures board is shown on the map, and Escape lets it go", async () => {
  const { page } = await setting.visit();
  const row = page.locator(".board__row").first();
  await row.waitFor();
  await row.focus();
  const codes = await row.locator(".board__codes").textContent();
  await page.keyboard.press("Enter");
  await page.locator(".flight-card").waitFor();
  expect(await page.locator(".flight-card__codes").textContent()).toBe(codes);
  await page.keyboard.press("Escape");
  await page.locator(".flight-card").waitFor({ state: "hidden" });
});
