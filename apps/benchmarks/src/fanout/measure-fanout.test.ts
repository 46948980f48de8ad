import { expect, it } from "vitest";
import { type FanoutFate, fanoutHere, memoryFanout } from "../../fixtures/memory-fanout.js";
import { fanout as ours } from "../ours/fanout.js";
import { fanout as socketIo } from "../peers/fanout/socket.io.js";
import { fanout as ws } from "../peers/fanout/ws.js";
import { fanout as suite } from "../suites/fanout.js";
import { measureFanout } from "./measure-fanout.js";

const load = { clients: 3, burst: 20, warmUp: 2, measured: 2 };

const measureFate = (fate: FanoutFate) => measureFanout(fanoutHere(memoryFanout(fate)), load);

it.each([
  { name: "ours", fanout: ours },
  { name: "socket.io", fanout: socketIo },
  { name: "ws", fanout: ws },
])("measures $name, in bursts and one a turn", async ({ fanout }) => {
  for (const burst of [20, 1]) {
    const measured = measureFanout(fanoutHere(fanout), { ...load, burst, warmUp: 20, measured: 20 });
    expect((await measured).count % burst).toBe(0);
  }
});

it("counts what was sent after the warm-up", async () => {
  let sent = 0;
  const { count, milliseconds } = await measureFate((position, client) => {
    if (client === 0) sent += 1;
    return [position];
  });
  expect(count % load.burst).toBe(0);
  expect(count).toBeLessThan(sent);
  expect(milliseconds).toBeGreaterThanOrEqual(load.measured);
});

it.each<{ fault: string; fate: FanoutFate; says: string }>([
  {
    fault: "one client gets one less and another one more",
    fate: (position, client) =>
      position.number === 7 ? Array.from({ length: client }, () => position) : [position],
    says: "Position 7 was due",
  },
  {
    fault: "of the clients that only count one gets one less and another one more",
    fate: (position, client) =>
      position.number === 7 && client > 0
        ? Array.from({ length: 2 * (client - 1) }, () => position)
        : [position],
    says: "Client 1 got",
  },
  {
    fault: "a position is altered",
    fate: (position) => [position.number === 7 ? { ...position, altitude: 1 } : position],
    says: "Position 7 was due",
  },
])("fails when $fault", async ({ fate, says }) => {
  await expect(measureFate(fate)).rejects.toThrow(says);
});

it("does everything twice under the handicap, and counts it once", async () => {
  let carried = 0;
  const counting = fanoutHere(
    memoryFanout((position) => {
      carried += 1;
      return [position];
    }),
  );
  const { count } = await measureFanout(suite.handicap(counting), { ...load, warmUp: 0 });
  // The warm-up is one burst.
  expect(carried).toBe(2 * (count + load.burst) * load.clients);
});
