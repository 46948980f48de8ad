import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { patience } from "./patience.js";
import { recordEvents } from "./received-events.js";
import { type Setting, setTheScene } from "./visit.js";

let setting: Setting;
beforeAll(async () => {
  // What comes over the WebSocket is read here.
  setting = await setTheScene(180, { codec: "json" });
});
afterEach(() => setting.leave());
afterAll(() => setting.close());

test("the airport panel receives its airport's movements and no other's", async () => {
  const { page, errors } = await setting.visit();
  const events = recordEvents(page);
  await page.reload();
  const movements = () => events.filter(({ name }) => name === "airport.movement");
  await expect
    .poll(() => events.filter(({ name }) => name === "flight.departed").length, patience)
    .toBeGreaterThan(20);
  expect(movements()).toEqual([]);

  const search = page.getByRole("combobox", { name: "Find an airport" });
  await search.fill("chicago");
  await page.getByRole("option", { name: /^ORD/ }).waitFor();
  await page.keyboard.press("Enter");
  await expect.poll(() => page.locator("#airport-movements li").count(), patience).toBeGreaterThan(3);
  expect(new Set(movements().map(({ data }) => data.airport))).toEqual(new Set(["ORD"]));

  await search.fill("ATL");
  await page.keyboard.press("Enter");
  await expect.poll(() => movements().some(({ data }) => data.airport === "ATL"), patience).toBe(true);
  const since = movements().findIndex(({ data }) => data.airport === "ATL");
  await expect.poll(() => movements().length - since, patience).toBeGreaterThan(5);
  expect(
    new Set(
      movements()
        .slice(since)
        .map(({ data }) => data.airport),
    ),
  ).toEqual(new Set(["ATL"]));
  expect(errors).toEqual([]);
});

test("the airport panel shows the hub's numbers and closes on Escape", async () => {
  const { page, errors } = await setting.visit();
  await page.getByRole("button", { name: /^DFW/ }).click();
  const departures = page.locator("#airport-departures");
  await expect.poll(async () => Number(await departures.textContent()), patience).toBeGreaterThan(0);
  await expect.poll(() => page.locator("#airport-busiest li").count(), patience).toBeGreaterThan(2);
  await page.getByRole("button", { name: "Close the airport" }).focus();
  await page.keyboard.press("Escape");
  await page.locator("#airport").waitFor({ state: "hidden" });
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("airport-search");
  expect(errors).toEqual([]);
});

test("an airport that the replay does not have is refused with its name", async () => {
  const { page } = await setting.visit();
  await page.getByRole("combobox", { name: "Find an airport" }).fill("QQQ");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.locator("#airport-search-message").textContent(), patience).toContain("QQQ");
});
