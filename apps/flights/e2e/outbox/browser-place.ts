import type { OpenOutbox, OutboxStore } from "@eventwire/core";
import type { BrowserContext, Page } from "playwright-core";
import type { Found, Outcome } from "./page.js";

/** A tab, and the store of outboxes that is in it. */
export interface BrowserPlace {
  readonly page: Page;
  readonly store: OutboxStore;
  /** Ends the process of the tab. */
  crash(): Promise<void>;
}

export interface BrowserPlaceOptions {
  /** The outboxes' name. Default `"test"`. */
  readonly name?: string;
  readonly durability?: "relaxed" | "strict";
}

/** Opens a tab with a store. */
export async function openPlace(
  context: BrowserContext,
  url: string,
  { name = "test", durability = "relaxed" }: BrowserPlaceOptions = {},
): Promise<BrowserPlace> {
  const page = await context.newPage();
  const calls = new Calls(page);
  const lefts = new Map<number, (outbox: OpenOutbox) => void>();
  await page.exposeFunction("tellOutcome", calls.settle);
  await page.exposeFunction("tellLeft", (opening: number, found: Found) =>
    lefts.get(opening)?.(outboxIn(calls, found)),
  );
  await page.goto(url);
  await page.waitForFunction(() => window.outbox !== undefined);
  const store: OutboxStore = {
    durability: durability === "strict" ? "power" : "process",
    async open({ left, signal }) {
      const stop = (opening: number) => page.evaluate((one) => window.outbox.stop(one), opening).catch(gone);
      const found = await calls.ask<Found>((call) => {
        lefts.set(call, left);
        signal.addEventListener("abort", () => stop(call));
        const asked = page.evaluate(([one, called, kept]) => window.outbox.open(one, called, kept), [
          call,
          name,
          durability,
        ] as const);
        if (signal.aborted) void stop(call);
        return asked;
      });
      return outboxIn(calls, found);
    },
  };
  return {
    page,
    store,
    async crash() {
      const crashed = page.waitForEvent("crash");
      page.goto("chrome://crash").catch(gone);
      await crashed;
    },
  };
}

/** What a page was asked for and has not answered. */
class Calls {
  readonly page: Page;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #count = 0;

  constructor(page: Page) {
    this.page = page;
    for (const event of ["crash", "close"] as const) {
      page.on(event as "close", () => {
        for (const { reject } of this.#waiting.values()) reject(new Error("The page has ended."));
      });
    }
  }

  ask<T>(send: (call: number) => Promise<unknown>): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      const call = ++this.#count;
      this.#waiting.set(call, { resolve, reject });
      send(call).catch(reject);
    }) as Promise<T>;
  }

  readonly settle = (call: number, outcome: Outcome<unknown>): void => {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    if ("error" in outcome) {
      waiting?.reject(Object.assign(new Error(outcome.error.message), outcome.error));
    } else waiting?.resolve(outcome.value);
  };
}

function outboxIn(calls: Calls, { id, producer, state, entries }: Found): OpenOutbox {
  const { page } = calls;
  return {
    producer,
    state,
    entries,
    put: (more) =>
      calls.ask((call) =>
        page.evaluate(([one, to, put]) => window.outbox.put(one, to, put), [call, id, [...more]] as const),
      ),
    advance: (done, next) =>
      calls.ask((call) =>
        page.evaluate(([one, of, count, kept]) => window.outbox.advance(one, of, count, kept), [
          call,
          id,
          done,
          { ...next },
        ] as const),
      ),
    close: () =>
      calls.ask((call) => page.evaluate(([one, of]) => window.outbox.close(one, of), [call, id] as const)),
  };
}

/** A page that has crashed or was closed says nothing more. */
function gone(): undefined {
  return undefined;
}
