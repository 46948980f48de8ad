import { expect, it } from "vitest";
import { type Fate, memoryWire, wireHere } from "../../fixtures/memory-wire.js";
import { wire as ours } from "../ours/wire.js";
import { wire as socketIo } from "../peers/wire/socket.io.js";
import { wire as batched } from "../peers/wire/socket.io-batched.js";
import { wire as trpc } from "../peers/wire/trpc.js";
import { wire as ws } from "../peers/wire/ws.js";
import { measureWire } from "./measure-wire.js";
import type { Pattern } from "./patterns.js";

const down = { pattern: "bursts", to: "client", warmUp: 2, measured: 2 } as const;

const measureFate = (fate: Fate) => measureWire(wireHere(memoryWire(fate)), down);

it.each([
  { name: "ours", wire: ours },
  { name: "socket.io", wire: socketIo },
  { name: "socket.io-batched", wire: batched },
  { name: "ws", wire: ws },
  { name: "trpc", wire: trpc },
])("measures $name in every pattern, both ways", async ({ wire }) => {
  for (const pattern of ["bursts", "turns", "open loop"] satisfies Pattern[]) {
    for (const to of ["server", "client"] as const) {
      const load = { pattern, to, warmUp: 20, measured: 20 };
      const { count, processorSeconds } = await measureWire(wireHere(wire), load);
      expect(count).toBeGreaterThan(0);
      expect(processorSeconds).toBeGreaterThan(0);
    }
  }
});

it("counts what was sent after the warm-up", async () => {
  const seen = new Set<number>();
  const { count, milliseconds } = await measureFate((position) => {
    seen.add(position.number);
    return [position];
  });
  expect(count % 100).toBe(0);
  expect(count).toBeLessThan(seen.size);
  expect(milliseconds).toBeGreaterThanOrEqual(down.measured);
});

it.each<{ fault: string; fate: Fate; says: string }>([
  {
    fault: "lost",
    fate: (position) => (position.number === 7 ? [] : [position]),
    says: "Position 7 was due",
  },
  {
    fault: "repeated",
    fate: (position) => (position.number === 7 ? [position, position] : [position]),
    says: 'Position 8 was due, and came as {"flight"',
  },
  {
    fault: "altered",
    fate: (position) => [position.number === 7 ? { ...position, altitude: 1 } : position],
    says: "Position 7 was due",
  },
  {
    fault: "made valid",
    fate: (position) => [position.number === 50 ? { ...position, latitude: 40 } : position],
    says: "Position 51 was due",
  },
])("fails when one is $fault", async ({ fate, says }) => {
  await expect(measureFate(fate)).rejects.toThrow(says);
});

it("fails when two come in the wrong order", async () => {
  const kept: Parameters<Fate>[0][] = [];
  const fate: Fate = (position) => {
    if (position.number === 7) kept.push(position);
    return position.number === 7 ? [] : [position, ...kept.splice(0)];
  };
  await expect(measureFate(fate)).rejects.toThrow("Position 7 was due");
});

it("fails when what is invalid is let through", async () => {
  const careless = memoryWire(
    (position) => [position],
    () => true,
  );
  await expect(measureWire(wireHere(careless), down)).rejects.toThrow("Position 51 was due");
});

it("fails when what is valid is refused", async () => {
  const strict = memoryWire(
    (position) => [position],
    ({ number }) => number % 50 !== 0,
  );
  await expect(measureWire(wireHere(strict), down)).rejects.toThrow("Position 0 was due");
});

it("fails when an end says that something went wrong", async () => {
  const wire = memoryWire((position) => [position]);
  const broken = wireHere({
    ...wire,
    async connect(address, receiver) {
      setImmediate(() => receiver.failed(new Error("It broke.")));
      return wire.connect(address, receiver);
    },
  });
  await expect(measureWire(broken, { ...down, measured: 1_000 })).rejects.toThrow("It broke.");
});
