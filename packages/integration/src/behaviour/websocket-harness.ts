import { type BehaviourHarness, behaviourContract } from "@eventwire/testing/behaviour";
import { connect } from "@eventwire/websocket/client";
import { WebSocket } from "ws";
import { quickly, serveOverWebSocket } from "../websocket/served-bus.js";
import { joinedBuses } from "./joined-buses.js";
import type { Transport } from "./socket-harness.js";

/** The behavioural suite's buses, over real WebSocket. */
export async function webSocketHarness(between?: Transport["between"]): Promise<BehaviourHarness> {
  const served = await serveOverWebSocket();
  const through = await between?.(served.port);
  const url = through ? `${through.url}/eventwire` : served.url;
  return joinedBuses({
    served,
    connect: (onError) => connect(behaviourContract, url, { WebSocket, onError, ...quickly }),
    between: through,
  });
}
