import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { testBroker } from "@eventwire/testing/broker";
import { plainHost } from "../../fixtures/plain-host.js";
import { ReferenceBroker } from "./reference-broker.js";

const none = { value: false, because: "it is a log and nothing else" } as const;

let seed = 0;

testBroker("the reference log", {
  features: {
    trimByName: true,
    transactions: true,
    tasks: none,
    delay: none,
    priority: none,
    keyOrder: none,
    signals: none,
    hints: true,
    clock: true,
  },
  createHarness() {
    const runtime = new VirtualClock({ seed: ++seed });
    const host = plainHost(() => runtime.monotonic());
    return { clock: runtime, create: () => new ReferenceBroker({ host, runtime }), close: () => undefined };
  },
});
