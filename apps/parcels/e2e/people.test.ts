import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { looks, patience, type Stage, setTheStage } from "./stage.js";

let stage: Stage;
beforeAll(async () => {
  // Nobody but the people of the tests.
  stage = await setTheStage({ vendors: 0, drivers: 0 });
});
afterAll(() => stage.close());

const press = (page: Page, name: string) => page.getByRole("button", { name }).click();
const parcelsOf = (vendor: Page) => vendor.locator("#parcels li");
const first = (vendor: Page) => parcelsOf(vendor).first().textContent();

/** Hands in a parcel from Seattle. */
async function handIn(vendor: Page, to = "BOS"): Promise<void> {
  await vendor.locator("#to").selectOption(to);
  await press(vendor, "Hand it in");
  await expect.poll(() => first(vendor), patience).toMatch(new RegExp(`SEA → ${to}.*Handed in`));
}

test("a person drives a parcel from pickup to delivery, on a phone, and its vendor is told", async () => {
  const vendor = await stage.enter("/vendor", "ann", looks.phone);
  const driver = await stage.enter("/driver", "dan", looks.phone);
  await handIn(vendor);
  await press(driver, "Go on duty");
  await press(driver, "Take it");
  await driver.getByText("It is yours").waitFor();
  await press(driver, "I have picked it up");
  await expect.poll(() => first(vendor), patience).toMatch(/Picked up.*by dan/);

  await press(driver, "Go off duty");
  await driver.getByText("Deliveries").click();
  await press(driver, "Go on duty");
  await press(driver, "Take it");
  await press(driver, "It is in transit");
  await expect.poll(() => first(vendor), patience).toMatch(/In transit.*by dan/);
  await press(driver, "It is delivered");
  await expect
    .poll(() => vendor.locator("#result").textContent(), patience)
    .toMatch(/was delivered by dan\.$/);
  await expect.poll(() => first(vendor), patience).toMatch(/Delivered.*by dan/);
  await expect.poll(() => vendor.locator("#count").textContent(), patience).toBe("1 of 1 delivered");
});

test("a parcel that a driver declines is offered to another one, in the same attempt", async () => {
  const vendor = await stage.enter("/vendor", "cal");
  await handIn(vendor, "LAX");
  const driver = await stage.enter("/driver", "dee");
  await press(driver, "Go on duty");
  await press(driver, "Decline");
  await driver.getByText(/^cal-\w+: Declined$/).waitFor();
  await press(driver, "Go off duty");
  const other = await stage.enter("/driver", "don");
  await press(other, "Go on duty");
  await press(other, "Take it");
  expect(await other.locator("#attempt").textContent()).toBe("1");
  await press(other, "I have picked it up");
  await expect.poll(() => first(vendor), patience).toMatch(/Picked up.*by don/);
  // Nobody else is to be offered what the next test hands in.
  await press(other, "Go off duty");
});

test("a phone that goes offline says whose the parcel is, and goes on when it is back", async () => {
  const vendor = await stage.enter("/vendor", "bea");
  await handIn(vendor, "MIA");
  const driver = await stage.enter("/driver", "dot", looks.phone);
  await press(driver, "Go on duty");
  await press(driver, "Take it");
  // The hub cannot be heard for as long as it is lost; by a cut of the network Chromium would keep its WebSocket.
  const hub = stage.service.processes().find(({ name }) => name === "hub")!;
  process.kill(hub.pid!, "SIGKILL");
  await driver.getByText(/Offline: yours for about \d+ s more/).waitFor();
  await driver.getByText("It is yours").waitFor();
  await press(driver, "I have picked it up");
  await expect.poll(() => first(vendor), patience).toMatch(/Picked up.*by dot/);
});

test("a stranger sees nothing of another's parcels, and may not take a name of the service", async () => {
  const vendor = await stage.enter("/vendor", "cid");
  await handIn(vendor);
  const stranger = await stage.enter("/vendor", "eve");
  await handIn(stranger, "DEN");
  expect(await parcelsOf(stranger).count()).toBe(1);
  expect(await parcelsOf(stranger).textContent()).toContain("eve-");

  const guesser = await stage.visit("/operations#guess");
  await expect
    .poll(() => guesser.locator("#processes-message").textContent(), patience)
    .toContain("key is wrong");
  await expect.poll(() => guesser.locator("#connection").getAttribute("data-tone"), patience).toBe("bad");
  expect(await guesser.locator("#processes tbody tr").count()).toBe(0);
});

test("a driver gets by with the keyboard alone, and fails a parcel with a reason", async () => {
  const vendor = await stage.enter("/vendor", "fay");
  const driver = await stage.visit("/driver");
  const { keyboard } = driver;
  const focused = () =>
    driver.evaluate(() => document.activeElement?.id || document.activeElement?.textContent?.trim());
  const tabTo = async (name: string) => {
    for (let stop = 0; stop < 12 && (await focused()) !== name; stop++) await keyboard.press("Tab");
    expect(await focused()).toBe(name);
    const outline = await driver.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle);
    expect(outline).toBe("solid");
  };
  await tabTo("name");
  await keyboard.type("fred");
  await keyboard.press("Enter");
  await driver.getByText("Live", { exact: true }).waitFor();
  await tabTo("duty");
  await keyboard.press("Enter");
  // What the tests before have left is offered as well.
  await handIn(vendor);
  for (let more = true; more; ) {
    await driver.getByRole("button", { name: "Take it" }).waitFor();
    await expect.poll(focused, patience).toBe("job-title");
    more = !(await driver.locator("#parcel").textContent())!.startsWith("fay-");
    await tabTo("take");
    await keyboard.press("Enter");
    if (!more) break;
    await tabTo("next");
    await keyboard.press("Enter");
    await expect.poll(() => driver.locator("#log li").count(), patience).toBeGreaterThan(0);
  }
  await tabTo("reason");
  await keyboard.type("Nobody was there");
  await keyboard.press("Enter");
  await driver.getByText(/^fay-\w+: Nobody was there$/).waitFor();
});
