import { expect } from "vitest";
import type { Scenario } from "./behaviour-cases.js";
import type { BehaviourFeatures } from "./harness.js";
import { rejection, type Stage } from "./stage.js";

/** How far a handler may be ahead of who takes its items. */
const mostAhead = 16;

/** Answers of many items, and everything that can become of them. */
export function testStreams(scenario: Scenario, { boundary }: BehaviourFeatures): void {
  scenario("a stream brings every item in order, and ends with the last", async (stage) => {
    const client = stage.client();
    countUp(stage);
    await stage.settle();
    for (const count of [0, 1, 16, 17, 1_000]) {
      const expected = Array.from({ length: count }, (_, index) => index);
      expect(await all(client.bus.request("number.series", { from: 0, count }))).toEqual(expected);
    }
  });

  scenario("a stream ends with the loop that takes it, and its handler with it", async (stage) => {
    const client = stage.client();
    const series = countUp(stage);
    await stage.settle();
    for await (const item of client.bus.request("number.series", endless)) if (item === 30) break;
    await stage.becomes(series.ended, 1);
    expect(series.signal().aborted).toBe(true);
  });

  scenario("a stream that its taker aborts is Aborted, and its handler ends", async (stage) => {
    const client = stage.client();
    const series = countUp(stage);
    await stage.settle();
    const controller = new AbortController();
    const items = client.bus.request("number.series", endless, { signal: controller.signal });
    expect(await items.next()).toEqual({ done: false, value: 0 });
    controller.abort();
    expect(await rejection(items.next())).toMatchObject({ code: "Aborted" });
    expect(await items.next()).toEqual({ done: true, value: undefined });
    await stage.becomes(series.ended, 1);
  });

  scenario("a handler is no further ahead of who takes its items than a few", async (stage) => {
    const client = stage.client();
    const series = countUp(stage);
    await stage.settle();
    const items = client.bus.request("number.series", endless);
    for (let taken = 1; taken <= 50; taken++) {
      await items.next();
      await client.bus.request("suite.synchronised", 0);
      expect(series.made() - taken).toBeLessThanOrEqual(mostAhead);
    }
    await items.return?.();
    await stage.becomes(series.ended, 1);
  });

  scenario(
    "a stream that nobody takes holds up neither another one, nor requests, nor events",
    async (stage) => {
      const client = stage.client();
      countUp(stage);
      const seen: unknown[] = [];
      client.bus.on("number.counted", (count) => seen.push(count));
      await stage.settle();
      const idle = client.bus.request("number.series", endless);
      await idle.next();
      expect(await all(client.bus.request("number.series", { from: 5, count: 40 }))).toHaveLength(40);
      stage.server.bus.emit("number.counted", 1);
      await client.bus.request("suite.synchronised", 0);
      expect(seen).toEqual([1]);
      await idle.return?.();
    },
  );

  scenario(
    "an error of a stream arrives behind the items before it, declared with its detail",
    async (stage) => {
      const client = stage.client();
      stage.server.bus.handle("number.series", async function* ({ count }, { error }) {
        for (let index = 0; index < count; index++) yield index;
        throw error("SeriesBroken", { at: count });
      });
      await stage.settle();
      const taken: number[] = [];
      const taking = (async () => {
        for await (const item of client.bus.request("number.series", { from: 0, count: 20 }))
          taken.push(item);
      })();
      expect(await rejection(taking)).toMatchObject({ code: "SeriesBroken", detail: { at: 20 } });
      expect(taken).toHaveLength(20);
    },
  );

  scenario("a stream that nobody handles is NoHandler", async (stage) => {
    const client = stage.client();
    await stage.settle();
    const items = client.bus.request("number.series", endless);
    expect(await rejection(items.next())).toMatchObject({ code: "NoHandler" });
  });

  scenario("a stream has its time to begin, and then is as quiet as it likes", async (stage) => {
    const client = stage.client();
    let speak: () => void = () => undefined;
    let begins = false;
    stage.server.bus.handle("number.series", (_, { signal }) => {
      if (!begins) return never(signal);
      return (async function* () {
        await new Promise<void>((resolve) => (speak = resolve));
        yield 1;
      })();
    });
    stage.server.bus.handle("value.echo", (_, { signal }) => never(signal));
    await stage.settle();
    const late = client.bus.request("number.series", endless, { timeout: 50 });
    expect(await rejection(late.next())).toMatchObject({ code: "Timeout" });
    begins = true;
    const items = client.bus.request("number.series", endless, { timeout: stage.patience / 10 });
    const quiet = items.next();
    // So that a failure is not nobody's while the next line waits.
    quiet.catch(() => undefined);
    expect(
      await rejection(client.bus.request("value.echo", 1, { timeout: stage.patience / 9 })),
    ).toMatchObject({
      code: "Timeout",
    });
    speak();
    expect(await quiet).toEqual({ done: false, value: 1 });
    await items.return?.();
  });

  if (boundary) {
    scenario("an item that its schema refuses ends the stream, and the server learns why", async (stage) => {
      const client = stage.client();
      stage.server.bus.handle("number.series", () => [1, "two" as unknown as number, 3]);
      await stage.settle();
      const items = client.bus.request("number.series", endless);
      expect(await items.next()).toEqual({ done: false, value: 1 });
      expect(await rejection(items.next())).toMatchObject({ code: "Internal" });
      await stage.expectError(stage.server, "Invalid");
    });
  }
}

const endless = { from: 0, count: 1_000_000 };

/** Answers nothing as long as somebody waits for it. */
function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

/** Handles by counting; the results say how far it came and how often it ended. */
function countUp({ server }: Stage) {
  let made = 0;
  let ended = 0;
  let signal: AbortSignal | undefined;
  server.bus.handle("number.series", async function* ({ from, count }, context) {
    signal = context.signal;
    try {
      for (let index = from; index < from + count; index++) {
        made += 1;
        yield index;
      }
    } finally {
      ended += 1;
    }
  });
  return { made: () => made, ended: () => ended, signal: () => signal! };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const taken: T[] = [];
  for await (const item of items) taken.push(item);
  return taken;
}
