import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import type { BrokerStage } from "./broker-stage.js";
import { hostileNames } from "./hostile.js";

/** Frames between nodes: in order, by topic. */
export const signals: BrokerChapter = (declare, { signals }) => {
  if (!signals) {
    declare("signals are refused", async (stage) => {
      const { signals } = stage.broker;
      await expect(signals.subscribe("t", ignore, ignore)).rejects.toMatchObject({ code: "Unsupported" });
      expect(() => signals.publish("t", Uint8Array.of(1))).not.toThrow();
    });
    return;
  }

  declare("who has subscribed gets what is published then, in order", async (stage) => {
    const publisher = await stage.another();
    const { seen } = await subscribe(stage, "t");
    for (let frame = 0; frame < 500; frame++) publisher.signals.publish("t", number(frame));
    await stage.eventually(() => expect(seen.length, "frames").toBe(500));
    expect(seen.map(numberOf)).toEqual(Array.from({ length: 500 }, (_, frame) => frame));
  });

  declare("what was published before is not kept for who subscribes later", async (stage) => {
    const { signals } = stage.broker;
    const first = await subscribe(stage, "t");
    signals.publish("t", number(1));
    await stage.eventually(() => expect(first.seen).toHaveLength(1));
    const second = await subscribe(stage, "t");
    signals.publish("t", number(2));
    await stage.eventually(() => expect(second.seen.map(numberOf)).toEqual([2]));
  });

  declare("all who have subscribed get each frame once", async (stage) => {
    const other = await stage.another();
    const all = [
      await subscribe(stage, "t"),
      await subscribe(stage, "t"),
      await subscribe(stage, "t", other),
    ];
    other.signals.publish("t", number(1));
    stage.broker.signals.publish("t", number(2));
    for (const { seen } of all)
      await stage.eventually(() => expect(seen.map(numberOf).sort()).toEqual([1, 2]));
  });

  declare("topics do not mix, whatever they mean to the broker", async (stage) => {
    const topics = [...hostileNames, "t", "T", "t.u"];
    const all: Awaited<ReturnType<typeof subscribe>>[] = [];
    for (const topic of topics) all.push(await subscribe(stage, topic));
    const publisher = await stage.another();
    for (const [index, topic] of topics.entries()) publisher.signals.publish(topic, number(index));
    for (const [index, { seen }] of all.entries()) {
      await stage.eventually(() =>
        expect(seen.map(numberOf), JSON.stringify(topics[index])).toEqual([index]),
      );
    }
    publisher.signals.publish("t", number(1_000));
    await stage.eventually(() => expect(all[topics.indexOf("t")]!.seen).toHaveLength(2));
    expect(all.map(({ seen }) => seen.length).reduce((sum, count) => sum + count)).toBe(topics.length + 1);
  });

  declare("a frame may be empty, of any bytes, and a part of a larger buffer", async (stage) => {
    const every = Uint8Array.from({ length: 256 }, (_, index) => index);
    const frames = [new Uint8Array(), every, every.subarray(100, 110), new Uint8Array(50_000).fill(7)];
    const { seen } = await subscribe(stage, "t", await stage.another());
    for (const frame of frames) stage.broker.signals.publish("t", frame);
    await stage.eventually(() => expect(seen).toHaveLength(frames.length));
    expect(seen.map((frame) => frame instanceof Uint8Array)).toEqual(frames.map(() => true));
    expect(seen.map((frame) => [...frame])).toEqual(frames.map((frame) => [...frame]));
  });

  declare("who has ended its subscription gets nothing more, and the others do", async (stage) => {
    const { signals } = stage.broker;
    const one = await subscribe(stage, "t");
    const two = await subscribe(stage, "t");
    one.end();
    one.end();
    signals.publish("t", number(1));
    await stage.eventually(() => expect(two.seen).toHaveLength(1));
    expect(one.seen).toEqual([]);
    const again = await subscribe(stage, "t");
    signals.publish("t", number(2));
    await stage.eventually(() => expect(again.seen).toHaveLength(1));
    expect(one.seen).toEqual([]);
  });

  declare("nobody is told of a loss where there was none", async (stage) => {
    const { seen, losses } = await subscribe(stage, "t");
    for (let frame = 0; frame < 100; frame++) stage.broker.signals.publish("t", number(frame));
    await stage.eventually(() => expect(seen).toHaveLength(100));
    expect(losses(), "calls of lost()").toBe(0);
  });

  declare("publishing where nobody has subscribed is nothing", async (stage) => {
    expect(() => stage.broker.signals.publish("nobody", Uint8Array.of(1))).not.toThrow();
  });
};

async function subscribe(stage: BrokerStage, topic: string, broker = stage.broker) {
  const seen: Uint8Array[] = [];
  let losses = 0;
  const end = await broker.signals.subscribe(
    topic,
    (frame) => seen.push(frame),
    () => {
      losses += 1;
    },
  );
  return { seen, end, losses: () => losses };
}

function number(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

function numberOf(frame: Uint8Array): number {
  return (frame[0]! << 8) | frame[1]!;
}

function ignore(): undefined {
  return undefined;
}
