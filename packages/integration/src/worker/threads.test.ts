import type { Worker } from "node:worker_threads";
import { createBus, type EventwireError } from "@eventwire/core";
import { type ConnectOptions, connect, serve } from "@eventwire/worker";
import { describe, expect, it, onTestFinished } from "vitest";
import { eventually } from "../actors.js";
import { startThread } from "./start-thread.js";
import { mill } from "./threads/contract.js";

const numbers = Array.from({ length: 5_000 }, (_, index) => index);
const open = {
  authenticate: () => ({ id: "thread" }),
  allow: { listen: { "*": true }, emit: { "*": true } },
} as const;

function startClient(thread: Worker, options: ConnectOptions = {}) {
  const errors: EventwireError[] = [];
  const bus = connect(mill, thread, { auth: "miller", onError: (error) => errors.push(error), ...options });
  onTestFinished(() => bus.close());
  return { bus, errors };
}

describe("a thread that serves", () => {
  it("is reached while it still starts, and sends back all, in order, dates and all", async () => {
    const { bus, errors } = startClient(await startThread("serving"));
    const milled: number[] = [];
    await bus.on("flour.milled", ({ grain, at }) => milled.push(grain === at.getTime() ? grain : Number.NaN))
      .ready;
    for (const grain of numbers) bus.emit("grain.poured", grain);
    await eventually(() => expect(milled).toEqual(numbers));
    expect(await bus.request("flour.count", {})).toBe(numbers.length);
    expect(errors).toEqual([]);
  });

  it("may be at work for long: it is there all the same", async () => {
    const { bus, errors } = startClient(await startThread("serving"));
    expect(await bus.request("stone.turn", 500)).toBe("turned");
    const states: string[] = [];
    bus.connection.watch(({ state }) => states.push(state));
    expect(await bus.request("stone.turn", 10)).toBe("turned");
    expect(states).toEqual(["connected"]);
    expect(errors).toEqual([]);
  });

  it("is gone for good when it is terminated, at work or not", async () => {
    const thread = await startThread("serving");
    const { bus } = startClient(thread);
    await bus.request("flour.count", {});
    const turning = bus.request("stone.turn", 60_000).result();
    await thread.terminate();
    expect(await turning).toMatchObject({ ok: false, error: { code: "Disconnected" } });
    expect(bus.connection.status).toMatchObject({ state: "closed", reason: { code: "ConnectFailed" } });
    expect(() => bus.emit("grain.poured", 1)).not.toThrow();
  });

  it("is gone for good when it crashes, and what it had sent has come", async () => {
    const thread = await startThread("serving");
    const crash = new Promise<Error>((resolve) => thread.once("error", resolve));
    const { bus, errors } = startClient(thread);
    let milled = 0;
    await bus.on("flour.milled", () => {
      milled += 1;
    }).ready;
    expect(await bus.request("stone.break", {}).result()).toMatchObject({
      ok: false,
      error: { code: "Disconnected" },
    });
    expect((await crash).message).toBe("The stone is broken.");
    expect(milled).toBe(100);
    await eventually(() => expect(bus.connection.status.state).toBe("closed"));
    expect(errors).toEqual([]);
  });

  it("denies who is nobody", async () => {
    const { bus } = startClient(await startThread("serving"), { auth: "baker" });
    await expect(bus.request("flour.count", {})).rejects.toMatchObject({ code: "Denied" });
  });
});

describe("threads that connect", () => {
  it("do so by their own port, and are missed when they have gone", async () => {
    const thread = await startThread("connecting");
    const bus = createBus(mill);
    onTestFinished(() => bus.close());
    const hub = serve(bus, thread, open);
    const milled: number[] = [];
    bus.on("flour.milled", ({ grain }) => milled.push(grain));
    await eventually(() => {
      bus.emit("grain.poured", 1);
      expect(milled).toContain(1);
    });
    await thread.terminate();
    await eventually(() => expect(hub.peers()).toEqual([]));
  });

  it("do so by a broadcast channel, and one that has gone without a word is found out by its silence", async () => {
    const name = `mill ${process.pid}`;
    const channel = new BroadcastChannel(name);
    onTestFinished(() => channel.close());
    const bus = createBus(mill);
    onTestFinished(() => bus.close());
    const hub = serve(bus, channel, { ...open, limits: { heartbeat: 200 } });
    const threads = [await startThread("connecting", name), await startThread("connecting", name)];
    await eventually(() => expect(hub.peers()).toHaveLength(2));
    const milled: number[] = [];
    bus.on("flour.milled", ({ grain }) => milled.push(grain), { key: 7 });
    await eventually(() => {
      bus.emit("grain.poured", 7);
      expect(milled.length).toBeGreaterThanOrEqual(2);
    });
    await threads[0]!.terminate();
    await eventually(() => expect(hub.peers()).toHaveLength(1));
    expect(hub.peers()[0]!.counters().refused).toEqual({});
  });
});
