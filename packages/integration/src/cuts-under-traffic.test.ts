import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { type Client, eventually, startConnected, startServer } from "./actors.js";
import { type CuttingProxy, cuttingProxy } from "./cutting-proxy.js";

const seeds = [1, 2, 3];
const cuts = 12;

/** Traffic until the proxy has cut so often, in the middle of whatever was under way; then a connection that holds. */
async function untilCut(proxy: CuttingProxy, client: Client, act: (turn: number) => void): Promise<void> {
  proxy.cutWithin(60_000, cuts);
  proxy.cut();
  const before = proxy.cuts;
  for (let turn = 0; proxy.cuts < before + cuts; turn++) {
    act(turn);
    await nextTurn();
  }
  proxy.calm();
  await eventually(() => client.bus.request("suite.synchronised", 1));
}

async function startBehindProxy(seed: number) {
  const server = await startServer();
  server.bus.handle("suite.synchronised", (round) => round);
  const proxy = await cuttingProxy({ to: server.port, seed });
  onTestFinished(() => proxy.close());
  return { server, proxy, client: await startConnected(proxy.url) };
}

function expectIncreasing(numbers: readonly number[]): void {
  for (let index = 1; index < numbers.length; index++) {
    if (numbers[index]! <= numbers[index - 1]!) {
      expect.fail(`${numbers[index]} came after ${numbers[index - 1]}`);
    }
  }
}

it.each(seeds)(
  "loses some of what the server emits and tells of it, never repeats or reorders (seed %i)",
  async (seed) => {
    const { server, proxy, client } = await startBehindProxy(seed);
    const all: number[] = [];
    const ofOneKey: string[] = [];
    let told = false;
    const untold: string[] = [];
    const count = (number: number) => {
      if (number > (all.at(-1) ?? -1) + 1 && !told && all.length > 0)
        untold.push(`${all.at(-1)}, then ${number}`);
      told = false;
      all.push(number);
    };
    client.bus.on("number.counted", count, { onGap: () => (told = true) });
    const hearRoom = ({ room }: { readonly room: unknown }) => ofOneKey.push(String(room));
    await client.bus.on("word.said", hearRoom, { key: "a", onGap: () => undefined }).ready;
    await untilCut(proxy, client, (turn) => {
      server.bus.emit("number.counted", turn);
      server.bus.emit("word.said", { room: turn % 2 === 0 ? "a" : "b", text: "x".repeat(turn % 20) });
    });
    expectIncreasing(all);
    expect(untold).toEqual([]);
    expect(all.length).toBeGreaterThan(cuts);
    expect(new Set(ofOneKey)).toEqual(new Set(["a"]));
    all.length = 0;
    for (let count = 0; count < 100; count++) server.bus.emit("number.counted", count);
    await eventually(() => expect(all).toEqual(Array.from({ length: 100 }, (_, count) => count)));
    expect(client.errors).toEqual([]);
  },
);

it.each(seeds)("loses some of what a client emits, never repeats or reorders (seed %i)", async (seed) => {
  const { server, proxy, client } = await startBehindProxy(seed);
  const seen: number[] = [];
  server.bus.on("value.changed", (value) => seen.push((value as { turn: number }).turn));
  let last = 0;
  await untilCut(proxy, client, (turn) => {
    last = turn;
    client.bus.emit("value.changed", { turn, text: "x".repeat(turn % 20) });
  });
  client.bus.emit("value.changed", { turn: last + 1 });
  await eventually(() => expect(seen.at(-1)).toBe(last + 1));
  expectIncreasing(seen);
  expect(seen.length).toBeGreaterThan(cuts);
  expect(server.errors).toEqual([]);
  // The only thing that a client is told to have given up is what was too much to keep without a connection.
  expect(new Set(client.errors.map(({ code }) => code)).size).toBeLessThanOrEqual(1);
  for (const { message } of client.errors) expect(message).toMatch(/256 others already wait/);
});

it.each(seeds)(
  "answers every request once, rightly or by Disconnected, and asks none twice (seed %i)",
  async (seed) => {
    const { server, proxy, client } = await startBehindProxy(seed);
    const asked: number[] = [];
    server.bus.handle("value.echo", (value) => {
      const { turn } = value as { turn: number };
      asked.push(turn);
      return { turn, text: "x".repeat(turn % 20) };
    });
    const outcomes: Promise<unknown>[] = [];
    await untilCut(proxy, client, (turn) => {
      outcomes.push(
        client.bus
          .request("value.echo", { turn })
          .result()
          .then((outcome) => {
            if (outcome.ok) {
              expect(outcome.value).toEqual({ turn, text: "x".repeat(turn % 20) });
              return "answered";
            }
            expect(outcome.error).toMatchObject({ retryable: true });
            return outcome.error.code;
          }),
      );
    });
    const all = await Promise.all(outcomes);
    expect(new Set(all)).toEqual(new Set(["answered", "Disconnected"]));
    expect(all.filter((outcome) => outcome === "answered").length).toBeGreaterThan(cuts);
    expect(new Set(asked).size).toBe(asked.length);
  },
);
