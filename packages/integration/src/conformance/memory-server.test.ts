import { createBus } from "@eventwire/core";
import { MemoryNetwork, VirtualClock } from "@eventwire/testing";
import { protocolApplication, protocolContract, testProtocol } from "@eventwire/testing/protocol";
import { createHub } from "@eventwire/wire";

const lost = { code: "Lost", message: "The connection was lost.", retryable: true };

testProtocol("a server in memory", {
  features: {
    messagepack: true,
    oversize: true,
    openingAuth: true,
    halfOpen: { value: false, because: "a link in memory notices when the other end is gone" },
    clock: true,
  },
  createHarness(limits) {
    const clock = new VirtualClock();
    const network = new MemoryNetwork({ runtime: clock });
    const bus = createBus(protocolContract, { runtime: clock, onError: () => undefined });
    const { options, play } = protocolApplication(limits, () => clock.now());
    play(bus, createHub(bus, network.server, options)); // yours instead, in any language
    return {
      clock,
      connect(receiver, facts) {
        return new Promise((resolve) => {
          const stop = network.client(facts).listen((link) => {
            stop();
            link.open({
              frame: (frame) => receiver.frame(frame as string | Uint8Array),
              drain: () => undefined,
              closed: () => receiver.ended(),
            });
            resolve({ send: (frame) => link.send(frame), close: () => link.close(lost) });
          });
          void clock.advance(2);
        });
      },
      close: () => clock.until(bus.close({ drain: 0 })),
    };
  },
});
