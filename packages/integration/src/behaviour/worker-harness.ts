import { createBus, type EventwireError } from "@eventwire/core";
import { type BehaviourHarness, behaviourContract, openAccess } from "@eventwire/testing/behaviour";
import { connect, type MessageEndpoint, serve } from "@eventwire/worker";
import { joinedBuses } from "./joined-buses.js";

export interface Endpoints {
  readonly server: MessageEndpoint;
  /** Another client's, or the same for all. */
  client(): MessageEndpoint;
  close(): void;
}

export interface WorkerHarnessOptions {
  /** Whether the server sends everybody away between the steps of a test, for now. */
  readonly disturbed?: boolean;
}

/** The behavioural suite's buses, over whatever messages are posted over. */
export function workerHarness(
  endpoints: Endpoints,
  { disturbed = false }: WorkerHarnessOptions = {},
): BehaviourHarness {
  const errors: EventwireError[] = [];
  const bus = createBus(behaviourContract, { onError: (error) => errors.push(error) });
  const hub = serve(bus, endpoints.server, openAccess);
  const disturb = () => {
    for (const peer of hub.peers()) peer.disconnect("Come again.", { retryable: true });
  };
  return joinedBuses({
    served: {
      bus,
      errors,
      hub,
      async close() {
        await bus.close();
        endpoints.close();
      },
    },
    connect: (onError) =>
      connect(behaviourContract, endpoints.client(), { onError, reconnect: { delay: 5, maxDelay: 10 } }),
    between: disturbed ? { disturb } : undefined,
  });
}

export function overPort(): Endpoints {
  const { port1, port2 } = new MessageChannel();
  return { server: port1, client: () => port2, close: () => port1.close() };
}

let channels = 0;

export function overBroadcast(): Endpoints {
  const name = `behaviour ${++channels}`;
  const opened: BroadcastChannel[] = [];
  const client = () => {
    const channel = new BroadcastChannel(name);
    opened.push(channel);
    return channel;
  };
  return {
    server: client(),
    client,
    close() {
      for (const channel of opened) channel.close();
    },
  };
}
