import type { Ends } from "../processes/ends.js";
import { Flow } from "../traffic/flow.js";
import { countValid, isValid, type Position } from "../traffic/positions.js";
import { joinProgress, nothingMore, offerProgress, type Progress } from "../traffic/progress.js";
import { Sequence } from "../traffic/sequence.js";
import { type Pattern, sendPattern } from "./patterns.js";
import { twice } from "./twice.js";
import type { Emit, Receiver, Wire } from "./wire.js";

/** How many may be on their way. */
const mostInFlight = 4_000;
/** After how many the receiver tells how far it is. */
const tellEvery = 500;

/** What a sender says of what it sent. */
export interface Sent {
  readonly count: number;
  readonly milliseconds: number;
}

/** What an end of the wire can be asked, in its process. */
export type WireEnd = ReturnType<typeof createEnd>;
export type WireEnds = Ends<WireEnd>;

/** Loads the implementation and makes an end of it; the entry of a process. */
export async function act({ module, doubled }: { module: string; doubled: boolean }): Promise<WireEnd> {
  const { wire } = (await import(module)) as { wire: Wire };
  return createEnd(doubled ? twice(wire) : wire);
}

export function createEnd(wire: Wire) {
  const flow = new Flow(mostInFlight);
  const sequence = new Sequence(isValid);
  let emit: Emit;
  /** Once both ends have met. */
  let progress: Progress | undefined;
  let [received, refused] = [0, 0];
  /** How many valid ones are due in all, once the sender has sent everything. */
  let due = Number.POSITIVE_INFINITY;
  let receiving = false;
  let problem: string | undefined;

  const receiver: Receiver = {
    received(position: Position) {
      const mistake = sequence.take(position);
      if (mistake !== undefined) wrong(mistake);
      received += 1;
      advance();
    },
    refused() {
      refused += 1;
      if (receiving) advance();
      else flow.refused();
    },
    failed(error) {
      wrong(error instanceof Error ? error.message : String(error));
    },
  };
  const wrong = (what: string) => {
    if (problem !== undefined) return;
    problem = what;
    if (receiving) progress?.tell(nothingMore);
    else flow.failed(what);
  };
  const advance = () => {
    if (problem !== undefined) return;
    const done = received + refused;
    if (done % tellEvery === 0 || received === due) progress?.tell(done);
  };
  const sentInAll = (count: number) => {
    due = countValid(count);
    progress?.tell(received + refused);
  };

  return {
    async serve(json: boolean): Promise<string> {
      const served = await wire.serve(receiver, json);
      emit = served.emit;
      return served.address;
    },
    async connect(address: string): Promise<void> {
      emit = await wire.connect(address, receiver);
    },
    /** Will receive; resolves to the port where it tells the sender how far it is. */
    receive(): Promise<number> {
      receiving = true;
      return offerProgress(sentInAll, (joined) => {
        progress = joined;
        if (problem !== undefined) progress.tell(nothingMore);
      });
    },
    async attend(port: number): Promise<void> {
      progress = await joinProgress(port, (count) => {
        if (count === nothingMore) flow.failed("The receiver found something wrong.");
        else flow.told(count);
      });
    },
    async send(pattern: Pattern, milliseconds: number): Promise<Sent> {
      const before = flow.sent;
      const start = performance.now();
      await sendPattern(pattern, emit, flow, milliseconds);
      progress?.tell(flow.sent);
      await flow.drained();
      return { count: flow.sent - before, milliseconds: performance.now() - start };
    },
    /** What it received and refused in all, and what was wrong with it. */
    account: () => ({ received, refused, problem }),
    /** What this process has used of the processor since it began, in seconds. */
    processorSeconds(): number {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  };
}
