import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@eventwire/socket.io-client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Flights, startFlights } from "./app.js";
import { type Alert, airspace, type Position, type Replay } from "./contract.js";

let pageFolder: string;
let flights: Flights;
let pages: ReturnType<typeof open>[];

beforeAll(async () => {
  pageFolder = await mkdtemp(join(tmpdir(), "flights-app-"));
  await writeFile(join(pageFolder, "index.html"), "<!doctype html><title>Flights</title>");
});
afterAll(() => rm(pageFolder, { recursive: true }));

beforeEach(async () => {
  pages = [];
  flights = await startFlights({ port: 0, speed: 3_600, pageFolder });
});
afterEach(async () => {
  await Promise.all(pages.map((page) => page.close()));
  await flights.close();
});

function open() {
  return connect(airspace, flights.url);
}

const alert = (text: string): Alert => ({ level: "info", text });

/** A page of the app, ended after the test. */
function openPage() {
  const page = open();
  pages.push(page);
  return page;
}

describe("the flights app", () => {
  test("shows two pages the same sky", async () => {
    const [left, right] = [openPage(), openPage()];
    const ticks: Replay[][] = [[], []];
    await Promise.all(
      [left, right].map((page, side) => page.on("replay.ticked", (tick) => ticks[side]!.push(tick)).ready),
    );
    await expect
      .poll(() => Math.min(ticks[0]!.length, ticks[1]!.length), { timeout: 10_000 })
      .toBeGreaterThan(3);
    const shared = ticks[0]!.filter(({ simulatedTime }) =>
      ticks[1]!.some((other) => other.simulatedTime === simulatedTime),
    );
    expect(shared.length).toBeGreaterThan(2);
    for (const tick of shared) expect(ticks[1]).toContainEqual(tick);
  });

  test("moves the aircraft of the snapshot", async () => {
    const page = openPage();
    const { positions } = await page.request("airspace.snapshot", {});
    expect(positions.length).toBeGreaterThan(1_000);
    const before = new Map(positions.map((position) => [position.flight, position]));
    const moved: Position[] = [];
    await page.on("flight.position", (position) => {
      const start = before.get(position.flight);
      if (start && (start.latitude !== position.latitude || start.longitude !== position.longitude))
        moved.push(position);
    }).ready;
    await expect.poll(() => moved.length).toBeGreaterThan(100);
  });

  test("an airport's page receives that airport's movements and no other's", async () => {
    const page = openPage();
    const airports: string[] = [];
    await page.on("airport.movement", ({ airport }) => airports.push(airport), { key: "ATL" }).ready;
    await expect.poll(() => airports.length).toBeGreaterThan(20);
    expect(new Set(airports)).toEqual(new Set(["ATL"]));
  });

  test("an alert of one page is seen by another, and a flood of them waits for its turn", async () => {
    const [left, right] = [openPage(), openPage()];
    const seen: string[] = [];
    await right.on("alert.raised", ({ text }) => seen.push(text)).ready;
    const receipts = Array.from({ length: 6 }, (_, index) =>
      left.emit("alert.raised", alert(`alert ${index + 1}`)),
    );
    await Promise.all(receipts.slice(0, 5));
    expect(left.connection.outbox.size).toBe(1);
    await expect.poll(() => seen.slice(0, 5)).toEqual([1, 2, 3, 4, 5].map((count) => `alert ${count}`));
  });

  test("refuses what the contract does not allow, before it reaches the replay", async () => {
    const outcome = await openPage().request("replay.control", { speed: 3_601 }).result();
    expect(outcome).toMatchObject({ ok: false, error: { code: "Invalid" } });
  });

  test("lets a page change the speed, but not endlessly", async () => {
    const page = openPage();
    expect(await page.request("replay.control", { speed: 60 })).toMatchObject({ speed: 60 });
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => page.request("replay.control", { paused: true }).result()),
    );
    const refused = outcomes.filter(({ ok }) => !ok);
    expect(refused).toHaveLength(11);
    expect(refused[0]).toMatchObject({
      error: { code: "Overflow", message: expect.stringContaining("Try again in") },
    });
  });

  test("gives a visitor who connects again no new alerts and changes", async () => {
    const first = openPage();
    await Promise.all([1, 2, 3, 4, 5].map((count) => first.emit("alert.raised", alert(`alert ${count}`))));
    await Promise.all(
      Array.from({ length: 11 }, () => first.request("replay.control", { paused: true }).result()),
    );
    await first.close();
    const second = openPage();
    const late = second.emit("alert.raised", alert("once more"));
    // As many as a visitor may who was not here before, where a few may again by now.
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => second.request("replay.control", { paused: true }).result()),
    );
    expect(outcomes).toContainEqual(
      expect.objectContaining({ ok: false, error: expect.objectContaining({ code: "Overflow" }) }),
    );
    expect(second.connection.outbox.size).toBe(1);
    expect(await late).toMatchObject({ duplicate: false });
  });

  test("counts its pages in /health", async () => {
    await openPage().request("airport.stats", { airport: "SFO" });
    await openPage().request("airport.stats", { airport: "SFO" });
    const health = await (await fetch(`${flights.url}/health`)).json();
    expect(health).toMatchObject({ status: "ok", clients: 2 });
    expect(health.departed).toBeGreaterThanOrEqual(1_716);
    expect(health.airborne).toBeGreaterThan(1_000);
    expect(new Date(health.simulatedTime).toISOString()).toBe(health.simulatedTime);
  });

  test("says that a port is taken", async () => {
    const port = Number(new URL(flights.url).port);
    await expect(startFlights({ port, pageFolder })).rejects.toThrow(`Port ${port} is in use`);
  });

  test("ends at once while pages are connected, and frees its port", async () => {
    await openPage().request("airport.stats", { airport: "SFO" });
    const began = performance.now();
    await flights.close();
    expect(performance.now() - began).toBeLessThan(2_000);
    await expect(fetch(flights.url)).rejects.toThrow();
  });

  test("turns away a page of another origin", async () => {
    const page = connect(airspace, flights.url, {
      socket: { extraHeaders: { Origin: "https://elsewhere.example" } },
    });
    pages.push(page);
    await expect
      .poll(() => page.connection.status)
      .toMatchObject({ state: "closed", reason: { code: "Denied" } });
  });

  test("lets a page of its own origin in", async () => {
    const page = connect(airspace, flights.url, { socket: { extraHeaders: { Origin: flights.url } } });
    pages.push(page);
    await expect.poll(() => page.connection.status.state).toBe("connected");
  });

  test("refuses more than any question needs, and goes on answering", async () => {
    const page = openPage();
    const flood = { airport: "S".repeat(100_000) };
    const outcome = await page.request("airport.stats", flood, { timeout: 1_000 }).result();
    expect(outcome).toMatchObject({ ok: false, error: { code: "Overflow" } });
    expect(await page.request("airport.stats", { airport: "SFO" })).toMatchObject({ airport: "SFO" });
  });
});
