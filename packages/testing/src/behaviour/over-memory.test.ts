import { createBus, type EventwireError } from "@eventwire/core";
import { createClient, createHub } from "@eventwire/wire";
import type { MemoryClient } from "../memory-client.js";
import { MemoryNetwork } from "../memory-network.js";
import { behaviourContract } from "./contract.js";
import { type BehaviourHarness, openAccess } from "./harness.js";
import { testBehaviour } from "./test-behaviour.js";

function createHarness(): BehaviourHarness & { readonly sources: readonly MemoryClient[] } {
  const network = new MemoryNetwork();
  const errors: EventwireError[] = [];
  const bus = createBus(behaviourContract, { onError: (error) => errors.push(error) });
  createHub(bus, network.server, openAccess);
  const sources: MemoryClient[] = [];
  const closing = [() => bus.close()];
  return {
    sources,
    server: { bus, errors },
    client() {
      const clientErrors: EventwireError[] = [];
      const source = network.client();
      sources.push(source);
      const client = createClient(behaviourContract, source, {
        onError: (error) => clientErrors.push(error),
      });
      closing.unshift(() => client.close());
      return { bus: client, errors: clientErrors };
    },
    async close() {
      for (const close of closing) await close();
    },
  };
}

testBehaviour("over a link in memory", { features: { boundary: true }, createHarness });

testBehaviour("over a link in memory that is cut between any two steps", {
  features: { boundary: true },
  createHarness() {
    const harness = createHarness();
    return {
      ...harness,
      disturb: () => {
        for (const source of harness.sources) source.cut();
      },
    };
  },
});
