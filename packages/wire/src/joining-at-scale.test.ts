import { describe, expect, it } from "vitest";
import { startBuildingClient } from "../fixtures/connected-building.js";
import { serveCrowd } from "../fixtures/crowd.js";

const few = 1_000;
const many = 50_000;
/** What does not depend on the number costs about as much each time; what runs over all of them, fifty times as much. */
const bound = 10;

const rounds = 7;

/** The least that `work` took of several times, in milliseconds: the machine has other things to do as well. */
async function leastTime(work: () => unknown): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

const listen = (ref: number) => ["listen", ref, "quote.changed", `key ${ref}`];
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe("of one peer", () => {
  /** What it takes to begin and end 200 listenings beside others. */
  const costBeside = async (present: number, until?: (key: string) => number) => {
    const rule =
      until && (({ key }: { key?: unknown }) => ({ allow: true as const, until: until(String(key)) }));
    const { join } = serveCrowd(rule && { allow: { listen: { "*": rule } } });
    const [link] = await join(1, (): [string, string][] =>
      numbers(present).map((ref) => ["quote.changed", `key ${ref}`]),
    );
    const ours = numbers(200).map((index) => present + index);
    return leastTime(() => {
      for (const ref of ours) link!.arrive(listen(ref));
      for (const ref of ours) link!.arrive(["unlisten", ref]);
    });
  };

  it("joining and leaving cost the same, however much it listens to", async () => {
    expect((await costBeside(many)) / (await costBeside(few))).toBeLessThan(bound);
  });

  it("they do so too where each ends at a time of its own", async () => {
    const until = (key: string) => Date.UTC(2001, 0, 2) + 10_000 * Number(key.slice(4));
    expect((await costBeside(many, until)) / (await costBeside(few, until))).toBeLessThan(bound);
  });
});

it("a peer that comes and goes costs the same, however many there are", async () => {
  const costBeside = async (present: number) => {
    const { join } = serveCrowd();
    const keys = (peer: number): [string, string][] => [["quote.changed", `key ${peer}`]];
    await join(present, keys);
    return leastTime(async () => {
      for (const link of await join(20, keys))
        link.close({ code: "Lost", message: "It was lost.", retryable: true });
    });
  };
  expect((await costBeside(5_000)) / (await costBeside(100))).toBeLessThan(bound);
});

it("a client is told of what it may have missed over a new link in the same time, however much it listens to", async () => {
  const told = 500;
  const costBeside = async (present: number) => {
    const { bus, welcome } = startBuildingClient();
    let gaps = 0;
    const onGap = () => {
      gaps += 1;
    };
    for (const key of numbers(present)) bus.on("room.opened", () => undefined, { key: `${key}`, onGap });
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const link = await welcome();
      const refs = link.take().flatMap((message) => (message[0] === "listen" ? [message[1]] : []));
      expect(refs).toHaveLength(present);
      const start = performance.now();
      for (const ref of refs.slice(0, told)) link.arrive(["listening", ref]);
      times.push(performance.now() - start);
      link.close({ code: "Lost", message: "It was lost.", retryable: true });
    }
    // The first link of all has taken nothing.
    expect(gaps).toBe((rounds - 1) * told);
    return Math.min(...times.slice(1));
  };
  expect((await costBeside(20_000)) / (await costBeside(told))).toBeLessThan(bound);
});
