import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type HubProcess, startHubProcess } from "./hub-process.js";
import { patience } from "./patience.js";
import { type Stage, setTheStage } from "./visit.js";

let hub: HubProcess;
let stage: Stage;
beforeAll(async () => {
  hub = await startHubProcess(180);
  stage = await setTheStage(hub.url);
});
afterEach(async () => {
  stage.proxy.mend();
  await stage.leave();
});
afterAll(async () => {
  await stage.close();
  await hub.lose();
});

const movements = (page: Page) => page.evaluate(() => window.flights.movements());
const received = async (page: Page) => (await movements(page)).received;
const live = (page: Page) =>
  expect.poll(() => page.locator("#connection-word").textContent(), patience).toBe("Live");

/** Waits until a page has received so many more movements. */
async function receiveMore(page: Page, count: number): Promise<void> {
  const before = await received(page);
  await expect.poll(() => received(page), patience).toBeGreaterThan(before + count);
}

test("a hub that is killed goes on where it was, and two open pages miss nothing", async () => {
  const visits = [await stage.visit(), await stage.visit()];
  for (let round = 0; round < 2; round += 1) {
    for (const { page } of visits) await receiveMore(page, 50);
    const { simulatedTime } = await hub.health();
    await hub.kill();
    const before = await Promise.all(visits.map(({ page }) => received(page)));
    await hub.start();
    expect(Date.parse((await hub.health()).simulatedTime)).toBeGreaterThan(
      Date.parse(simulatedTime) - 600_000,
    );
    for (const [index, { page }] of visits.entries()) {
      await live(page);
      await expect.poll(() => received(page), patience).toBeGreaterThan(before[index]! + 200);
    }
  }
  for (const { page, errors } of visits) {
    expect(await movements(page)).toMatchObject({ missing: 0, repeated: 0 });
    expect(await page.locator("#movements").textContent()).toMatch(/^[\d,]+ movements, none missing$/);
    expect(await page.locator("#movements-gap").textContent()).toBe("");
    // Chromium itself writes each connection that fails to the console.
    expect(errors.filter((error) => !error.startsWith("WebSocket connection to"))).toEqual([]);
  }
});

test("a page that is loaded again has its board at once, and goes on counting", async () => {
  const { page, errors } = await stage.visit();
  await receiveMore(page, 150);
  await page.locator("#pause").click();
  await page.getByRole("button", { name: "Resume the replay" }).waitFor();
  const before = await movements(page);
  // What the board has at once comes from the log, for nothing departs now.
  await page.reload();
  await expect.poll(() => page.locator(".board__row").count(), patience).toBeGreaterThan(30);
  await page.getByRole("button", { name: "Resume the replay" }).click();
  await expect.poll(() => received(page), patience).toBeGreaterThan(before.received + 50);
  expect(await movements(page)).toMatchObject({ missing: 0, repeated: 0 });
  expect(errors).toEqual([]);
});

test("an alert that is raised offline waits, also over a reload, and comes once", async () => {
  const one = await stage.visit();
  const other = await stage.visit();
  stage.proxy.cut("bus");
  await one.page.locator("#connection-notice").waitFor();
  await one.page.locator("#alert-open").click();
  await one.page.getByLabel("Message").fill("Radar is out at SLC");
  await one.page.locator("#alert-send").click();
  const waiting = one.page.locator("#alerts-waiting");
  await expect.poll(() => waiting.textContent(), patience).toBe("1 alert waits for the hub.");
  await one.page.reload();
  await expect.poll(() => waiting.textContent(), patience).toBe("1 alert waits for the hub.");

  stage.proxy.mend();
  const alerts = other.page.locator(".alert", { hasText: "Radar is out at SLC" });
  await alerts.first().waitFor();
  await expect.poll(() => waiting.textContent(), patience).toBe("");
  await one.page.locator(".alert", { hasText: "Radar is out at SLC" }).waitFor();
  // Whatever would come twice has come once the next alert is there.
  await one.page.locator("#alert-open").click();
  await one.page.getByLabel("Message").fill("Radar is back at SLC");
  await one.page.locator("#alert-send").click();
  await other.page.locator(".alert", { hasText: "Radar is back at SLC" }).waitFor();
  expect(await alerts.count()).toBe(1);
});

test("a hub that has lost its log begins anew, and an open page says why it cannot know what is missing", async () => {
  const { page } = await stage.visit();
  await receiveMore(page, 50);
  await hub.lose();
  await hub.start();
  await live(page);
  const gap = page.locator("#movements-gap");
  await expect.poll(() => gap.textContent(), patience).toBe("Some may be missing: the hub has a new log.");
  await receiveMore(page, 50);
  expect(await movements(page)).toMatchObject({ missing: 0, repeated: 0 });
});
