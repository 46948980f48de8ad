import { expect, it, onTestFinished } from "vitest";
import { createPath } from "../../fixtures/broker.js";
import { StoredState } from "./log-state.js";
import { openFile } from "./open-file.js";
import { Sweeper } from "./sweeper.js";
import { Compaction, erasing, trimming } from "./sweeps.js";

const rows = 200_000;

/** A log of many small rows, of which none has the name that is swept. */
async function openSweeper() {
  const { writer, reader, path } = await openFile(createPath(), 1_000);
  onTestFinished(() => {
    reader.close();
    writer.close();
  });
  writer.exec(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
     INSERT INTO batches SELECT i, i, 0, 1, 1, 1, 2, 0, zeroblob(40) FROM n`,
  );
  return { sweeper: new Sweeper(writer, path), state: new StoredState(writer).get() };
}

const other = { number: 2, mask: 4n };

it("looks through a part of the log in each step, also where it finds nothing, and writes nothing then", async () => {
  const { sweeper, state } = await openSweeper();
  const sweeps = [trimming(rows, other), erasing("k", other), new Compaction(rows, other)];
  for (const sweep of sweeps) {
    let steps = 0;
    for (let from: number | undefined; ; steps++) {
      const step = sweeper.step(sweep, from, state);
      expect(step.state).toBe(state);
      if (step.next === undefined) break;
      from = step.next;
    }
    expect(steps).toBe(4);
  }
});

it("looks at nothing that lies behind what is to be forgotten", async () => {
  const { sweeper, state } = await openSweeper();
  expect(sweeper.step(trimming(1, other), undefined, state)).toMatchObject({ next: undefined });
  const compaction = new Compaction(70_000, other);
  const first = sweeper.step(compaction, undefined, state).next!;
  expect(first).toBeLessThan(70_000 - 60_000);
});
