import type { EventwireError } from "@eventwire/core";
import { type ConnectOptions, connect } from "@eventwire/socket.io-client";
import { type BehaviourHarness, behaviourContract, openAccess } from "@eventwire/testing/behaviour";
import { quickly, serveBus } from "../served-bus.js";
import { type Between, joinedBuses } from "./joined-buses.js";

/** What a test of one transport varies. */
export interface Transport {
  readonly transports: readonly ("polling" | "websocket")[];
  /** Given the server's port. */
  readonly between?: (port: number) => Promise<Between>;
  /** Whether all buses share one connection, on which there is one more. */
  readonly shared?: boolean;
}

/** The behavioural suite's buses, over real Socket.IO. */
export async function socketHarness({
  transports,
  between,
  shared = false,
}: Transport): Promise<BehaviourHarness> {
  const served = await serveBus(behaviourContract, { serve: openAccess });
  const through = await between?.(served.port);
  const socket: ConnectOptions["socket"] = { transports: [...transports], forceNew: !shared, ...quickly };
  const join = (onError?: (error: EventwireError) => void) =>
    connect(behaviourContract, through?.url ?? served.url, { onError, socket });
  const first = shared ? join() : undefined;
  return joinedBuses({
    served: {
      ...served,
      async close() {
        await first?.close();
        await served.close();
      },
    },
    connect: join,
    between: through,
  });
}
