import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import { hostileNames } from "./hostile.js";

/** That a cursor belongs to one owner at a time, and who has lost it can store nothing. */
export const cursors: BrokerChapter = (declare) => {
  declare("a cursor that nobody holds is taken, and has no state at first", async (stage) => {
    const held = await stage.broker.log.acquire("c", "one", stage.lease);
    expect(held).toBeDefined();
    expect(Number.isSafeInteger(held!.token), `the token ${held!.token} is a safe integer`).toBe(true);
    expect(held!.state).toBeUndefined();
  });

  declare("a cursor that another owner holds is not taken", async (stage) => {
    const { log } = stage.broker;
    const held = await log.acquire("c", "one", stage.lease);
    expect(await log.acquire("c", "two", stage.lease)).toBeUndefined();
    expect(await (await stage.another()).log.acquire("c", "two", stage.lease)).toBeUndefined();
    expect(await log.save("c", held!.token, Uint8Array.of(1), stage.lease)).toBe(true);
  });

  declare("its owner takes it again, with a larger token that fences the one before", async (stage) => {
    const { log } = stage.broker;
    const first = await log.acquire("c", "one", stage.lease);
    await log.save("c", first!.token, Uint8Array.of(1), stage.lease);
    const second = await log.acquire("c", "one", stage.lease);
    expect(second!.token).toBeGreaterThan(first!.token);
    expect([...second!.state!]).toEqual([1]);
    expect(await log.save("c", first!.token, Uint8Array.of(2), stage.lease)).toBe(false);
    expect(await log.save("c", second!.token, undefined, stage.lease)).toBe(true);
    expect([...(await log.acquire("c", "one", stage.lease))!.state!]).toEqual([1]);
  });

  declare("a lease that is over lets another take it", async (stage) => {
    const { log } = stage.broker;
    await log.acquire("c", "one", stage.lease);
    await stage.pass(stage.lease + 1);
    await stage.eventually(async () => {
      expect(await log.acquire("c", "two", stage.lease), "the cursor, once its lease is over").toBeDefined();
    });
  });

  declare(
    "a lease that is over after a saving fences who had it, once another has taken it",
    async (stage) => {
      const { log } = stage.broker;
      const first = await log.acquire("c", "one", stage.lease);
      await log.save("c", first!.token, Uint8Array.of(1), stage.lease);
      await stage.pass(stage.lease + 1);
      const second = await stage.eventually(async () => {
        const held = await log.acquire("c", "two", 10 * stage.lease);
        expect(held, "the cursor, once its lease is over").toBeDefined();
        return held!;
      });
      expect(second.token).toBeGreaterThan(first!.token);
      expect([...second.state!]).toEqual([1]);
      expect(await log.save("c", first!.token, Uint8Array.of(2), stage.lease)).toBe(false);
      expect(await log.acquire("c", "one", stage.lease)).toBeUndefined();
      expect(await log.save("c", second.token, undefined, 0)).toBe(true);
      expect([...(await log.acquire("c", "one", stage.lease))!.state!]).toEqual([1]);
    },
  );

  declare("saving holds a cursor for longer", async (stage) => {
    const { log } = stage.broker;
    const held = await log.acquire("c", "one", stage.lease);
    expect(await log.save("c", held!.token, undefined, 100 * stage.lease)).toBe(true);
    await stage.pass(2 * stage.lease);
    expect(await log.acquire("c", "two", stage.lease)).toBeUndefined();
    expect(await log.save("c", held!.token, undefined, 0)).toBe(true);
  });

  declare("a lease of 0 lets a cursor go at once, and its state stays", async (stage) => {
    const { log } = stage.broker;
    const first = await log.acquire("c", "one", 100 * stage.lease);
    expect(await log.save("c", first!.token, Uint8Array.of(1), 0)).toBe(true);
    const second = await log.acquire("c", "two", stage.lease);
    expect(second!.token).toBeGreaterThan(first!.token);
    expect([...second!.state!]).toEqual([1]);
    expect(await log.save("c", first!.token, Uint8Array.of(2), stage.lease)).toBe(false);
  });

  declare("saving nothing leaves the state that is there", async (stage) => {
    const { log } = stage.broker;
    const { token } = (await log.acquire("c", "one", stage.lease))!;
    await log.save("c", token, Uint8Array.of(1, 2), stage.lease);
    await log.save("c", token, undefined, stage.lease);
    expect([...(await log.acquire("c", "one", stage.lease))!.state!]).toEqual([1, 2]);
  });

  declare("a state may be empty, of any bytes, and a part of a larger buffer", async (stage) => {
    const { log } = stage.broker;
    const every = Uint8Array.from({ length: 256 }, (_, index) => index);
    for (const state of [every, every.subarray(10, 20), new Uint8Array(), new Uint8Array(60_000).fill(3)]) {
      const { token } = (await log.acquire("c", "one", stage.lease))!;
      await log.save("c", token, state, stage.lease);
      const held = await log.acquire("c", "one", stage.lease);
      expect(held!.state).toBeInstanceOf(Uint8Array);
      expect([...held!.state!]).toEqual([...state]);
    }
  });

  declare("a state may be as large as a body", async (stage) => {
    const { log } = stage.broker;
    const { token } = (await log.acquire("c", "one", 100 * stage.lease))!;
    const size = Math.min(stage.broker.features.maxBodyBytes, 1_000_000);
    await log.save("c", token, new Uint8Array(size).fill(7), 100 * stage.lease);
    const { state } = (await log.acquire("c", "one", stage.lease))!;
    expect([state!.length, state!.at(-1)]).toEqual([size, 7]);
  });

  declare("cursors do not know of each other", async (stage) => {
    const { log } = stage.broker;
    const names = [...hostileNames, "c", "C", "", "group/0", "group/1"];
    for (const [index, name] of names.entries()) {
      const held = await log.acquire(name, `owner ${index}`, stage.lease);
      expect(held?.state, JSON.stringify(name)).toBeUndefined();
      expect(await log.save(name, held!.token, Uint8Array.of(index), stage.lease)).toBe(true);
    }
    for (const [index, name] of names.entries()) {
      const held = await log.acquire(name, `owner ${index}`, stage.lease);
      expect([...held!.state!], JSON.stringify(name)).toEqual([index]);
    }
  });

  declare("a token that was never given stores nothing", async (stage) => {
    const { log } = stage.broker;
    expect(await log.save("c", 1, Uint8Array.of(1), stage.lease)).toBe(false);
    const { token } = (await log.acquire("c", "one", stage.lease))!;
    expect(await log.save("c", token + 1, Uint8Array.of(1), stage.lease)).toBe(false);
    expect((await log.acquire("c", "one", stage.lease))!.state).toBeUndefined();
  });

  declare(
    "a peek finds what was saved last, whoever holds the cursor, and nothing where nothing was",
    async (stage) => {
      const { log } = stage.broker;
      const other = (await stage.another()).log;
      expect(await log.peek("c")).toBeUndefined();
      const held = await log.acquire("c", "one", 100 * stage.lease);
      expect(await log.peek("c")).toBeUndefined();
      for (const state of [Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)]) {
        await log.save("c", held!.token, state, 100 * stage.lease);
        for (const its of [log, other]) expect([...(await its.peek("c"))!]).toEqual([...state]);
      }
      await log.save("c", held!.token, undefined, 0);
      for (const its of [log, other]) expect([...(await its.peek("c"))!]).toEqual([3]);
      for (const name of hostileNames) expect(await log.peek(name), JSON.stringify(name)).toBeUndefined();
    },
  );

  declare("a peek takes nothing from who holds a cursor, nor holds it for longer", async (stage) => {
    const { log } = stage.broker;
    const held = await log.acquire("c", "one", stage.lease);
    await log.save("c", held!.token, Uint8Array.of(1), stage.lease);
    await log.peek("c");
    expect(await log.acquire("c", "two", stage.lease)).toBeUndefined();
    expect(await log.save("c", held!.token, Uint8Array.of(2), stage.lease)).toBe(true);
    await stage.pass(stage.lease + 1);
    await stage.eventually(async () => {
      await log.peek("c");
      expect(await log.acquire("c", "two", stage.lease), "the cursor, once its lease is over").toBeDefined();
    });
  });

  declare("of many who would take a cursor at once, one does", async (stage) => {
    const brokers = [stage.broker, await stage.another()];
    const taken = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        brokers[index % 2]!.log.acquire("c", `owner ${index}`, 100 * stage.lease),
      ),
    );
    expect(taken.filter((held) => held !== undefined)).toHaveLength(1);
  });
};
