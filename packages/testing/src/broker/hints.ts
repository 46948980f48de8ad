import type { Broker } from "@eventwire/core";
import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import type { BrokerStage } from "./broker-stage.js";

/** That who watches need not wait for the next poll. */
export const hints: BrokerChapter = (declare, { tasks, delay, hints }) => {
  declare("who watches the log hears of what is appended", async (stage) => {
    const heads: number[] = [];
    const stop = stage.broker.log.watch((head) => heads.push(head));
    const offsets = await stage.append(stage.event(), stage.event());
    await stage.eventually(() => expect(heads.at(-1), "the head that was hinted").toBe(offsets[1]));
    const [next] = await stage.append(stage.event());
    await stage.eventually(() => expect(heads.at(-1), "the head that was hinted").toBe(next));
    stop();
  });

  declare("all who watch the log hear of it, until they stop", async (stage) => {
    const heard = { one: 0, two: 0, both: 0 };
    const { log } = stage.broker;
    const stopOne = log.watch(() => heard.one++);
    const stopTwo = log.watch(() => heard.two++);
    const same = () => heard.both++;
    const stopSame = log.watch(same);
    const stopSameToo = log.watch(same);
    await stage.append(stage.event());
    await stage.eventually(() =>
      expect(Math.min(heard.one, heard.two, heard.both), "hints").toBeGreaterThan(0),
    );
    stopOne();
    stopOne();
    stopSame();
    stopSame();
    const before = { ...heard };
    await stage.append(stage.event());
    await stage.eventually(() => expect(heard.two, "hints").toBeGreaterThan(before.two));
    await stage.eventually(() =>
      expect(heard.both, "hints of who watches twice, and stopped once").toBeGreaterThan(before.both),
    );
    expect(heard.one, "hints after the stop").toBe(before.one);
    stopTwo();
    stopSameToo();
  });

  if (hints) {
    declare("who watches the log hears of what another broker on the storage appends", async (stage) => {
      const other = await stage.another();
      await heardOf(
        stage,
        other,
        (hint) => other.log.watch(hint),
        async () => {
          await stage.broker.log.append([stage.event()]);
        },
      );
    });
  } else {
    declare("who watches hears nothing of what another broker on the storage appends", async (stage) => {
      const other = await stage.another();
      let heard = 0;
      const stop = other.log.watch(() => heard++);
      await stage.append(stage.event());
      await stage.eventually(async () => expect(await stage.read({}, other)).toHaveLength(1));
      for (let turn = 0; turn < 20; turn++) await stage.turn();
      expect(heard, "hints").toBe(0);
      stop();
    });
  }

  if (!tasks) return;
  declare("who watches tasks hears of those that are enqueued", async (stage) => {
    const { tasks } = stage.broker;
    await heardOf(
      stage,
      stage.broker,
      (hint) => tasks.watch(["a", "b"], hint),
      async () => {
        await tasks.enqueue([stage.task()]);
      },
    );
    await heardOf(
      stage,
      stage.broker,
      (hint) => tasks.watch(["a", "b"], hint),
      async () => {
        await tasks.enqueue([stage.task({ name: "b" })]);
      },
    );
  });

  declare("who watches tasks hears of one that is to be tried again", async (stage) => {
    const { tasks } = stage.broker;
    await tasks.enqueue([stage.task()]);
    const { id, token } = await stage.claimOne();
    await heardOf(
      stage,
      stage.broker,
      (hint) => tasks.watch(["a"], hint),
      async () => {
        await tasks.settle([{ id, token, outcome: { type: "retry", at: stage.now() } }]);
      },
    );
  });

  declare("who has stopped watching tasks hears nothing", async (stage) => {
    const { tasks } = stage.broker;
    let heard = 0;
    let others = 0;
    const stop = tasks.watch(["a"], () => heard++);
    const stopOther = tasks.watch(["a"], () => others++);
    await tasks.enqueue([stage.task()]);
    await stage.eventually(() => expect(Math.min(heard, others), "hints").toBeGreaterThan(0));
    stop();
    stop();
    await claimAll(stage);
    const before = { heard, others };
    await tasks.enqueue([stage.task()]);
    await stage.eventually(() => expect(others, "hints").toBeGreaterThan(before.others));
    expect(heard, "hints after the stop").toBe(before.heard);
    stopOther();
  });

  if (hints) {
    declare("who watches tasks hears of what another broker on the storage enqueues", async (stage) => {
      const other = await stage.another();
      await heardOf(
        stage,
        other,
        (hint) => other.tasks.watch(["a"], hint),
        async () => {
          await stage.broker.tasks.enqueue([stage.task()]);
        },
      );
    });
  }

  if (!delay) return;
  declare("who watches tasks hears of one that is due later, then or when it is due", async (stage) => {
    const { tasks } = stage.broker;
    const due = stage.now() + stage.lease;
    const times: (number | undefined)[] = [];
    const stop = tasks.watch(["a"], (dueAt) => times.push(dueAt ?? stage.now()));
    await tasks.enqueue([stage.task({ dueAt: due })]);
    await claimAll(stage);
    await stage.pass(stage.lease);
    // A little early or late is what clocks are.
    await stage.eventually(() =>
      expect(Math.max(...times.map(Number)), "the time that was hinted").toBeGreaterThan(due - 100),
    );
    stop();
  });
};

/** Expects a hint of what is done. */
async function heardOf(
  stage: BrokerStage,
  broker: Broker,
  watch: (hint: () => void) => () => void,
  act: () => Promise<void>,
): Promise<void> {
  let heard = 0;
  const stop = watch(() => heard++);
  await claimAll(stage, broker);
  const before = heard;
  await act();
  await stage.eventually(() => expect(heard, "hints").toBeGreaterThan(before));
  stop();
}

/** Takes what there is, as a worker does on a hint: until then it need not be told again. */
async function claimAll(stage: BrokerStage, broker = stage.broker): Promise<void> {
  if (!broker.features.tasks.supported) return;
  await stage.claim({ names: ["a", "b"], lease: 1_000 * stage.lease }, broker);
}
