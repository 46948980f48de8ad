import { createBus } from "@eventwire/core";
import { sqlite } from "@eventwire/sqlite";
import { type Carried, carrying, names } from "./contract.js";
import type { DeadParcel } from "./work-oracle.js";

type CarryingBus = ReturnType<typeof createBus<typeof carrying>>;

export interface WorkDone {
  /** In the order of the log. */
  readonly carried: readonly Carried[];
  readonly dead: readonly DeadParcel[];
}

/** How many tasks of the file are neither done nor dead. */
export function countLeft(file: string): Promise<number> {
  return reading(file, async (bus) => {
    const counts = await Promise.all(names.map((name) => bus.tasks(name).counts()));
    return counts.reduce((sum, one) => sum + one.waiting + one.delayed + one.blocked + one.claimed, 0);
  });
}

/** What the file says of the parcels. */
export function readWork(file: string): Promise<WorkDone> {
  return reading(file, async (bus) => ({ carried: await allCarried(bus), dead: await allDead(bus) }));
}

/** Opens it as another process does. */
async function reading<T>(file: string, read: (bus: CarryingBus) => Promise<T>): Promise<T> {
  // Those that are ending may still be writing.
  const broker = sqlite(file, { busyTimeout: 60_000 });
  const bus = createBus(carrying, { broker });
  try {
    return await read(bus);
  } finally {
    await bus.close();
    await broker.close({ drain: 0 });
  }
}

async function allDead(bus: CarryingBus): Promise<readonly DeadParcel[]> {
  const dead: DeadParcel[] = [];
  for (const name of names) {
    for (let after: string | undefined; ; ) {
      const page = await bus.tasks(name).dead({ after, limit: 500 });
      dead.push(...page.map(({ data, attempts }) => ({ number: data.number, attempts })));
      after = page.at(-1)?.id;
      if (after === undefined) break;
    }
  }
  return dead;
}

async function allCarried(bus: CarryingBus): Promise<readonly Carried[]> {
  const last = -1;
  await bus.emit("parcel.carried", { number: last, key: "", attempt: 0, began: 0, ended: 0 });
  const carried: Carried[] = [];
  for await (const data of bus.events("parcel.carried", { since: "start" })) {
    if (data.number === last) return carried;
    carried.push(data);
  }
  return carried;
}
