import type { OpenOutbox } from "@eventwire/core";
import { launchBrowser } from "@eventwire/programs/browser";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { type BrowserPlace, type BrowserPlaceOptions, openPlace } from "./browser-place.js";
import { servePage } from "./serve-page.js";

/** A browser for the tests of a file, with a session of its own for each. */
export interface Tabs {
  readonly origin: string;
  readonly context: BrowserContext;
  /** Opens a tab with a store. */
  open(options?: BrowserPlaceOptions): Promise<BrowserPlace>;
}

export function useTabs(): Tabs {
  let browser: Browser;
  let site: Awaited<ReturnType<typeof servePage>>;
  let context: BrowserContext;
  beforeAll(async () => {
    site = await servePage();
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });
  beforeEach(async () => {
    context = await browser.newContext();
  });
  afterEach(() => context.close());
  return {
    get origin() {
      return new URL(site.url).origin;
    },
    get context() {
      return context;
    },
    open: (options) => openPlace(context, site.url, options),
  };
}

/** Opens an outbox in a tab, and gathers those that it is told of. */
export async function openIn({ store }: BrowserPlace) {
  const left: OpenOutbox[] = [];
  const controller = new AbortController();
  const outbox = await store.open({ left: (one) => left.push(one), signal: controller.signal });
  return { outbox, left, stop: () => controller.abort() };
}

export const entryOf = (number: number, body = `[${number}]`) => ({
  id: `id-${number}`,
  name: "order.placed",
  time: number,
  body,
});

export const numbersOf = ({ entries }: OpenOutbox) => entries.map(({ time }) => time);

/** Once the first of an outbox was sent. */
export const state = { epoch: 1, confirmed: 1, first: 2, sent: 0, user: undefined };

/** The databases that there are, in the words of the browser. */
export const databases = (page: Page) =>
  page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
