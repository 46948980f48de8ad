import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it, vi } from "vitest";
import type { Append } from "../broker.js";
import { type MemoryOptions, memory } from "../memory.js";
import { shardOf } from "../shard.js";

const everything = { after: 0, limit: 1_000, bytes: 2 ** 20 };

function append(id: string, changes: Partial<Append> = {}): Append {
  const { name = "a", key } = changes;
  return { id, name, key, shard: shardOf(name, key), time: 0, body: Uint8Array.of(1), ...changes };
}

async function createLog(options: MemoryOptions = {}) {
  const clock = new VirtualClock({ start: 1_000 });
  const broker = memory({ runtime: clock, ...options });
  await broker.open();
  const { log } = broker;
  const offsets = async (query = {}) => {
    const { records } = await log.read({ ...everything, ...query });
    return records.map(({ offset }) => offset);
  };
  return { broker, clock, log, offsets };
}

describe("the memory broker's log", () => {
  it("keeps the newest events, and says up to where it let others go", async () => {
    const { log, offsets } = await createLog({ events: 3 });
    await log.append(["1", "2", "3"].map((id) => append(id)));
    expect(await log.read(everything)).toMatchObject({ scanned: 3, trimmed: 0 });
    await log.append([append("4"), append("5")]);
    expect(await offsets()).toEqual([3, 4, 5]);
    expect(await log.read(everything)).toMatchObject({ scanned: 5, trimmed: 2 });
  });

  it("keeps as many producers of an owner as it is told, whoever comes in between", async () => {
    const { log } = await createLog({ producersPerOwner: 2 });
    const from = (id: string, owner?: string) =>
      log.append([append(`${id}-1`, { producer: { id, owner, epoch: 1, sequence: 1 } })]);
    const isKnown = async (id: string) => {
      const [outcome] = await log.append([
        append(`${id}-late`, { producer: { id, epoch: 1, sequence: 1, begun: true } }),
      ]);
      return outcome?.type === "appended" && outcome.duplicate;
    };
    await from("mine");
    for (const id of ["a", "b", "a", "c"]) await from(id, "ann");
    await from("d", "bob");
    expect(await isKnown("b")).toBe(false);
    for (const id of ["mine", "a", "c", "d"]) expect([id, await isKnown(id)]).toEqual([id, true]);
  });

  it("keeps a number of bytes, and the newest event however large it is", async () => {
    const { log, offsets } = await createLog({ bytes: 10 });
    await log.append([append("1", { body: new Uint8Array(6) }), append("2", { body: new Uint8Array(4) })]);
    expect(await offsets()).toEqual([1, 2]);
    await log.append([append("3", { body: new Uint8Array(1) })]);
    expect(await offsets()).toEqual([2, 3]);
    await log.append([append("4", { body: new Uint8Array(100) })]);
    expect(await offsets()).toEqual([4]);
  });

  it("says of names and keys of which nothing went that nothing is missing", async () => {
    const { log } = await createLog({ events: 2 });
    await log.append([append("1", { name: "b", key: "k" }), append("2", { name: "c" }), append("3")]);
    const trimmed = async (query: object) => (await log.read({ ...everything, ...query })).trimmed;
    expect(await trimmed({ names: ["b"] })).toBe(1);
    expect(await trimmed({ names: ["b"], key: "k" })).toBe(1);
    expect(await trimmed({ names: ["b"], key: 7 })).toBe(0);
    expect(await trimmed({ names: ["b"], shards: [shardOf("b", "k")] })).toBe(1);
    expect(await trimmed({ names: ["c", "a"] })).toBe(0);
  });

  it("reads by key and still finds it after others of the key went", async () => {
    const { log, offsets } = await createLog({ events: 4 });
    await log.append([..."abcabc"].map((key, index) => append(String(index), { key })));
    expect(await offsets({ key: "a" })).toEqual([4]);
    expect(await offsets({ key: "c" })).toEqual([3, 6]);
    await log.trim({ before: 4, name: "a" });
    expect(await offsets({ key: "c" })).toEqual([6]);
  });

  it("finds a time among what is kept, and where all that went came before it", async () => {
    const { clock, log } = await createLog({ events: 2 });
    for (const id of ["1", "2", "3", "4"]) {
      await log.append([append(id)]);
      await clock.advance(10);
    }
    expect(await Promise.all([1_040, 1_030, 1_021, 1_020].map((time) => log.at(time)))).toEqual([4, 3, 3, 2]);
    expect(await Promise.all([1_011, 1_010, 1_000].map((time) => log.at(time)))).toEqual([2, 0, 0]);
  });

  it("lets no time go back, so that a clock set back hides nothing", async () => {
    const { clock, log } = await createLog();
    const now = vi.spyOn(clock, "now");
    await log.append([append("1")]);
    now.mockReturnValue(500);
    await log.append([append("2")]);
    expect(await log.at(1_000)).toBe(0);
    expect(await log.at(1_001)).toBe(2);
  });

  it("forgets an id when its window is over, but never a producer's sequence", async () => {
    const { clock, log } = await createLog({ dedupeWindow: 100 });
    const producer = { id: "p", epoch: 1, sequence: 1 };
    await log.append([append("1"), append("2", { producer })]);
    await clock.advance(99);
    expect(await log.append([append("1")])).toEqual([{ type: "appended", offset: 1, duplicate: true }]);
    await clock.advance(1);
    expect(await log.append([append("1"), append("2", { producer })])).toEqual([
      { type: "appended", offset: 3, duplicate: false },
      { type: "appended", offset: undefined, duplicate: true },
    ]);
  });

  it("tells all who watch, also when one throws", async () => {
    const { clock, log } = await createLog();
    const heads: number[] = [];
    const stop = log.watch(() => {
      throw new Error("from a watcher");
    });
    log.watch((head) => heads.push(head));
    await log.append([append("1"), append("2")]);
    expect(clock.uncaughtErrors).toHaveLength(1);
    stop();
    await log.append([append("2")]);
    await log.append([append("3")]);
    expect(heads).toEqual([2, 3]);
    expect(clock.uncaughtErrors).toHaveLength(1);
  });
});

describe("a memory broker that several buses share", () => {
  it("ends with the last that closes it, and keeps what it holds for who opens it again", async () => {
    const { broker, log, offsets } = await createLog();
    await broker.open();
    await log.append([append("1")]);
    await broker.close({ drain: 0 });
    expect(await offsets()).toEqual([1]);
    await broker.close({ drain: 0 });
    await broker.close({ drain: 0 });
    await expect(log.head()).rejects.toMatchObject({ code: "Closed" });
    await broker.open();
    expect(await offsets()).toEqual([1]);
  });
});
