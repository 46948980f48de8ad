import { type ConnectOptions, connect } from "@eventwire/socket.io-client";
import { type BehaviourHarness, behaviourContract, openAccess } from "@eventwire/testing/behaviour";
import { quickly, serveBus } from "../served-bus.js";
import { type Between, joinedBuses } from "./joined-buses.js";

/** What a test of one transport varies. */
export interface Transport {
  readonly transports: readonly ("polling" | "websocket")[];
  /** Given the server's port. */
  readonly between?: (port: number) => Promise<Between>;
}

/** The behavioural suite's buses, over real Socket.IO. */
export async function socketHarness({ transports, between }: Transport): Promise<BehaviourHarness> {
  const served = await serveBus(behaviourContract, { serve: openAccess });
  const through = await between?.(served.port);
  const socket: ConnectOptions["socket"] = { transports: [...transports], forceNew: true, ...quickly };
  return joinedBuses({
    served,
    connect: (onError) => connect(behaviourContract, through?.url ?? served.url, { onError, socket }),
    between: through,
  });
}
