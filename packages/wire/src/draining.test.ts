import { MisuseError } from "@eventwire/core";
import { describe, expect, it } from "vitest";
import { hello, serveBuilding } from "../fixtures/served-building.js";
import { settle } from "../fixtures/settle.js";

const draining = { code: "Draining", retryable: true };

async function serve(count: number) {
  const served = serveBuilding();
  const links = await Promise.all(Array.from({ length: count }, () => served.connect()));
  let over = false;
  const drain = (options?: { readonly over?: number }) => {
    const done = served.hub.drain(options);
    void done.then(() => {
      over = true;
    });
    return done;
  };
  return { ...served, links, drain, isOver: () => over };
}

describe("draining", () => {
  it("spreads a thousand peers evenly over its time, in an order of chance", async () => {
    const { hub, runtime, links, drain, isOver } = await serve(1_000);
    const gone: number[][] = [];
    void drain({ over: 10_000 });
    for (let second = 0; second < 10; second++) {
      const before = new Set(links.filter(({ closed }) => closed));
      await runtime.advance(1_000);
      gone.push(links.flatMap((link, index) => (link.closed && !before.has(link) ? [index] : [])));
    }
    for (const indices of gone) {
      expect(Math.abs(indices.length - 100)).toBeLessThanOrEqual(1);
      // Had they gone as they came, each second would have a hundred neighbours.
      expect(Math.max(...indices) - Math.min(...indices)).toBeGreaterThan(700);
    }
    expect(links.every(({ closed }) => closed?.code === "Draining" && closed.retryable)).toBe(true);
    await settle();
    expect([isOver(), hub.peers(), runtime.timers]).toEqual([true, [], 0]);
  });

  it("says why before it ends a link", async () => {
    const { runtime, links, drain } = await serve(1);
    void drain({ over: 0 });
    await runtime.advance(0);
    expect(links[0]!.take()).toMatchObject([["goodbye", draining]]);
  });

  it("takes no further peers, nor those that are not let in yet, and tells them to try elsewhere", async () => {
    const { source, links, drain, hub } = await serve(1);
    const early = source.give();
    void drain();
    const late = source.give();
    late.arrive(hello());
    await settle();
    for (const link of [early, late]) {
      expect(link.take()).toMatchObject([["goodbye", { code: "Unavailable", retryable: true }]]);
    }
    expect(hub.peers()).toHaveLength(1);
    expect(links[0]!.closed).toBeUndefined();
  });

  it("lets a peer have its answers first, but not for ever", async () => {
    const { bus, runtime, links, drain, isOver } = await serve(2);
    const answers: ((size: number) => void)[] = [];
    bus.handle("room.size", () => new Promise((resolve) => answers.push(resolve)));
    for (const link of links) link.arrive(["request", 1, "room.size", 60_000, "a"]);
    await settle();
    void drain({ over: 100 });
    await runtime.advance(1_000);
    expect(links.map(({ closed }) => closed)).toEqual([undefined, undefined]);
    answers[0]!(3);
    await runtime.advance(50);
    expect(links[0]!.take()).toMatchObject([
      ["answer", 1, 3],
      ["goodbye", draining],
    ]);
    expect([links[1]!.closed, isOver()]).toEqual([undefined, false]);
    await runtime.advance(5_000);
    expect([links[1]!.closed?.code, isOver(), runtime.timers]).toEqual(["Draining", true, 0]);
  });

  it("is over at once where nobody is there, and only begins once", async () => {
    const { runtime, drain } = await serve(0);
    await drain();
    await drain({ over: 0 });
    expect(runtime.timers).toBe(0);
  });

  it("ends at once when the hub is closed, or its bus", async () => {
    for (const end of ["hub", "bus"] as const) {
      const served = await serve(3);
      void served.drain();
      void served[end].close();
      await served.runtime.advance(1);
      expect(served.isOver()).toBe(true);
      expect(served.links.map(({ closed }) => closed?.retryable)).toEqual([true, true, true]);
      expect(served.runtime.timers).toBe(0);
      await served.drain();
    }
  });

  it("skips who has left by itself", async () => {
    const { runtime, links, drain, isOver } = await serve(2);
    void drain({ over: 100 });
    links[0]!.close({ code: "Lost", message: "Lost.", retryable: true });
    await runtime.advance(100);
    expect(isOver()).toBe(true);
    expect(links.map(({ closed }) => closed?.code)).toEqual(["Lost", "Draining"]);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses to take %s for a time", async (over) => {
    const { hub, drain } = await serve(0);
    await expect(hub.drain({ over })).rejects.toThrow(MisuseError);
    await drain({ over: 0 });
  });
});
