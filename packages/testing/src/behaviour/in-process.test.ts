import { type Bus, createBus, type EventwireError } from "@eventwire/core";
import { type BehaviourContract, behaviourContract } from "./contract.js";
import { testBehaviour } from "./test-behaviour.js";

testBehaviour("in one process", {
  features: { boundary: false },
  createHarness() {
    const errors: EventwireError[] = [];
    const bus = createBus(behaviourContract, { onError: (error) => errors.push(error) });
    // One bus plays all parts: the suite only has a client do what a server may do as well.
    const client = { bus: bus as unknown as Bus<BehaviourContract, "client">, errors };
    return { server: { bus, errors }, client: () => client, close: () => bus.close() };
  },
});
