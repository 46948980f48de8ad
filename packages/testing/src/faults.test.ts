import type { Link } from "@eventwire/core";
import { describe, expect, it } from "vitest";
import { listenRaw, RawEnd } from "../fixtures/raw-end.js";
import { allFaults, type Faults } from "./faults.js";
import { type MemoryClient, MemoryNetwork, type MemoryNetworkOptions, VirtualClock } from "./index.js";

interface Options extends Omit<MemoryNetworkOptions, "runtime"> {
  readonly reliable?: boolean;
  readonly halfOpen?: boolean;
}

/** A connection on a virtual clock whose two ends are the test's. */
async function connect(faults: Faults = {}, { reliable = true, halfOpen = false, ...options }: Options = {}) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ runtime: clock, seed: 1, ...options });
  const server = listenRaw(network.server);
  const source = network.client({ reliable, halfOpen });
  const client = listenRaw(source);
  await clock.until(() => server.ends.length > 0);
  source.faults = faults;
  return { clock, network, source, server, client, near: client.ends[0]!, far: server.ends[0]! };
}

/** When each frame arrives that is sent now, in milliseconds from now. */
async function arrivals(clock: VirtualClock, from: RawEnd, to: RawEnd, frames: readonly string[]) {
  const start = clock.monotonic();
  const at: [string, number][] = [];
  to.frame = (frame) => at.push([frame as string, clock.monotonic() - start]);
  for (const frame of frames) from.link.send(frame);
  await clock.run();
  return at;
}

const many = Array.from({ length: 200 }, (_, index) => `${index}`);

describe("latency", () => {
  it("delays each frame, either way, and what is sent meanwhile no more than that", async () => {
    const { clock, near, far } = await connect({ latency: 50 });
    expect(await arrivals(clock, near, far, ["a", "b"])).toEqual([
      ["a", 50],
      ["b", 50],
    ]);
    expect(await arrivals(clock, far, near, ["c"])).toEqual([["c", 50]]);
  });

  it("makes connecting take twice as long, there and back", async () => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork({ runtime: clock, faults: { latency: 50 } });
    const { ends } = listenRaw(network.server);
    listenRaw(network.client());
    await clock.until(() => ends.length > 0);
    expect(clock.monotonic()).toBe(100);
  });

  it("delays the end of a connection as well, behind what was sent before it", async () => {
    const { clock, near, far } = await connect({ latency: 50 });
    near.link.send("last");
    near.link.close({ code: "Done", message: "It is done.", retryable: false });
    await clock.advance(49);
    expect([near.closedOnce, far.frames, far.closedOnce]).toEqual([true, [], false]);
    await clock.advance(1);
    expect([far.frames, far.reasons]).toEqual([
      ["last"],
      [expect.objectContaining({ code: "Lost", retryable: false })],
    ]);
  });
});

describe("jitter", () => {
  it("delays each frame differently, and keeps their order where a link is reliable", async () => {
    const { clock, near, far } = await connect({ latency: 10, jitter: 30 });
    const at = await arrivals(clock, near, far, many);
    expect(at.map(([frame]) => frame)).toEqual(many);
    expect(at[0]![1]).toBeGreaterThanOrEqual(10);
    expect(at.at(-1)![1]).toBeLessThan(40);
    expect(new Set(at.map(([, time]) => time)).size).toBeGreaterThan(3);
  });

  it("lets datagrams overtake each other", async () => {
    const { clock, near, far } = await connect({ jitter: 30 }, { reliable: false });
    const frames = (await arrivals(clock, near, far, many)).map(([frame]) => frame);
    expect(frames).not.toEqual(many);
    expect([...frames].sort()).toEqual([...many].sort());
  });
});

describe("a datagram", () => {
  it("is not held up by a slower one that is on its way", async () => {
    const { clock, source, near, far } = await connect({ latency: 100 }, { reliable: false });
    near.link.send("slow");
    source.faults = { latency: 20 };
    near.link.send("fast");
    await clock.advance(20);
    expect(far.frames).toEqual(["fast"]);
    await clock.advance(80);
    expect(far.frames).toEqual(["fast", "slow"]);
  });
});

describe("bandwidth", () => {
  it("lets so many bytes a second through, one frame behind the other", async () => {
    const { clock, near, far } = await connect({ latency: 5, bandwidth: 1_000 });
    expect(await arrivals(clock, near, far, ["x".repeat(100), "y".repeat(50), ""])).toEqual([
      ["x".repeat(100), 105],
      ["y".repeat(50), 155],
      ["", 155],
    ]);
  });

  it("makes a sender wait that is faster, and tells it when it may go on", async () => {
    const { clock, near } = await connect({ bandwidth: 100_000 });
    expect(near.link.send("x".repeat(60_000))).toBe(true);
    expect(near.link.send("x".repeat(60_000))).toBe(false);
    await clock.advance(1_199);
    expect([near.drains, near.link.bufferedBytes]).toEqual([0, 60_000]);
    await clock.advance(1);
    expect([near.drains, near.link.bufferedBytes]).toEqual([1, 0]);
  });
});

describe("reorder", () => {
  it("holds up what is behind a late frame where a link is reliable", async () => {
    const { clock, near, far } = await connect({ latency: 10, reorder: 0.1 });
    const at = await arrivals(clock, near, far, many);
    expect(at.map(([frame]) => frame)).toEqual(many);
    expect(new Set(at.map(([, time]) => time))).toEqual(new Set([10, 20]));
  });

  it("lets other datagrams pass a late one", async () => {
    const { clock, near, far } = await connect({ reorder: 0.1 }, { reliable: false });
    const at = await arrivals(clock, near, far, many);
    const late = at.filter(([, time]) => time > 0).length;
    expect(late).toBeGreaterThan(5);
    expect(late).toBeLessThan(50);
    expect([...at.map(([frame]) => frame)].sort()).toEqual([...many].sort());
  });
});

describe("duplicate", () => {
  it("brings a datagram twice, and nothing twice where a link is reliable", async () => {
    const { clock, near, far } = await connect({ duplicate: 1 }, { reliable: false });
    expect(await arrivals(clock, near, far, ["a"])).toEqual([
      ["a", 0],
      ["a", 0],
    ]);
    expect(near.link.bufferedBytes).toBe(0);
    const reliable = await connect({ duplicate: 1 });
    expect(await arrivals(reliable.clock, reliable.near, reliable.far, ["a"])).toEqual([["a", 0]]);
  });
});

describe("drop", () => {
  it("loses a datagram, and nothing else", async () => {
    const { clock, source, near, far } = await connect({ drop: 1 }, { reliable: false });
    near.link.send("lost");
    source.faults = {};
    near.link.send("found");
    await clock.advance(1e6);
    expect([far.frames, far.reasons, near.reasons, near.link.bufferedBytes]).toEqual([["found"], [], [], 0]);
  });

  it("ends a reliable link that way: nothing follows, its receiver notices and tells the other end", async () => {
    const { clock, source, near, far } = await connect({ latency: 10 });
    near.link.send("before");
    source.faults = { drop: 1 };
    near.link.send("lost");
    source.faults = { latency: 10 };
    near.link.send("behind");
    far.link.send("the other way");
    source.heal();
    await clock.advance(44_999);
    expect([far.frames, near.frames]).toEqual([["before"], ["the other way"]]);
    expect([far.reasons, near.reasons]).toEqual([[], []]);
    await clock.advance(1);
    expect([far.reasons, near.reasons]).toEqual([
      [expect.objectContaining({ code: "Lost", retryable: true })],
      [],
    ]);
    await clock.advance(10);
    expect([far.closedOnce, near.closedOnce]).toEqual([true, true]);
  });
});

describe("cut", () => {
  it("ends both ends with all that is on its way, and another connection follows", async () => {
    const { clock, source, near, far, client } = await connect({ latency: 10 });
    near.link.send("on its way");
    source.faults = { cut: 1 };
    far.link.send("breaks it");
    expect([near.reasons, far.reasons]).toEqual([[], []]);
    await clock.advance(20);
    expect([near.closedOnce, far.closedOnce, near.frames, far.frames]).toEqual([true, true, [], []]);
    expect(client.ends).toHaveLength(2);
  });
});

describe("refuse", () => {
  it("fails so many attempts to connect, and says so", async () => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork({ runtime: clock, retryDelay: 10, faults: { refuse: 0.9 }, seed: 3 });
    listenRaw(network.server);
    const { ends, failures } = listenRaw(network.client());
    await clock.until(() => ends.length > 0);
    expect(failures.length).toBeGreaterThan(0);
    expect(new Set(failures)).toEqual(new Set(["The connection was refused."]));
    expect(clock.monotonic()).toBe(failures.length * 10);
  });
});

describe("half open", () => {
  it("brings nothing one way, all the other way, and tells nobody until it is noticed", async () => {
    const { clock, source, near, far } = await connect({}, { noticeAfter: 1_000 });
    source.halfOpen("toServer");
    near.link.send("unheard");
    far.link.send("heard");
    await clock.advance(999);
    expect([near.frames, far.frames, near.reasons, far.reasons]).toEqual([["heard"], [], [], []]);
    await clock.advance(1);
    expect([near.closedOnce, far.closedOnce, far.frames]).toEqual([true, true, []]);
  });

  it("gives a reliable link what it held when it heals in time, and nobody notices", async () => {
    const { clock, source, near, far } = await connect({}, { noticeAfter: 1_000 });
    source.halfOpen("toClient");
    far.link.send("held");
    await clock.advance(999);
    source.heal();
    await clock.run();
    expect([near.frames, near.reasons, far.reasons]).toEqual([["held"], [], []]);
  });

  it("loses datagrams, also after it has healed", async () => {
    const { clock, source, near, far } = await connect({}, { reliable: false });
    source.halfOpen("toClient");
    far.link.send("lost");
    source.heal();
    far.link.send("found");
    await clock.run();
    expect([near.frames, far.link.bufferedBytes]).toEqual([["found"], 0]);
  });

  it("leaves an end alone that the other cannot tell of its close, until that notices", async () => {
    const { clock, source, near, far, client } = await connect({}, { noticeAfter: 1_000 });
    source.halfOpen("toServer");
    near.link.close({ code: "Done", message: "It is done.", retryable: true });
    await clock.advance(999);
    expect([client.ends.length, far.reasons]).toEqual([2, []]);
    await clock.advance(1);
    expect(far.closedOnce).toBe(true);
    expect(client.ends[1]!.reasons).toEqual([]);
  });
});

describe("a link that may be half-open", () => {
  it("never notices silence, and speaks again once it has healed", async () => {
    const { clock, source, near, far } = await connect({}, { halfOpen: true });
    source.partition();
    near.link.send("late");
    expect(clock.timers).toBe(0);
    await clock.advance(1e9);
    expect([near.reasons, far.reasons, far.frames]).toEqual([[], [], []]);
    source.heal();
    await clock.settle();
    expect(far.frames).toEqual(["late"]);
  });
});

describe("a partition", () => {
  const noticed = { noticeAfter: 1_000, retryDelay: 5 };

  it("is noticed by both ends, and connections come about again once it has healed", async () => {
    const { clock, source, near, far, client } = await connect({}, noticed);
    source.partition();
    near.link.send("unheard");
    far.link.send("unheard");
    await clock.advance(1_000);
    expect([near.closedOnce, far.closedOnce, near.frames, far.frames]).toEqual([true, true, [], []]);
    await clock.advance(3_000);
    expect([client.ends.length, new Set(client.failures)]).toEqual([1, new Set(["No answer came."])]);
    source.heal();
    await clock.settle();
    expect(client.ends).toHaveLength(2);
    expect(clock.timers).toBe(0);
  });

  it("passes unnoticed when it heals in time", async () => {
    const { clock, source, near, far } = await connect({}, noticed);
    source.partition();
    near.link.send("late");
    await clock.advance(999);
    source.heal();
    await clock.run();
    expect([far.frames, near.reasons, far.reasons]).toEqual([["late"], [], []]);
  });

  it("meets one client and no other", async () => {
    const { clock, network, source, server } = await connect({}, noticed);
    const other = listenRaw(network.client());
    await clock.settle();
    source.partition();
    other.ends[0]!.link.send("heard");
    await clock.advance(10_000);
    expect(server.ends[1]!.frames).toEqual(["heard"]);
    expect(other.ends[0]!.reasons).toEqual([]);
  });
});

describe("faults", () => {
  it.each([
    { latency: -1 },
    { jitter: Number.NaN },
    { latency: Number.POSITIVE_INFINITY },
    { bandwidth: 0 },
    { drop: 1.01 },
    { cut: "often" },
    { loss: 0.5 },
  ])("cannot be %o", (faults) => {
    expect(() => allFaults(faults as Faults)).toThrow(/fault/);
    expect(() => new MemoryNetwork({ faults: faults as Faults })).toThrow(/fault/);
  });

  it("are the network's for a client that has none of its own", () => {
    const network = new MemoryNetwork({ faults: { latency: 5 } });
    expect(network.client().faults).toMatchObject({ latency: 5, jitter: 0 });
    expect(network.client({}, { faults: { jitter: 1 } }).faults).toMatchObject({ latency: 0, jitter: 1 });
    expect(network.client({}, { faults: { latency: undefined } }).faults).toMatchObject({ latency: 0 });
  });

  it("come out the same for the same seed, and otherwise for another", async () => {
    const run = async (seed: number) => {
      const { clock, near, far } = await connect({ latency: 5, jitter: 50 }, { seed });
      return arrivals(clock, near, far, many);
    };
    expect(await run(7)).toEqual(await run(7));
    expect(await run(7)).not.toEqual(await run(8));
    const draw = new MemoryNetwork({ runtime: new VirtualClock({ seed: 5 }) }).seed;
    expect(new MemoryNetwork({ runtime: new VirtualClock({ seed: 5 }) }).seed).toBe(draw);
  });

  it("may change during a connection", async () => {
    const { clock, source, near, far } = await connect({ latency: 100 });
    const at = arrivals(clock, near, far, ["slow"]);
    source.faults = {};
    near.link.send("behind it");
    expect(await at).toEqual([
      ["slow", 100],
      ["behind it", 100],
    ]);
    expect(await arrivals(clock, near, far, ["fast"])).toEqual([["fast", 0]]);
  });
});

describe("a link in memory", () => {
  it("tells both ends of its end, and connects again, when a receiver throws at that", async () => {
    const { clock, source, near, far, client } = await connect();
    near.closed = () => {
      throw new Error("broken by the end");
    };
    source.cut();
    await clock.run();
    expect(far.closedOnce).toBe(true);
    expect(client.ends).toHaveLength(2);
    expect(clock.uncaughtErrors).toMatchObject([{ message: "broken by the end" }]);
  });

  it("tells a receiver that opens it after its end of that end, once", async () => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork({ runtime: clock });
    const links: Link[] = [];
    network.server.listen((link) => links.push(link));
    const source = network.client();
    listenRaw(source);
    await clock.settle();
    source.cut();
    const late = new RawEnd(links[0]!);
    await clock.settle();
    expect(late.reasons).toMatchObject([{ code: "Lost" }]);
  });

  it("is opened once", async () => {
    const { near } = await connect();
    expect(() => near.link.open(near)).toThrow("is open already");
  });

  it("breaks at a frame that is too large, as sockets do", async () => {
    const { clock, near, far } = await connect({}, { maxFrameBytes: 4 });
    near.link.send("four");
    near.link.send("fives");
    await clock.settle();
    expect(far.frames).toEqual(["four"]);
    expect([near.reasons, far.closedOnce]).toEqual([
      [expect.objectContaining({ message: "A frame of 5 bytes was sent, where 4 fit." })],
      true,
    ]);
  });

  it("leaves no timer behind when it has ended", async () => {
    const { clock, source, client, server } = await connect({ latency: 10, jitter: 5 });
    source.halfOpen("toServer");
    client.ends[0]!.link.send("a");
    server.ends[0]!.link.send("b");
    client.stop();
    source.cut();
    expect(clock.timers).toBe(0);
  });

  it("lets one listen at a time", async () => {
    const clock = new VirtualClock();
    const network = new MemoryNetwork({ runtime: clock });
    const source: MemoryClient = network.client();
    const { stop, ends } = listenRaw(source);
    expect(() => listenRaw(source)).toThrow("listened to already");
    stop();
    stop();
    const again = listenRaw(source);
    listenRaw(network.server);
    await clock.run();
    expect([ends.length, again.ends.length]).toEqual([0, 1]);
    again.stop();
    const last = listenRaw(source);
    await clock.run();
    again.ends[0]!.link.close({ code: "Done", message: "It is done.", retryable: true });
    await clock.run();
    expect([again.ends.length, last.ends.length]).toEqual([1, 1]);
  });
});
