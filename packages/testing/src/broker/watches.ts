import type { Broker } from "@eventwire/core";
import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import type { BrokerAbilities } from "./broker-harness.js";
import type { BrokerStage } from "./broker-stage.js";

const now = { drain: 0 };

/** Something that is told of what others do. */
interface Watch {
  begin(broker: Broker, tell: () => void): (() => void) | Promise<() => void>;
  /** What it is told of. */
  act(broker: Broker, stage: BrokerStage): unknown;
}

function watches({ tasks, signals }: BrokerAbilities): Readonly<Record<string, Watch>> {
  const topic = { name: "t", frame: Uint8Array.of(1) };
  return {
    "who watches the log": {
      begin: ({ log }, tell) => log.watch(tell),
      act: ({ log }, stage) => log.append([stage.event()]),
    },
    ...(tasks && {
      "who watches tasks": {
        begin: ({ tasks }: Broker, tell: () => void) => tasks.watch(["a"], tell),
        act: ({ tasks }: Broker, stage: BrokerStage) => tasks.enqueue([stage.task()]),
      },
      "who watches the states of tasks": {
        begin: ({ tasks }: Broker, tell: () => void) => tasks.watchStates(["a"], tell),
        act: ({ tasks }: Broker, stage: BrokerStage) => tasks.enqueue([stage.task()]),
      },
    }),
    ...(signals && {
      "who subscribes to a topic": {
        begin: ({ signals }: Broker, tell: () => void) => signals.subscribe(topic.name, tell, tell),
        act: ({ signals }: Broker) => signals.publish(topic.name, topic.frame),
      },
    }),
  };
}

/** What gives no promise, or promises more than an answer, in every state that a broker can be in. */
export const watching: BrokerChapter = (declare, abilities) => {
  for (const [who, { begin, act }] of Object.entries(watches(abilities))) {
    const hears = async (stage: BrokerStage, broker: Broker) => {
      let heard = 0;
      const stop = await begin(broker, () => heard++);
      // As a worker does: until it has looked, it need not be told again.
      if (abilities.tasks) await stage.claim({}, broker);
      heard = 0;
      await act(broker, stage);
      await stage.eventually(() => expect(heard, "times told").toBeGreaterThan(0));
      stop();
      stop();
    };

    declare(`${who} before a broker is opened does no harm`, async (stage) => {
      const broker = await stage.unopened();
      const stop = await unlessClosed(() => begin(broker, () => undefined));
      await broker.open();
      await hears(stage, broker);
      stop?.();
      stop?.();
      await broker.close(now);
    });

    declare(`${who} while a broker opens does no harm`, async (stage) => {
      const broker = await stage.unopened();
      const opening = broker.open();
      const stop = await unlessClosed(() => begin(broker, () => undefined));
      await opening;
      await hears(stage, broker);
      stop?.();
      await broker.close(now);
    });

    declare(`${who} may stop when the broker is closed, and after`, async (stage) => {
      const broker = await stage.unopened();
      await broker.open();
      const stops = [await begin(broker, () => undefined), await begin(broker, () => undefined)];
      const closing = broker.close(now);
      stops[0]!();
      await closing;
      for (const stop of stops) stop();
      (await unlessClosed(() => begin(broker, () => undefined)))?.();
    });

    declare(`${who} hears of it on a broker that is opened again`, async (stage) => {
      const broker = await stage.unopened();
      await broker.open();
      (await begin(broker, () => undefined))();
      await broker.close(now);
      await broker.open();
      await hears(stage, broker);
      await broker.close(now);
    });
  }

  declare("publishing at a broker that is not open is nothing", async (stage) => {
    const broker = await stage.unopened();
    const publish = () => broker.signals.publish("t", Uint8Array.of(1));
    await unlessClosed(publish);
    await broker.open();
    await broker.close(now);
    await unlessClosed(publish);
  });
};

/** What `work` gives, or nothing where it is refused because the broker is not open. Any other failure is one. */
async function unlessClosed<Result>(work: () => Result | Promise<Result>): Promise<Result | undefined> {
  try {
    return await work();
  } catch (error) {
    expect(error).toMatchObject({ code: "Closed" });
    return undefined;
  }
}
