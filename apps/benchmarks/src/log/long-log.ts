import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { systemRuntime } from "@eventwire/core";
import { sqlite } from "@eventwire/sqlite";

const batch = 4_000;
const underWay = 8;
const body = new TextEncoder().encode("[0]");

/** Makes long logs of ours, in a process of their own. */
export function act() {
  return {
    /** Appends so many small events to the log `reports` of a folder, past the bus, which would take its time. */
    async build(folder: string, count: number): Promise<void> {
      const file = join(folder, "reports.db");
      const broker = sqlite(file);
      await broker.open();
      let next = 0;
      const appendAll = async () => {
        while (next < count) {
          const first = next;
          next = Math.min(count, first + batch);
          const time = systemRuntime.now();
          const events = Array.from({ length: next - first }, (_, index) => ({
            id: `long.${(first + index).toString(36)}`,
            name: "flight.counted",
            key: undefined,
            shard: 0,
            time,
            body,
          }));
          await broker.log.append(events);
        }
      };
      await Promise.all(Array.from({ length: underWay }, appendAll));
      const head = await broker.log.head();
      await broker.close({ drain: 60_000 });
      if (head !== count) throw new Error(`Of ${count} events ${head} were kept.`);
      // The second log of who opens two.
      symlinkSync(file, join(folder, "reports-again.db"));
    },
  };
}
