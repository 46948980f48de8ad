import type { Ends } from "../processes/ends.js";
import { nothingMore, offerProgress, type Progress } from "../traffic/progress.js";
import { Sequence } from "../traffic/sequence.js";
import { countOnly } from "./count-only.js";
import type { Fanout } from "./fanout.js";
import type { ServerEnd } from "./server-end.js";
import { twice } from "./twice.js";

/** How many connect at once. */
const atOnce = 50;
/** After how many deliveries to each the server is told. */
const tellEvery = 10;

/** What the clients can be asked, in their process. */
export type ClientsEnd = ReturnType<typeof createClientsEnd>;
export type FanoutEnds = Ends<ServerEnd, ClientsEnd>;

/** The entry of the clients' process. */
export async function act({ module, doubled }: { module: string; doubled: boolean }): Promise<ClientsEnd> {
  const { fanout } = (await import(module)) as { fanout: Fanout };
  return createClientsEnd(doubled ? twice(fanout) : fanout);
}

export function createClientsEnd(fanout: Fanout) {
  /** How many positions each has got. The first looks at each of them, and the others count. */
  let arrived: number[] = [];
  let [total, toTell, due] = [0, 0, Number.POSITIVE_INFINITY];
  let progress: Progress;
  let problem: string | undefined;
  const wrong = (what: unknown) => {
    if (problem !== undefined) return;
    problem = what instanceof Error ? what.message : String(what);
    progress?.tell(nothingMore);
  };
  const arrive = (client: number, positions: number) => {
    arrived[client]! += positions;
    total += positions;
    if (problem !== undefined || (total < toTell && total < due)) return;
    toTell = total + tellEvery * arrived.length;
    progress.tell(total);
  };
  const sequence = new Sequence();
  const viewer = {
    received(position: Parameters<Sequence["take"]>[0]) {
      const mistake = sequence.take(position);
      if (mistake !== undefined) wrong(mistake);
      arrive(0, 1);
    },
    failed: wrong,
  };
  const unseen = { received: () => wrong("A client got something before all had connected."), failed: wrong };

  return {
    /** Connects so many; resolves when all of them get what is sent. */
    async connect(address: string, clients: number): Promise<void> {
      arrived = new Array<number>(clients).fill(0);
      toTell = tellEvery * clients;
      for (let first = 0; first < clients; first += atOnce) {
        const some = arrived.slice(first, first + atOnce).map(async (_, index) => {
          const client = first + index;
          const socket = await fanout.join(address, client === 0 ? viewer : unseen);
          if (client > 0) countOnly(socket, (positions) => arrive(client, positions));
        });
        await Promise.all(some);
      }
    },
    /** Resolves to the port where the server hears how many deliveries there were. */
    receive: (): Promise<number> =>
      offerProgress(
        (count) => {
          due = count * arrived.length;
          progress.tell(total);
        },
        (joined) => {
          progress = joined;
        },
      ),
    /** What each has got, and what was wrong with it. */
    account: () => ({ arrived, problem }),
  };
}
