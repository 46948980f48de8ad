import { setImmediate as turn } from "node:timers/promises";
import { type Memory, memoryInUse } from "../memory/memory-in-use.js";
import { Flow } from "../traffic/flow.js";
import { positionOf } from "../traffic/positions.js";
import { joinProgress, nothingMore, type Progress } from "../traffic/progress.js";
import type { Fanout } from "./fanout.js";
import { twice } from "./twice.js";

/** How many events may be on their way to each client. */
const mostInFlight = 100;

/** What a server says of what it sent. */
export interface Sent {
  readonly count: number;
  readonly milliseconds: number;
  /** What it used of the processor meanwhile, in seconds. */
  readonly processorSeconds: number;
}

/** What the server can be asked, in its process. */
export type ServerEnd = ReturnType<typeof createServerEnd>;

/** The entry of the server's process. */
export async function act({ module, doubled }: { module: string; doubled: boolean }): Promise<ServerEnd> {
  const { fanout } = (await import(module)) as { fanout: Fanout };
  return createServerEnd(doubled ? twice(fanout) : fanout);
}

export function createServerEnd(fanout: Fanout) {
  let emit: Awaited<ReturnType<Fanout["serve"]>>["emit"];
  let flow: Flow;
  let progress: Progress;
  const failed = (error: unknown) => flow.failed(error instanceof Error ? error.message : String(error));
  return {
    async serve(): Promise<string> {
      const served = await fanout.serve(failed);
      emit = served.emit;
      return served.address;
    },
    /** @param port where the clients tell how far they are. */
    async attend(port: number, clients: number): Promise<void> {
      flow = new Flow(mostInFlight * clients, clients);
      progress = await joinProgress(port, (count) => {
        if (count === nothingMore) flow.failed("A client found something wrong.");
        else flow.told(count);
      });
    },
    /** What this process holds once garbage is collected, in bytes. */
    memory: (): Memory => memoryInUse(),
    /** Sends `burst` events in each turn of the event loop, as fast as the clients get them, and at least once. */
    async send(burst: number, milliseconds: number): Promise<Sent> {
      const before = flow.sent;
      const start = performance.now();
      const usage = process.cpuUsage();
      do {
        if (flow.full) await flow.room();
        for (let index = 0; index < burst; index++) emit(positionOf(flow.sending(), true));
        await turn();
      } while (performance.now() - start < milliseconds);
      progress.tell(flow.sent);
      await flow.drained();
      const { user, system } = process.cpuUsage(usage);
      return {
        count: flow.sent - before,
        milliseconds: performance.now() - start,
        processorSeconds: (user + system) / 1e6,
      };
    },
  };
}
