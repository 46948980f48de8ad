import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import { hostileKeys, hostileNames } from "./hostile.js";

/** Ten years in milliseconds: a window that is longer is one without an end. */
const longTime = 315_360_000_000;

/** That what is appended is there: once, in order, as it was. */
export const appending: BrokerChapter = (declare, { clock }) => {
  declare("a log is empty at first", async (stage) => {
    const { log } = stage.broker;
    expect(await log.head()).toBe(0);
    expect(await log.read({ after: 0, limit: 10, bytes: 10_000 })).toMatchObject({ records: [], trimmed: 0 });
  });

  declare("offsets are safe integers from 1 that rise with each append", async (stage) => {
    const { log } = stage.broker;
    const offsets: number[] = [];
    for (let batch = 1; batch <= 5; batch++) {
      offsets.push(...(await stage.append(...Array.from({ length: batch }, () => stage.event()))));
      for (const [index, offset] of offsets.entries()) {
        expect(Number.isSafeInteger(offset), `${offset} is a safe integer`).toBe(true);
        expect(offset, `offset ${index + 1}`).toBeGreaterThan(offsets[index - 1] ?? 0);
      }
      expect(await log.head(), "head").toBe(offsets.at(-1));
    }
  });

  declare("a batch keeps its order, and so do its results", async (stage) => {
    const events = Array.from({ length: 50 }, () => stage.event());
    const offsets = await stage.append(...events);
    const read = await stage.read();
    expect(read.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
    expect(read.map(({ offset }) => offset)).toEqual(offsets);
  });

  declare("a batch of nothing changes nothing", async (stage) => {
    await stage.append(stage.event());
    const head = await stage.broker.log.head();
    expect(await stage.broker.log.append([])).toEqual([]);
    expect(await stage.broker.log.head()).toBe(head);
  });

  declare("an event is kept with its id, name, key, time and body", async (stage) => {
    const keyed = stage.event({
      name: "order.placed",
      key: "o-1",
      time: 1_234,
      body: Uint8Array.of(1, 2, 3),
    });
    const keyless = stage.event({ time: 0 });
    const offsets = await stage.append(keyed, keyless);
    for (const [index, record] of (await stage.read()).entries()) {
      const { id, name, key, time, body } = [keyed, keyless][index]!;
      expect({ ...record, body: [...record.body] }).toMatchObject({ id, name, time, offset: offsets[index] });
      expect(record.key, "key").toBe(key);
      expect([...record.body], "body").toEqual([...body]);
    }
  });

  declare("names and keys may be what means something to the broker", async (stage) => {
    const named = hostileNames.map((name) => stage.event({ name, key: "k" }));
    const keyed = hostileKeys.map((key) => stage.event({ key }));
    await stage.append(...named, ...keyed);
    const read = await stage.read();
    expect(read.map(({ name }) => name)).toEqual([...named, ...keyed].map(({ name }) => name));
    expect(read.map(({ key }) => key)).toEqual([...named, ...keyed].map(({ key }) => key));
  });

  declare("a body may be empty, of any bytes, and a part of a larger buffer", async (stage) => {
    const every = Uint8Array.from({ length: 256 }, (_, index) => index);
    const bodies = [new Uint8Array(), every, every.subarray(100, 110), new Uint8Array(100_000).fill(7)];
    await stage.append(...bodies.map((body) => stage.event({ body })));
    const read = await stage.read();
    expect(read.map(({ body }) => body instanceof Uint8Array)).toEqual(bodies.map(() => true));
    expect(read.map(({ body }) => [...body])).toEqual(bodies.map((body) => [...body]));
    expect([...every.subarray(0, 3), every[255]]).toEqual([0, 1, 2, 255]);
  });

  declare("a body of the largest size is kept whole", async (stage) => {
    // What takes more than this is tested beside the suite.
    const size = Math.min(stage.broker.features.maxBodyBytes, 32_000_000);
    expect(size, "maxBodyBytes").toBeGreaterThanOrEqual(1_000);
    const body = new Uint8Array(size).fill(0xab);
    body[size - 1] = 0xcd;
    await stage.append(stage.event({ body }));
    const [record] = await stage.read();
    expect([record!.body.length, record!.body[0], record!.body[size - 1]]).toEqual([size, 0xab, 0xcd]);
  });

  declare("an id that is known changes nothing, and gives the offset of the first", async (stage) => {
    const { log } = stage.broker;
    const event = stage.event();
    const [offset] = await stage.append(event);
    await stage.append(stage.event());
    const head = await log.head();
    const again = await log.append([{ ...event, body: Uint8Array.of(9) }, event]);
    const duplicate = { type: "appended", offset, duplicate: true };
    expect(again).toEqual([duplicate, duplicate]);
    expect(await log.head()).toBe(head);
    expect((await stage.read()).map(({ body }) => [...body])).toEqual([[1], [1]]);
  });

  declare("an id that comes twice in a batch is kept once", async (stage) => {
    const event = stage.event();
    const appended = await stage.broker.log.append([event, stage.event(), event]);
    expect(appended.map((one) => one.type === "appended" && one.duplicate)).toEqual([false, false, true]);
    expect(await stage.read()).toHaveLength(2);
  });

  declare("ids of a different case, or with spaces around, are different", async (stage) => {
    const ids = ["id", "ID", " id", "id ", "id\u0000", "i\u0301d", "\u00edd", "*", "1", "01"];
    await stage.append(...ids.map((id) => stage.event({ id })));
    expect((await stage.read()).map(({ id }) => id)).toEqual(ids);
  });

  declare("of the same append made ten times at once one is kept", async (stage) => {
    const other = await stage.another();
    const event = stage.event();
    const brokers = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? stage.broker : other));
    const results = await Promise.all(brokers.map(({ log }) => log.append([event])));
    const kept = results.flat().filter((one) => one.type === "appended" && !one.duplicate);
    expect(kept).toHaveLength(1);
    expect(await stage.read()).toHaveLength(1);
  });

  if (clock) {
    declare("an id is known for the window that the features name, and not for ever", async (stage) => {
      const { dedupeWindow } = stage.broker.features;
      const event = stage.event();
      const [first] = await stage.append(event);
      await stage.pass(Math.floor(Math.min(dedupeWindow, longTime) * 0.9));
      const again = await stage.broker.log.append([event]);
      expect(again, "within the window").toEqual([{ type: "appended", offset: first, duplicate: true }]);
      if (dedupeWindow > longTime) return;
      // A repetition may extend it.
      await stage.pass(2 * dedupeWindow + 1);
      const later = await stage.broker.log.append([event]);
      expect(later, "after the window").toMatchObject([{ duplicate: false }]);
    });

    declare("what was appended before a time is found", async (stage) => {
      const { log } = stage.broker;
      const start = stage.now();
      const offsets: number[] = [];
      for (let count = 0; count < 3; count++) {
        offsets.push(...(await stage.append(stage.event({ time: 5 }))));
        await stage.pass(10_000);
      }
      const at = [start, start + 5_000, start + 15_000, start + 25_000, start + 1_000_000];
      const found = await Promise.all(at.map((time) => log.at(time)));
      expect(found).toEqual([0, ...offsets, offsets[2]]);
      expect(await log.at(0)).toBe(0);
    });
  } else {
    declare("what was appended before a time is found", async (stage) => {
      const { log } = stage.broker;
      expect(await log.at(stage.now() + 1_000_000)).toBe(0);
      const [offset] = await stage.append(stage.event({ time: 5 }));
      expect(await log.at(1_000)).toBe(0);
      expect(await log.at(stage.now() + 1_000_000)).toBe(offset);
    });
  }
};
