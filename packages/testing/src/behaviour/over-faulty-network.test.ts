import { createBus, type EventwireError } from "@eventwire/core";
import { createClient, createHub } from "@eventwire/wire";
import { type Faults, type MemoryClient, MemoryNetwork, VirtualClock } from "../index.js";
import { behaviourContract } from "./contract.js";
import { type BehaviourHarness, openAccess } from "./harness.js";
import { testBehaviour } from "./test-behaviour.js";

interface Harness extends BehaviourHarness {
  readonly clock: VirtualClock;
  readonly sources: readonly MemoryClient[];
}

/** Buses over a network whose time passes by itself: what takes it seconds takes a test nothing. */
function createHarness(faults: Faults): Harness {
  const clock = new VirtualClock();
  const stop = clock.start();
  const network = new MemoryNetwork({ runtime: clock, faults, noticeAfter: 3_000, retryDelay: 100, seed: 1 });
  const errors: EventwireError[] = [];
  const bus = createBus(behaviourContract, { runtime: clock, onError: (error) => errors.push(error) });
  const hub = createHub(bus, network.server, openAccess);
  const sources: MemoryClient[] = [];
  const closing = [() => bus.close()];
  return {
    clock,
    sources,
    server: { bus, errors },
    hub,
    client() {
      const clientErrors: EventwireError[] = [];
      const source = network.client();
      sources.push(source);
      const client = createClient(behaviourContract, source, {
        runtime: clock,
        onError: (error) => clientErrors.push(error),
      });
      closing.unshift(() => client.close());
      return { bus: client, errors: clientErrors };
    },
    async close() {
      for (const close of closing) await close();
      stop();
    },
  };
}

testBehaviour("over a slow, narrow and uneven network", {
  features: { boundary: true },
  createHarness: () => createHarness({ latency: 80, jitter: 120, reorder: 0.1, bandwidth: 1_000_000 }),
});

testBehaviour("over an uneven network that goes silent between any two steps", {
  features: { boundary: true },
  createHarness() {
    const harness = createHarness({ latency: 5, jitter: 20, refuse: 0.3 });
    const { clock, sources } = harness;
    const silences: ((source: MemoryClient) => void)[] = [
      (source) => source.halfOpen("toServer"),
      (source) => source.halfOpen("toClient"),
      (source) => {
        source.partition();
        clock.timer(() => source.heal(), 4_000);
      },
    ];
    let turn = 0;
    const disturb = () => {
      for (const source of sources) silences[turn++ % silences.length]!(source);
    };
    return { ...harness, disturb };
  },
});
