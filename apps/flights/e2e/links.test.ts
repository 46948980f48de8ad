import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createBus } from "@eventwire/core";
import { launchBrowser } from "@eventwire/programs/browser";
import { serve } from "@eventwire/websocket";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { createServer, defaultClientConditions, type ViteDevServer } from "vite";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { desk } from "./links/contract.js";
import { patience } from "./patience.js";

let vite: ViteDevServer;
let browser: Browser;
let context: BrowserContext;
let url: string;

beforeAll(async () => {
  vite = await createServer({
    root: join(import.meta.dirname, "links"),
    configFile: false,
    logLevel: "error",
    resolve: { conditions: ["@eventwire/source", ...defaultClientConditions] },
    server: { host: "127.0.0.1", port: 0, hmr: false },
  });
  await vite.listen();
  url = vite.resolvedUrls!.local[0]!;
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await vite.close();
});
beforeEach(async () => {
  context = await browser.newContext();
});
afterEach(() => context.close());

/** Another tab of the same browser. */
async function openTab(): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => window.links !== undefined);
  return page;
}

async function connectTab(how: "dedicated" | "shared" | "tab"): Promise<Page> {
  const page = await openTab();
  await page.evaluate((name) => {
    window.client = window.links[name]();
  }, how);
  return page;
}

const states = (page: Page) => page.evaluate(() => window.client.states);
const count = (page: Page, what: "note.count" | "peer.count") =>
  page.evaluate((name) => window.client.bus.request(name, {}), what);
const write = (page: Page, text: string) =>
  page.evaluate(
    (written) => window.client.bus.emit("note.written", { text: written, at: new Date(0) }),
    text,
  );

it("joins a page and its worker, and notices at once that the worker is gone", async () => {
  const page = await connectTab("dedicated");
  await write(page, "from the page");
  expect(await count(page, "note.count")).toBe(1);
  // A worker that is slow to start is tried again.
  const begun = (await states(page)).filter((state) => state !== "connecting: ConnectFailed");
  expect(begun).toEqual(["connecting", "connected"]);
  const ended = performance.now();
  await page.evaluate(() => void window.client.bus.request("worker.end", {}).result());
  await vi.waitFor(async () => expect(await states(page)).toContain("reconnecting: Lost"), patience);
  // Its lock tells; asking for signs of life would take half a minute.
  expect(performance.now() - ended).toBeLessThan(10_000);
});

it("joins tabs over a broadcast channel, and notices at once which of them are gone", async () => {
  const server = await openTab();
  await server.evaluate(() => {
    window.hub = window.links.serveTabs();
  });
  const [one, two] = [await connectTab("tab"), await connectTab("tab")];
  await vi.waitFor(async () => expect(await count(one, "peer.count")).toBe(2), patience);
  await write(one, "hello");
  await vi.waitFor(
    async () =>
      expect(await two.evaluate(() => window.client.heard)).toEqual(["hello 1970-01-01T00:00:00.000Z"]),
    patience,
  );
  const facts = await server.evaluate(() => window.hub.peers().map(({ facts }) => facts.halfOpen));
  expect(facts).toEqual([false, false]);

  const closed = performance.now();
  await one.close();
  await vi.waitFor(async () => expect(await count(two, "peer.count")).toBe(1), patience);
  await server.close();
  await vi.waitFor(async () => expect(await states(two)).toContain("reconnecting: Lost"), patience);
  expect(performance.now() - closed).toBeLessThan(10_000);

  const next = await openTab();
  await next.evaluate(() => void window.links.serveTabs());
  expect(await count(two, "peer.count")).toBe(1);
});

it("notices at once that a tab has crashed", async () => {
  const server = await openTab();
  await server.evaluate(() => {
    window.hub = window.links.serveTabs();
  });
  const [crashing, other] = [await connectTab("tab"), await connectTab("tab")];
  await vi.waitFor(async () => expect(await count(other, "peer.count")).toBe(2), patience);
  const crashed = performance.now();
  // It ends the process of that tab, so that nothing answers.
  crashing.goto("chrome://crash").catch(() => undefined);
  await vi.waitFor(async () => expect(await count(other, "peer.count")).toBe(1), patience);
  expect(performance.now() - crashed).toBeLessThan(10_000);
});

it("joins tabs by a shared worker", async () => {
  const [one, two] = [await connectTab("shared"), await connectTab("shared")];
  await vi.waitFor(async () => expect(await count(one, "peer.count")).toBe(2), patience);
  await two.close();
  await vi.waitFor(async () => expect(await count(one, "peer.count")).toBe(1), patience);
});

it("joins a page and a server by the browser's own WebSocket, from the origins that are allowed", async () => {
  const http = createHttpServer();
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const bus = createBus(desk);
  onTestFinished(async () => {
    await bus.close();
    http.close();
  });
  const options = {
    authenticate: () => ({ id: "page" }),
    allow: { listen: { "*": true }, emit: { "*": true }, request: { "*": true } },
  } as const;
  serve(bus, http, { ...options, origins: [new URL(url).origin] });
  serve(bus, http, { ...options, path: "/own-pages-only" });
  const texts: string[] = [];
  bus.on("note.written", ({ text }) => texts.push(text));
  bus.handle("note.count", () => texts.length);
  const page = await openTab();
  const connectTo = (path: string) =>
    page.evaluate(
      (to) => {
        window.client = window.links.webSocket(to);
      },
      `http://127.0.0.1:${(http.address() as AddressInfo).port}${path}`,
    );

  await connectTo("/own-pages-only");
  await vi.waitFor(async () => expect(await states(page)).toContain("connecting: ConnectFailed"), patience);
  await page.evaluate(() => window.client.bus.close());

  await connectTo("/eventwire");
  expect(await count(page, "note.count")).toBe(0);
  // More than may wait at once, so that the page has to be told when to go on.
  await page.evaluate(async () => {
    for (let note = 0; note < 40; note++) {
      window.client.bus.emit("note.written", { text: `${note} ${"x".repeat(100_000)}`, at: new Date() });
      await new Promise((resolve) => setTimeout(resolve));
    }
  });
  await vi.waitFor(
    () =>
      expect(texts.map((text) => Number(text.split(" ")[0]))).toEqual(
        Array.from({ length: 40 }, (_, note) => note),
      ),
    patience,
  );
  bus.emit("note.written", { text: "to the page", at: new Date(0) });
  await vi.waitFor(
    async () =>
      expect(await page.evaluate(() => window.client.heard)).toContain(
        "to the page 1970-01-01T00:00:00.000Z",
      ),
    patience,
  );
  expect(await states(page)).toEqual(["connecting", "connected"]);
});
