import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";

/** That brokers on one storage have the same, and brokers on two have nothing in common. */
export const sharing: BrokerChapter = (declare, { tasks, signals }) => {
  declare(
    "what one broker appends another on the storage reads, with the same offsets and epoch",
    async (stage) => {
      const other = await stage.another();
      const offsets = await stage.append(stage.event(), stage.event());
      expect((await stage.read({}, other)).map(({ offset }) => offset)).toEqual(offsets);
      expect(await other.log.head()).toBe(offsets[1]);
      expect(await other.log.epoch()).toBe(await stage.broker.log.epoch());
      const event = stage.event();
      await other.log.append([event]);
      expect(await stage.broker.log.append([event])).toMatchObject([{ duplicate: true }]);
      await other.log.trim({ before: offsets[1]! });
      expect(await stage.read()).toHaveLength(2);
    },
  );

  declare("a broker on another storage knows nothing of it", async (stage) => {
    const elsewhere = await stage.elsewhere();
    const event = stage.event();
    await stage.append(event);
    await stage.broker.log.acquire("c", "one", stage.lease);
    expect(await elsewhere.log.head()).toBe(0);
    expect(await elsewhere.log.append([event])).toMatchObject([{ duplicate: false }]);
    expect(await elsewhere.log.acquire("c", "two", stage.lease)).toBeDefined();
    expect(await elsewhere.log.epoch()).not.toBe(await stage.broker.log.epoch());
  });

  if (tasks) {
    declare("what one broker enqueues another on the storage claims, and none elsewhere", async (stage) => {
      const other = await stage.another();
      const elsewhere = await stage.elsewhere();
      const task = stage.task();
      await stage.broker.tasks.enqueue([task]);
      expect(await stage.claim({}, elsewhere)).toEqual([]);
      expect((await stage.claimOne({}, other)).id).toBe(task.id);
      expect(await stage.claim()).toEqual([]);
    });
  }

  if (signals) {
    declare("a signal stays within its storage", async (stage) => {
      const elsewhere = await stage.elsewhere();
      const seen: string[] = [];
      const lost = () => seen.push("lost");
      await elsewhere.signals.subscribe("t", () => seen.push("elsewhere"), lost);
      await stage.broker.signals.subscribe("t", () => seen.push("here"), lost);
      stage.broker.signals.publish("t", Uint8Array.of(1));
      await stage.eventually(() => expect(seen).toEqual(["here"]));
      elsewhere.signals.publish("t", Uint8Array.of(1));
      await stage.eventually(() => expect(seen).toEqual(["here", "elsewhere"]));
    });
  }
};
