import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "@eventwire/socket.io-client";
import { commonTime, hurriedRuntime, speed } from "../chaos/hurried-runtime.js";
import { carrying, type Parcel } from "./contract.js";
import type { Voice, WorkOrder, WorkRole } from "./words.js";

/** How a client comes back: at once, since much is lost here. */
export const socket = {
  forceNew: true,
  transports: ["websocket"],
  reconnectionDelay: 20,
  reconnectionDelayMax: 300,
  timeout: 2_000,
};

/** Errors that say what has happened to a worker and what it did. */
const expected = new Set(["Unavailable", "LeaseLost", "AttemptTimeout", "Disconnected"]);
const concurrency = 16;
/** How long an attempt may take, and how long one that is late takes, in milliseconds of the hurried time. */
const timeout = 20_000;
const lateness = 50_000;
/** For how long it ends what is under way, in milliseconds of the hurried time. */
const drain = 60_000;

/** A process that carries parcels, wherever it is given them. */
export async function beWorker(
  role: WorkRole & { readonly port: number },
  voice: Voice,
): Promise<(order: WorkOrder) => Promise<void>> {
  const bus = connect(carrying, `http://127.0.0.1:${role.port}`, {
    ...{ auth: { user: "worker" }, runtime: hurriedRuntime(role.since), socket },
    onError: (error) => {
      if (error.code === "LeaseLost") voice.say({ type: "fenced" });
      if (!expected.has(error.code)) voice.trouble(error);
    },
  });
  const suffer = async ({ number, nature }: Parcel, attempt: number) => {
    voice.say({ type: "began", number, attempt });
    if (nature === "poison" || (nature === "stumbles" && attempt === 1)) throw new Error("it fell");
    if (nature === "exits" && attempt === 1) process.exit(7);
    await sleep(nature === "late" && attempt === 1 ? lateness / speed : Math.random() * 10);
    voice.say({ type: "ended", number, attempt });
  };
  bus.work(
    "parcel.carry",
    async (parcel, task) => {
      const began = commonTime();
      await suffer(parcel, task.attempt);
      const { number, key } = parcel;
      task.onDone.emit("parcel.carried", {
        ...{ number, key, attempt: task.attempt, began, ended: commonTime() },
      });
    },
    { concurrency, timeout },
  );
  bus.work("parcel.poison", (parcel, { attempt }) => suffer(parcel, attempt), { concurrency, timeout });
  voice.say({ type: "ready" });
  return async () => bus.close({ drain });
}
