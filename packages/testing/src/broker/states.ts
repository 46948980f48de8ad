import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import { operations } from "./operations.js";

const closed = { code: "Closed" };
const now = { drain: 0 };

/** Every operation, in every state that a broker can be in. */
export const states: BrokerChapter = (declare, abilities) => {
  for (const [name, run] of Object.entries(operations(abilities))) {
    declare(`${name} is refused before a broker is opened`, async (stage) => {
      await expect(run(await stage.unopened(), stage)).rejects.toMatchObject(closed);
    });

    declare(`${name} waits or is refused while a broker opens`, async (stage) => {
      const broker = await stage.unopened();
      const opening = broker.open();
      await run(broker, stage).catch((error: unknown) => expect(error).toMatchObject(closed));
      await opening;
      await run(broker, stage);
      await broker.close(now);
    });

    declare(`${name} works on an open broker, also once others have closed theirs`, async (stage) => {
      await run(stage.broker, stage);
      const other = await stage.harness.create();
      await other.open();
      await run(other, stage);
      await other.close(now);
      await run(stage.broker, stage);
    });

    declare(`${name} is refused once a broker is closed`, async (stage) => {
      const broker = await stage.unopened();
      await broker.open();
      await broker.close(now);
      await expect(run(broker, stage)).rejects.toMatchObject(closed);
    });

    declare(`${name} works on a broker that is opened again`, async (stage) => {
      const broker = await stage.unopened();
      await broker.open();
      await broker.close(now);
      await broker.open();
      await run(broker, stage);
      await broker.close(now);
    });

    declare(`${name} ends when a broker is closed meanwhile`, async (stage) => {
      const broker = await stage.unopened();
      await broker.open();
      const running = Promise.allSettled([run(broker, stage), run(broker, stage)]);
      await broker.close(now);
      for (const outcome of await running) {
        if (outcome.status === "rejected") expect(outcome.reason).toMatchObject(closed);
      }
    });
  }
};
