import { launchBrowser } from "@eventwire/programs/browser";
import { testOutboxStore } from "@eventwire/testing/outbox";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { openPlace } from "./outbox/browser-place.js";
import { servePage } from "./outbox/serve-page.js";

let browser: Browser;
let site: Awaited<ReturnType<typeof servePage>>;

beforeAll(async () => {
  site = await servePage();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

testOutboxStore("IndexedDB in the tabs of a browser", {
  features: {
    survives: true,
    shared: true,
    crashes: true,
    full: {
      value: false,
      because:
        "the browser remembers for a while how much there was; a test beside this one has little from the beginning",
    },
  },
  async createHarness() {
    const context = await browser.newContext();
    const place = () => openPlace(context, site.url);
    return { place, close: () => context.close() };
  },
});
