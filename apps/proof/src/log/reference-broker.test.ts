import type { AppendedEvent } from "@eventwire/core";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { testBroker } from "@eventwire/testing/broker";
import { expect, it } from "vitest";
import { plainHost } from "../../fixtures/plain-host.js";
import { ReferenceBroker } from "./reference-broker.js";

let seed = 0;

testBroker("the reference log", {
  features: {
    trimByName: true,
    transactions: true,
    tasks: true,
    delay: true,
    priority: true,
    keyOrder: true,
    limits: true,
    after: true,
    results: true,
    signals: { value: false, because: "it is a file and nothing else" },
    hints: true,
    clock: true,
  },
  createHarness() {
    const runtime = new VirtualClock({ seed: ++seed });
    const host = plainHost(() => runtime.monotonic());
    return { clock: runtime, create: () => new ReferenceBroker({ host, runtime }), close: () => undefined };
  },
});

it.each([
  [
    "is known for a repetition if that was asked for in time, however long the process stood still",
    59_999,
    "duplicate",
  ],
  ["is asked for in vain once the process stood still for longer than ids are known", 60_001, "refused"],
])("what was appended %s", async (_, stoodStill, outcome) => {
  const runtime = new VirtualClock();
  const host = plainHost(() => runtime.monotonic());
  const broker = new ReferenceBroker({ host, runtime });
  await runtime.until(broker.open());
  const body = new Uint8Array();
  const append = { id: "one", name: "a", key: undefined, shard: 0, time: 0, body };
  await runtime.until(broker.log.append([append]));
  await runtime.advance(59_000);
  const unlock = await host.lock("journal");
  const again = broker.log.append([append]).then(
    ([appended]) => (appended as AppendedEvent).duplicate && "duplicate",
    () => "refused",
  );
  await runtime.advance(stoodStill);
  unlock();
  expect(await runtime.until(again)).toBe(outcome);
  expect(await runtime.until(broker.log.head())).toBe(1);
});
