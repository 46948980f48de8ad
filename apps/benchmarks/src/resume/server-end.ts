import { setTimeout as wait } from "node:timers/promises";
import { positionOf } from "../traffic/positions.js";
import type { Recovery, RecoveryServer } from "./recovery.js";
import { twice } from "./twice.js";

/** How many are sent together. */
const atOnce = 100;

/** What a server can be asked, in its process. */
export type ServerEnd = ReturnType<typeof createServerEnd>;

/** The entry of a server's process. */
export async function act({ module, doubled }: { module: string; doubled: boolean }): Promise<ServerEnd> {
  const { recovery } = (await import(module)) as { recovery: Recovery };
  return createServerEnd(doubled ? twice(recovery) : recovery);
}

export function createServerEnd(recovery: Recovery) {
  let server: RecoveryServer;
  let problem: unknown;
  return {
    /** @returns the port. */
    async serve(store: string, port: number): Promise<number> {
      const failed = (error: unknown) => {
        problem ??= error;
      };
      server = await recovery.serve({ store, port, failed });
      return server.port;
    },
    /** Sends the positions from one number to another; resolves when all of them are kept. */
    async emit(from: number, to: number): Promise<void> {
      for (let next = from; next < to; ) {
        const some: Promise<unknown>[] = [];
        for (const end = Math.min(to, next + atOnce); next < end; next++)
          some.push(server.emit(positionOf(next, true)));
        await Promise.all(some);
      }
      if (problem !== undefined) throw problem;
    },
    close: () => server.close(),
    /** Resolves when it knows that nobody is connected. */
    async deserted(): Promise<void> {
      while (server.connected() > 0) await wait(5);
    },
  };
}
