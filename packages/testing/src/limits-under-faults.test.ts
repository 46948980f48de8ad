import { expect, it } from "vitest";
import { openWard } from "../fixtures/ward.js";
import { VirtualClock } from "./index.js";

it("parts from a peer whose network is too narrow, keeps the others, and takes it back", async () => {
  const clock = new VirtualClock();
  const { bus, hub, admit, patients, close } = openWard(clock, { seed: 1, retryDelay: 100 });
  const slow = admit("slow");
  const fast = admit("fast");
  await clock.until(() => hub.peers().length === 2);
  slow.source.faults = { bandwidth: 100_000 };
  const sent = 400;
  for (let image = 0; image < sent; image++) {
    bus.emit("image.taken", `${image}`.padEnd(30_000));
    await clock.advance(10);
  }
  // 3 MB a second were sent, 0.1 MB got through; 8 MB may wait, so it was parted from after three seconds.
  await clock.until(() => slow.journal.includes("reconnecting"));
  expect(slow.bus.connection.status.reason).toMatchObject({ code: "Slow", retryable: true });
  expect(fast.images).toHaveLength(sent);
  expect(fast.journal).toEqual(["connecting", "connected"]);
  expect(slow.images.length).toBeLessThan(sent);
  expect(slow.images).toEqual(fast.images.slice(0, slow.images.length));

  await clock.until(() => hub.peers().length === 2 && slow.bus.connection.status.state === "connected");
  slow.images.length = 0;
  await clock.advance(1_000);
  bus.emit("image.taken", "after");
  await clock.advance(1_000);
  expect(slow.images).toEqual(["after"]);
  expect(patients.map(({ errors }) => errors)).toEqual([[], []]);
  await close();
  expect(clock.timers).toBe(0);
});

it("keeps a peer whose network is too narrow, and tells it how much it missed", async () => {
  const clock = new VirtualClock();
  const { bus, hub, admit, close } = openWard(clock, { seed: 1 });
  const slow = admit("slow");
  const scans: number[] = [];
  let missed = 0;
  const listening = slow.bus.on("scan.taken", (scan) => scans.push(Number.parseInt(scan, 10)), {
    onGap: (gap) => {
      expect(gap.reason).toBe("overflow");
      missed += gap.missed!;
    },
  });
  await clock.until(listening.ready);
  slow.source.faults = { bandwidth: 100_000 };
  const sent = 400;
  for (let scan = 0; scan < sent; scan++) {
    bus.emit("scan.taken", `${scan} `.padEnd(30_000));
    await clock.advance(10);
  }
  await clock.until(() => scans.length + missed >= sent);
  expect(missed).toBeGreaterThan(0);
  expect(scans.length + missed).toBe(sent);
  bus.emit("scan.taken", `${sent}`);
  await clock.until(() => scans.at(-1) === sent);
  expect(scans).toEqual([...new Set(scans)].sort((one, other) => one - other));
  expect(slow.journal).toEqual(["connecting", "connected"]);
  expect(hub.peers()).toHaveLength(1);
  expect(slow.errors).toEqual([]);
  await close();
});

it("connects over the slowest network that still has time for a hello, and goes on trying over a slower one", async () => {
  for (const [latency, connects] of [
    [4_900, true],
    [5_100, false],
  ] as const) {
    const clock = new VirtualClock();
    const { hub, admit, close } = openWard(clock, { seed: 1, faults: { latency } });
    const { bus, journal, errors } = admit("a");
    await clock.advance(60_000);
    expect(journal.at(-1)).toBe(connects ? "connected" : "connecting");
    if (!connects) expect(bus.connection.status.reason).toMatchObject({ code: "NoWelcome", retryable: true });
    // The server may have welcomed one that has given up meanwhile, and hears of that later.
    expect(hub.peers().length).toBeLessThanOrEqual(1);
    expect(errors).toEqual([]);
    await close();
    await clock.run();
    expect(clock.timers).toBe(0);
  }
});

it("gives up a request in its time, and answers the next, however slow the network", async () => {
  const clock = new VirtualClock();
  const { admit, close } = openWard(clock, { seed: 1, faults: { latency: 400 } });
  const { bus } = admit("a");
  await clock.until(() => bus.connection.status.state === "connected");
  const began = clock.monotonic();
  const late = await clock.until(bus.request("number.doubled", 1, { timeout: 799 }).result());
  expect([late.ok, clock.monotonic() - began]).toEqual([false, 799]);
  expect(await clock.until(bus.request("number.doubled", 2, { timeout: 801 }))).toBe(4);
  await close();
});
