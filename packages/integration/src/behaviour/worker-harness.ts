import { type Bus, createBus, type EventwireError } from "@eventwire/core";
import {
  type BehaviourContract,
  type BehaviourHarness,
  behaviourContract,
  openAccess,
} from "@eventwire/testing/behaviour";
import { connect, type MessageEndpoint, serve } from "@eventwire/worker";

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
  const bus: Bus<BehaviourContract, "server"> = createBus(behaviourContract, {
    onError: (error) => errors.push(error),
  });
  const hub = serve(bus, endpoints.server, openAccess);
  const closing: (() => unknown)[] = [() => bus.close(), () => endpoints.close()];
  return {
    server: { bus, errors },
    client() {
      const clientErrors: EventwireError[] = [];
      const client = connect(behaviourContract, endpoints.client(), {
        onError: (error) => clientErrors.push(error),
        reconnect: { delay: 5, maxDelay: 10 },
      });
      closing.unshift(() => client.close());
      return { bus: client, errors: clientErrors };
    },
    ...(disturbed && {
      disturb() {
        for (const peer of hub.peers()) peer.disconnect("Come again.", { retryable: true });
      },
    }),
    async close() {
      for (const close of closing) await close();
    },
  };
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
