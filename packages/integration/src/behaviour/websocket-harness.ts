import { createBus, type EventwireError } from "@eventwire/core";
import { type BehaviourHarness, behaviourContract, openAccess } from "@eventwire/testing/behaviour";
import { serve } from "@eventwire/websocket";
import { connect } from "@eventwire/websocket/client";
import { WebSocket } from "ws";
import { listen } from "../served-bus.js";
import type { Transport } from "./socket-harness.js";

/** The behavioural suite's buses, over real WebSocket. */
export async function webSocketHarness(between?: Transport["between"]): Promise<BehaviourHarness> {
  const { http, port } = await listen();
  const errors: EventwireError[] = [];
  const bus = createBus(behaviourContract, { onError: (error) => errors.push(error) });
  serve(bus, http, openAccess);
  const through = await between?.(port);
  const url = `${through?.url ?? `http://127.0.0.1:${port}`}/eventwire`;
  const closing: (() => unknown)[] = [
    () => through?.close(),
    () => bus.close(),
    () => new Promise((resolve) => http.close(resolve)),
  ];
  return {
    server: { bus, errors },
    client() {
      const clientErrors: EventwireError[] = [];
      const client = connect(behaviourContract, url, {
        WebSocket,
        onError: (error) => clientErrors.push(error),
        reconnect: { delay: 5, maxDelay: 10 },
      });
      closing.unshift(() => client.close());
      return { bus: client, errors: clientErrors };
    },
    ...(through && { disturb: () => through.disturb(), calm: () => through.calm() }),
    async close() {
      for (const close of closing) await close();
    },
  };
}
