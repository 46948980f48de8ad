import { setTimeout as wait } from "node:timers/promises";
import type { Ends } from "../processes/ends.js";
import { Sequence } from "../traffic/sequence.js";
import type { Recovery, RecoveryClient } from "./recovery.js";
import type { ServerEnd } from "./server-end.js";
import { twice } from "./twice.js";

/** How many connect at once. */
const atOnce = 50;
/** How long nothing may come before what is missing counts as lost, in milliseconds. */
const patience = 60_000;

/** What the clients can be asked, in their process. */
export type ClientsEnd = ReturnType<typeof createClientsEnd>;
export type RecoveryEnds = Ends<ServerEnd, ClientsEnd>;

/** The entry of the clients' process. */
export async function act({ module, doubled }: { module: string; doubled: boolean }): Promise<ClientsEnd> {
  const { recovery } = (await import(module)) as { recovery: Recovery };
  return createClientsEnd(doubled ? twice(recovery) : recovery);
}

export function createClientsEnd(recovery: Recovery) {
  let clients: readonly RecoveryClient[] = [];
  let arrived = 0;
  let problem: string | undefined;
  const wrong = (what: unknown) => {
    problem ??= what instanceof Error ? what.message : String(what);
  };

  /** A client that looks at each position: all must come, equal, once, and in order. */
  async function join(address: string): Promise<RecoveryClient> {
    const sequence = new Sequence();
    return recovery.join(address, {
      received(position) {
        const mistake = sequence.take(position);
        if (mistake !== undefined) wrong(mistake);
        arrived += 1;
      },
      failed: wrong,
    });
  }

  return {
    /** Connects so many. */
    async connect(address: string, count: number): Promise<void> {
      while (clients.length < count) {
        const some = Array.from({ length: Math.min(atOnce, count - clients.length) }, () => join(address));
        clients = [...clients, ...(await Promise.all(some))];
      }
    },
    /** All lose their connection. */
    cut(): void {
      for (const client of clients) client.cut();
    },
    /** All connect again, at once. */
    resume(): void {
      for (const client of clients) client.resume();
    },
    /** Resolves when each has got so many in all; rejects where one is lost, altered, repeated or out of order. */
    async got(count: number): Promise<void> {
      const due = count * clients.length;
      let seen = arrived;
      let until = performance.now() + patience;
      while (arrived < due && problem === undefined && performance.now() < until) {
        await wait(1);
        if (arrived > seen) until = performance.now() + patience;
        seen = arrived;
      }
      if (arrived !== due) problem ??= `Of ${due} positions ${arrived} came.`;
      if (problem !== undefined) throw new Error(problem);
    },
  };
}
