import type { EventwireError } from "@eventwire/core";
import { type ConnectOptions, connect } from "@eventwire/socket.io-client";
import { type BehaviourHarness, behaviourContract, openAccess } from "@eventwire/testing/behaviour";
import { quickly, serveBus } from "../served-bus.js";

/** What a test of one transport varies. */
export interface Transport {
  readonly transports: readonly ("polling" | "websocket")[];
  /** Stands between: given the server's port, gives the URL for clients, and what else the harness does. */
  readonly between?: (port: number) => Promise<{
    readonly url: string;
    disturb(): void;
    calm(): void;
    close(): Promise<void>;
  }>;
}

/** The behavioural suite's buses, over real Socket.IO. */
export async function socketHarness({ transports, between }: Transport): Promise<BehaviourHarness> {
  const served = await serveBus(behaviourContract, { serve: openAccess });
  const through = await between?.(served.port);
  const socket: ConnectOptions["socket"] = { transports: [...transports], forceNew: true, ...quickly };
  const closing = [async () => through?.close(), () => served.close()];
  return {
    server: { bus: served.bus, errors: served.errors },
    client() {
      const errors: EventwireError[] = [];
      const onError = (error: EventwireError) => errors.push(error);
      const bus = connect(behaviourContract, through?.url ?? served.url, { onError, socket });
      closing.unshift(() => bus.close());
      return { bus, errors };
    },
    ...(through && { disturb: () => through.disturb(), calm: () => through.calm() }),
    async close() {
      for (const close of closing) await close();
    },
  };
}
