import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchBrowser } from "@eventwire/programs/browser";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { build } from "vite";
import { type Flights, type FlightsOptions, startFlights } from "../src/app.js";
import { type CutProxy, startCutProxy } from "./cut-proxy.js";

/** A page in a browser of its own session, and what went wrong in it. */
export interface Visit {
  readonly page: Page;
  /** Errors thrown by the page or written to its console, among them requests that failed. */
  readonly errors: string[];
}

/** A browser to visit a hub with, by a way that can be cut. */
export interface Stage {
  readonly proxy: CutProxy;
  /** Opens the page, and waits until the first aircraft are on the map. */
  visit(options?: BrowserContextOptions): Promise<Visit>;
  /** Ends the sessions of all visits. */
  leave(): Promise<void>;
  close(): Promise<void>;
}

/** The hub at work, with the page as it is built from the source. */
export interface Setting extends Stage {
  readonly flights: Flights;
}

/** Desktop, by default: large enough for the page's widest arrangement. */
const DESKTOP = { width: 1440, height: 900 };

/** Builds the page, starts a hub behind a proxy, and starts a browser. */
export async function setTheScene(speed = 180, options: FlightsOptions = {}): Promise<Setting> {
  const pageFolder = await mkdtemp(join(tmpdir(), "flights-page-"));
  const root = join(import.meta.dirname, "..");
  await build({
    root: join(root, "src/page"),
    configFile: join(root, "vite.config.ts"),
    logLevel: "error",
    build: { outDir: pageFolder, emptyOutDir: true },
  });
  const flights = await startFlights({ port: 0, speed, pageFolder, ...options });
  const stage = await setTheStage(flights.url);
  return {
    ...stage,
    flights,
    async close() {
      await stage.close();
      await flights.close();
      await rm(pageFolder, { recursive: true });
    },
  };
}

/** Starts a browser in front of a hub that is there, behind a proxy. */
export async function setTheStage(url: string): Promise<Stage> {
  const proxy = await startCutProxy(url);
  const browser: Browser = await launchBrowser();

  return {
    proxy,
    async visit(options = {}) {
      const context = await browser.newContext({ viewport: DESKTOP, ...options });
      const page = await context.newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(error.message));
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(message.text());
      });
      await page.goto(proxy.url);
      await page.waitForFunction(() => window.flights.positions().length > 500);
      return { page, errors };
    },
    async leave() {
      await Promise.all(browser.contexts().map((context) => context.close()));
    },
    async close() {
      await browser.close();
      await proxy.close();
    },
  };
}
