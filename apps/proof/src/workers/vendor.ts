import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "@eventwire/socket.io-client";
import { hurriedRuntime } from "../chaos/hurried-runtime.js";
import { carrying, nameOf, parcelOf } from "./contract.js";
import type { Voice, WorkOrder, WorkRole } from "./words.js";
import { socket } from "./worker.js";

/** How much it has under way at most. */
const most = 256;

/** A process that hands in parcels, each until it has a receipt. */
export async function beVendor(
  role: WorkRole & { readonly port: number },
  voice: Voice,
): Promise<(order: WorkOrder) => Promise<void>> {
  const bus = connect(carrying, `http://127.0.0.1:${role.port}`, {
    ...{ auth: { user: "vendor" }, runtime: hurriedRuntime(role.since), socket },
    onError: (error) => {
      if (error.code !== "Unavailable") voice.trouble(error);
    },
  });
  let before = 0;
  let next = 0;
  let underWay = 0;
  const handIn = async (number: number) => {
    const parcel = parcelOf(number);
    voice.say({ type: "handing-in", number });
    // By its name it is the same one, however often it is handed in.
    await bus.enqueue(nameOf(parcel), parcel, { dedupe: `${number}` });
    voice.say({ type: "handed-in", number });
  };
  const go = async () => {
    for (;;) {
      while (next < before && underWay < most) {
        underWay += 1;
        void handIn(next++)
          .catch((error) => voice.trouble(error))
          .finally(() => {
            underWay -= 1;
          });
      }
      await sleep(2);
    }
  };
  void go();
  voice.say({ type: "ready" });
  return async (order) => {
    if (order.type === "hand-in") before = order.before;
    else await bus.close();
  };
}
