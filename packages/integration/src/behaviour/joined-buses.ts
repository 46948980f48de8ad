import type { Bus, EventwireError } from "@eventwire/core";
import type { BehaviourContract, BehaviourHarness } from "@eventwire/testing/behaviour";
import type { ClientBus } from "@eventwire/wire";

/** Breaks the connections between the steps of a test. */
export interface Disturber {
  disturb(): void;
  calm?(): void;
  close?(): Promise<void>;
}

/** Stands between clients and their server, at a URL of its own. */
export interface Between extends Disturber {
  readonly url: string;
}

export interface JoinedBusesOptions {
  readonly served: {
    readonly bus: Bus<BehaviourContract, "server">;
    readonly errors: EventwireError[];
    readonly hub: NonNullable<BehaviourHarness["hub"]>;
    close(): Promise<void>;
  };
  connect(onError: (error: EventwireError) => void): ClientBus<BehaviourContract>;
  readonly between?: Disturber | undefined;
}

/** A served bus and its clients for the behavioural suite. Clients are closed first. */
export function joinedBuses({ served, connect, between }: JoinedBusesOptions): BehaviourHarness {
  const clients: ClientBus<BehaviourContract>[] = [];
  return {
    server: served,
    hub: served.hub,
    client() {
      const errors: EventwireError[] = [];
      const bus = connect((error) => errors.push(error));
      clients.push(bus);
      return { bus, errors };
    },
    ...(between && { disturb: () => between.disturb(), calm: () => between.calm?.() }),
    async close() {
      for (const client of clients) await client.close();
      await between?.close?.();
      await served.close();
    },
  };
}
