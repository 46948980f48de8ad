import type { Bus, EventwireError } from "@eventwire/core";
import type { Hub, Principal, ServeOptions } from "@eventwire/wire";
import type { BehaviourContract } from "./contract.js";

/** What a way of joining buses does or does not do, each with a test of its own either way. */
export interface BehaviourFeatures {
  /**
   * Whether there is a boundary between server and clients, at which data is copied and checked. In one process there
   * is none: listeners share one object, nothing is checked, and messages without a schema are as good as others.
   */
  readonly boundary: boolean;
}

/** A bus and what its `onError` was told, oldest first. */
export interface Actor<B> {
  readonly bus: B;
  readonly errors: EventwireError[];
}

/** The buses of one test, joined in the way that is tested. */
export interface BehaviourHarness {
  readonly server: Actor<Bus<BehaviourContract, "server">>;
  /** The server's end of the links. Needed where there is a boundary. */
  readonly hub?: Pick<Hub<BehaviourContract, Principal>, "to">;
  /** Another client. In one process it is the server's bus itself. */
  client(): Actor<Bus<BehaviourContract, "client">>;
  /** Called between the steps of a test where it exists: breaks the connections, which then come back by themselves. */
  disturb?(): void;
  /** Called when all connections have come back where it exists: until `disturb` is called again they stay. */
  calm?(): void;
  /** Closes all buses, and what carries them. */
  close(): Promise<void>;
}

export interface BehaviourOptions {
  readonly features: BehaviourFeatures;
  /** Called for each test. Buses pass their errors to the actor's `errors`; servers are served with {@link openAccess}. */
  createHarness(): BehaviourHarness | Promise<BehaviourHarness>;
  /** For how long a condition is waited for before the test fails, in milliseconds. Default 10,000. */
  readonly patience?: number;
}

/** How the suite wants its server served: everybody may do everything but carry parcels, a thousand requests at once. */
export const openAccess: ServeOptions<BehaviourContract, Principal> = {
  authenticate: () => ({ id: "anybody" }),
  allow: {
    listen: { "*": true },
    history: { "*": true },
    group: { "deed.*": true },
    emit: { "*": true },
    request: { "*": true },
    enqueue: { "letter.*": true },
    work: { "letter.*": true },
  },
  limits: { requests: 1_000 },
};
