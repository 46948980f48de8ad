import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchBrowser } from "@eventwire/programs/browser";
import type { BrowserContextOptions, Page } from "playwright-core";
import { readSettings, type Settings } from "../src/supervisor/settings.js";
import { type ParcelService, startParcels } from "../src/supervisor/start-parcels.js";

/** The service at work, and a browser to visit it with. */
export interface Stage {
  readonly service: ParcelService;
  /** The folder of the log and of the vendors' books. */
  readonly data: string;
  /** Opens a page of the service in a session of its own. */
  visit(path: string, options?: BrowserContextOptions): Promise<Page>;
  /** The operators' page. */
  operate(options?: BrowserContextOptions): Promise<Page>;
  /** A page on which somebody has signed in. */
  enter(path: "/driver" | "/vendor", name: string, options?: BrowserContextOptions): Promise<Page>;
  /** What pages threw or wrote to their consoles, but for connections that were lost. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}

/** How long the tests wait for what a page comes to show, and how often they look: milliseconds. */
export const patience = { timeout: 45_000, interval: 100 } as const;

export const looks = {
  wide: { viewport: { width: 1440, height: 900 }, colorScheme: "light" },
  dark: { viewport: { width: 1440, height: 900 }, colorScheme: "dark" },
  phone: {
    ...{ viewport: { width: 360, height: 780 }, colorScheme: "light" },
    ...{ deviceScaleFactor: 2, hasTouch: true, isMobile: true },
  },
} satisfies Record<string, BrowserContextOptions>;

/** Starts the built service on a free port and a log of its own; it needs `npm run build -- @eventwire/parcels`. */
export async function setTheStage(settings: Partial<Settings>): Promise<Stage> {
  const data = await mkdtemp(join(tmpdir(), "parcels-"));
  const chosen = { ...readSettings({ PORT: "0" }, data), data, ...settings };
  const service = await startParcels(chosen, join(import.meta.dirname, "../dist"));
  const browser = await launchBrowser();
  const errors: string[] = [];

  const visit: Stage["visit"] = async (path, options = {}) => {
    const page = await (await browser.newContext(options)).newPage();
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => {
      const text = message.text();
      if (message.type() === "error" && !text.startsWith("WebSocket connection to")) errors.push(text);
    });
    await page.goto(service.url + path);
    return page;
  };
  return {
    ...{ service, data, errors, visit },
    operate: (options) => visit(`/operations#${service.key}`, options),
    async enter(path, name, options) {
      const page = await visit(path, options);
      await page.getByLabel("Your name").fill(name);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByText("Live", { exact: true }).waitFor();
      return page;
    },
    async close() {
      await browser.close();
      await service.close();
      await rm(data, { recursive: true });
    },
  };
}
