import { expect, it, vi } from "vitest";
import { calm, Mischief } from "../fixtures/random-faults.js";
import { listenRaw, type RawEnd } from "../fixtures/raw-end.js";
import { MemoryNetwork, VirtualClock } from "./index.js";

const noticeAfter = 2_000;

/** Sends numbered frames both ways for a while, over whatever befalls the network, then lets it recover. */
async function run(seed: number, reliable: boolean) {
  const clock = new VirtualClock({ seed });
  const mischief = new Mischief(seed);
  const network = new MemoryNetwork({ runtime: clock, seed, noticeAfter, retryDelay: 20 });
  const server = listenRaw(network.server);
  const source = network.client({ reliable }, { faults: mischief.faults() });
  const client = listenRaw(source);
  const sent = new Map<RawEnd, string[]>();
  for (let step = 0; step < 150; step++) {
    await clock.advance(mischief.below(60));
    const end = mischief.pick([client, server]).ends.at(-1);
    if (end && !end.closedOnce) {
      const frames = sent.get(end) ?? [];
      sent.set(end, frames);
      const frame = `${frames.length} ${"x".repeat(mischief.below(2_000))}`;
      frames.push(frame);
      end.link.send(frame);
    }
    if (mischief.below(25) === 0) mischief.strike(source);
    if (end && mischief.below(100) === 0)
      end.link.close({ code: "Done", message: "Enough.", retryable: true });
  }
  calm(source);
  await clock.run();
  return { clock, server, client, sent };
}

const seeds = Array.from({ length: 300 }, (_, seed) => seed);

// The seeds take two seconds on an idle machine.
vi.setConfig({ testTimeout: 60_000 });

it("keeps order and leaves no hole until it closes, whatever befalls a reliable link", async () => {
  let frames = 0;
  let holes = 0;
  let connections = 0;
  for (const seed of seeds) {
    const { clock, server, client, sent } = await run(seed, true);
    expect(server.ends.length, `connections of seed ${seed}`).toBe(client.ends.length);
    for (const [index, near] of client.ends.entries()) {
      const far = server.ends[index]!;
      const about = `connection ${index} of seed ${seed}`;
      const last = index === client.ends.length - 1;
      // Either both have ended, or neither: nobody is left alone for good.
      expect([near.reasons.length, far.reasons.length], about).toEqual(
        last && !near.closedOnce ? [0, 0] : [1, 1],
      );
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        const all = sent.get(from) ?? [];
        expect(to.frames, about).toEqual(all.slice(0, to.frames.length));
        if (!to.closedOnce) expect(to.frames, about).toHaveLength(all.length);
        frames += to.frames.length;
        holes += all.length - to.frames.length;
      }
    }
    connections += client.ends.length;
    expect(clock.uncaughtErrors, `seed ${seed}`).toEqual([]);
    expect(clock.timers, `timers of seed ${seed}`).toBe(0);
  }
  // What would make the test pass for nothing.
  expect({ frames: frames > 10_000, lost: holes > 1_000, connections: connections > 1_000 }).toEqual({
    frames: true,
    lost: true,
    connections: true,
  });
});

it("invents no datagram, and loses, repeats and reorders some", async () => {
  const seen = { lost: 0, repeated: 0, overtaken: 0 };
  for (const seed of seeds.slice(0, 100)) {
    const { server, client, sent } = await run(seed, false);
    for (const [index, near] of client.ends.entries()) {
      const far = server.ends[index]!;
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        const all = sent.get(from) ?? [];
        for (const frame of to.frames) expect(all, `seed ${seed}`).toContain(frame);
        const order = to.frames.map((frame) => Number.parseInt(frame as string, 10));
        seen.lost += all.length - new Set(order).size;
        seen.repeated += order.length - new Set(order).size;
        seen.overtaken += order.filter((number, at) => at > 0 && number < order[at - 1]!).length;
      }
    }
  }
  expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(10);
});

it("does the same again for the same seed", async () => {
  for (const seed of seeds.slice(0, 20)) {
    const [first, second] = [await run(seed, true), await run(seed, true)];
    const told = ({ client, server }: typeof first) =>
      [...client.ends, ...server.ends].map(({ frames, reasons, drains }) => ({ frames, reasons, drains }));
    expect(told(second)).toEqual(told(first));
    expect(second.clock.monotonic()).toBe(first.clock.monotonic());
  }
});
