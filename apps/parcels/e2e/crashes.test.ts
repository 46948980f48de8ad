import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "@eventwire/socket.io-client";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parcels } from "../src/contract.js";
import { loadPlaces, milesBetween } from "../src/places/places.js";
import { patience, type Stage, setTheStage } from "./stage.js";

let stage: Stage;
let operator: Page;
let bus: ReturnType<typeof connectOperator>;
/** Parcels that were in the hands of dana when it was killed. */
let held: string;
const delivered = new Map<string, { driver: string; attempt: number }[]>();

beforeAll(async () => {
  stage = await setTheStage({ vendors: 1, drivers: 3, speed: 4 });
  operator = await stage.operate();
  bus = connectOperator();
  bus.on("parcel.delivered", ({ parcel, driver, attempt }) => {
    delivered.set(parcel, [...(delivered.get(parcel) ?? []), { driver, attempt }]);
  });
});
afterAll(async () => {
  await bus.close();
  await stage.close();
});

/** The lease of a driver that is lost is 30 s; then others have what it had. */
const leaseOver = { timeout: 45_000, interval: 200 } as const;
const places = loadPlaces();

function connectOperator() {
  const auth = { role: "operator", name: "operator", key: stage.service.key };
  return connect(parcels, stage.service.url, { auth });
}
const press = (name: string) => operator.getByRole("button", { name, exact: true }).click();
const stateOf = (name: string) =>
  operator.locator("#processes tbody tr", { hasText: name }).locator("td").first().textContent();
const figure = async (id: string) => Number(await operator.locator(`#${id}`).textContent()) || 0;
const connection = () => operator.locator("#connection").textContent();

/** Waits until a number of the page is so much larger. */
async function more(id: string, by: number): Promise<void> {
  const before = await figure(id);
  await expect.poll(() => figure(id), patience).toBeGreaterThanOrEqual(before + by);
}

test("a driver that is killed on its way is started again, and one that is stopped is not", async () => {
  const ways = new Map<string, number>();
  bus.on("parcel.accepted", ({ parcel, from, to }) =>
    ways.set(parcel, milesBetween(places.get(from)!, places.get(to)!)),
  );
  // One that is under way for longer than a kill takes.
  const { pid } = stage.service.processes().find(({ name }) => name === "dana")!;
  held = await new Promise<string>((resolve) => {
    const driving = bus.on("parcel.inTransit", ({ parcel, driver }) => {
      if (driver === "dana" && (ways.get(parcel) ?? 0) > 1_000) {
        process.kill(pid!, "SIGKILL");
        driving();
        resolve(parcel);
      }
    });
  });
  await expect.poll(() => stateOf("dana"), patience).toBe("Running · 1 lost");
  expect(delivered.get(held)).toBeUndefined();
  await press("Stop dana");
  await expect.poll(() => stateOf("dana"), patience).toBe("Stopped · 1 lost");
});

test("a hub that is killed goes on where it was, and the vendors' books add up", async () => {
  await more("delivered", 3);
  await press("Kill hub");
  await expect.poll(connection, patience).toBe("Reconnecting");
  await expect.poll(() => stateOf("hub"), patience).toBe("Running · 1 lost");
  await expect.poll(connection, patience).toBe("Live");
  await more("delivered", 3);

  await press("Stop hub");
  await expect.poll(() => stateOf("hub"), patience).toBe("Stopped · 1 lost");
  const written = () => readFileSync(join(stage.data, "acorn.jsonl"), "utf8").match(/"from"/g)!.length;
  const before = written();
  await expect.poll(written, patience).toBeGreaterThan(before + 2);
  const meanwhile = written();
  await press("Start hub");
  await expect.poll(connection, patience).toBe("Live");
  await expect
    .poll(async () => (await figure("handedIn")) - (await figure("waiting")), patience)
    .toBeGreaterThan(meanwhile);
  expect(await operator.locator("#verdict").textContent()).toBe(
    "It adds up: none is lost, none was delivered twice",
  );
});

test("a parcel that nobody can deliver ends among the dead letters, and is delivered once it is redriven", async () => {
  const vendor = await stage.enter("/vendor", "ann");
  await vendor.locator("#to").selectOption("ANC");
  await vendor.getByRole("button", { name: "Hand it in" }).click();
  const parcel = vendor.locator("#parcels li").first();
  await expect.poll(() => parcel.textContent(), patience).toMatch(/Failed.*ANC is closed\./);

  const redrive = operator.getByRole("button", { name: /^Redrive ann-/ });
  await redrive.waitFor();
  await press("Open ANC");
  await operator.getByText("All places are open.").waitFor();
  await redrive.click();
  await expect.poll(() => parcel.textContent(), patience).toContain("Delivered");
  await redrive.waitFor({ state: "detached" });
});

test("what a killed driver had is delivered by another, once, and it still adds up", async () => {
  await expect.poll(() => delivered.get(held), leaseOver).toBeDefined();
  const [one, ...others] = delivered.get(held)!;
  expect(one!.driver).not.toBe("dana");
  expect(one!.attempt).toBeGreaterThan(1);
  expect(others).toEqual([]);
  expect(await operator.locator("#verdict").textContent()).toBe(
    "It adds up: none is lost, none was delivered twice",
  );
  expect(stage.errors).toEqual([]);
});
