import { setTimeout as sleep } from "node:timers/promises";
import type { ClientBus } from "@eventwire/socket.io-client";
import type { DriverReport, Parcels } from "../contract.js";
import { milesBetween, type Place } from "../places/places.js";

export interface DriverParts {
  readonly bus: ClientBus<Parcels>;
  readonly name: string;
  readonly places: ReadonlyMap<string, Place>;
  /** How many times faster than usual. */
  readonly speed: number;
  /** How many of 1 attempts fail by chance, half of them by hanging until their time is up. */
  readonly faults: number;
  /** From 0 to 1, as `Math.random` gives it. */
  readonly random: () => number;
}

/** Milliseconds at the usual speed. */
const PICKUP = 1_500;
const A_MILE = 2;
const PATIENCE = 20_000;
/** The hub may be away for as long. */
const LEAST_PATIENCE = 6_000;

/** Picks up and delivers parcels, one of each at a time, and says every second what it is doing. */
export function startDriver({ bus, name, places, speed, faults, random }: DriverParts): () => void {
  const closed = new Set<string>();
  bus.on("place.closed", ({ place }) => closed.add(place), { since: "start" });
  bus.on("place.opened", ({ place }) => closed.delete(place), { since: "start" });
  const timeout = Math.max(LEAST_PATIENCE, PATIENCE / speed);
  const report = { driver: name, doing: new Map<string, Doing>(), done: 0, failed: 0 };

  /** What can go wrong on the way, whatever is carried. */
  const drive = async (time: number, signal: AbortSignal) => {
    const luck = random();
    if (luck < faults / 2) throw new Error("The van broke down.");
    await sleep(luck < faults ? timeout * 2 : time / speed, undefined, { signal });
  };
  const attempt = async (doing: Doing, work: () => Promise<void>) => {
    report.doing.set(doing.task, doing);
    try {
      await work();
      report.done += 1;
    } catch (error) {
      report.failed += 1;
      throw error;
    } finally {
      report.doing.delete(doing.task);
    }
  };

  bus.work(
    "parcel.pickup",
    ({ parcel }, task) =>
      attempt({ task: task.name, parcel, attempt: task.attempt, step: "picking up" }, async () => {
        await drive(PICKUP, task.signal);
        task.onDone.emit("parcel.pickedUp", { parcel, driver: name, attempt: task.attempt });
      }),
    { timeout },
  );

  bus.work(
    "parcel.deliver",
    async ({ parcel, from, to }, task) => {
      const step = { parcel, driver: name, attempt: task.attempt };
      await attempt(
        { task: task.name, parcel, attempt: task.attempt, step: `${from} to ${to}` },
        async () => {
          if (closed.has(to)) throw new Error(`${to} is closed.`);
          await bus.emit("parcel.inTransit", step);
          await task.progress({ step: "in transit" });
          await drive(milesBetween(places.get(from)!, places.get(to)!) * A_MILE, task.signal);
          task.onDone.emit("parcel.delivered", step);
        },
      );
      return { driver: name };
    },
    { timeout },
  );

  const reporting = setInterval(() => {
    const { driver, doing, done, failed } = report;
    bus.emit("driver.reported", { driver, doing: [...doing.values()], done, failed });
  }, 1_000);
  return () => clearInterval(reporting);
}

type Doing = DriverReport["doing"][number];
