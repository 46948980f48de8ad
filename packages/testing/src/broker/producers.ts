import type { Append, Producer } from "@eventwire/core";
import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import type { BrokerStage } from "./broker-stage.js";

const kept = { type: "appended", duplicate: false };
const duplicate = { type: "appended", duplicate: true };

/** That who numbers its appends has each of them kept once and in its order, however often and late it repeats them. */
export const producers: BrokerChapter = (declare, { clock }) => {
  declare("a producer's appends are kept in its sequence", async (stage) => {
    const appended = await append(stage, numbered(stage, 1), numbered(stage, 2));
    expect(appended).toMatchObject([kept, kept]);
    expect(await append(stage, numbered(stage, 3))).toMatchObject([kept]);
    expect(await stage.read()).toHaveLength(3);
  });

  declare("a sequence that was there is a duplicate, whatever its id and body", async (stage) => {
    const first = numbered(stage, 1);
    const [one] = await append(stage, first, numbered(stage, 2));
    const again = await append(stage, first, numbered(stage, 1, { id: stage.id(), body: Uint8Array.of(9) }));
    expect(again).toMatchObject([duplicate, duplicate]);
    const { offset } = again[0] as { readonly offset: number | undefined };
    if (offset !== undefined) expect(offset).toBe((one as { readonly offset: number }).offset);
    expect(await stage.read()).toHaveLength(2);
    expect(await append(stage, numbered(stage, 3))).toMatchObject([kept]);
  });

  declare(
    "a hole in a sequence is a conflict that names what is expected, and keeps nothing",
    async (stage) => {
      expect(await append(stage, numbered(stage, 2))).toEqual([{ type: "conflict", expected: 1 }]);
      expect(await append(stage, numbered(stage, 1))).toMatchObject([kept]);
      expect(await append(stage, numbered(stage, 5), numbered(stage, 3))).toEqual([
        { type: "conflict", expected: 2 },
        { type: "conflict", expected: 2 },
      ]);
      expect(await stage.read()).toHaveLength(1);
      expect(await append(stage, numbered(stage, 2))).toMatchObject([kept]);
    },
  );

  declare("what conflicted may be appended by the same id when its turn comes", async (stage) => {
    const second = numbered(stage, 2);
    expect(await append(stage, second)).toEqual([{ type: "conflict", expected: 1 }]);
    expect(await append(stage, numbered(stage, 1), second)).toMatchObject([kept, kept]);
    expect(await stage.read()).toHaveLength(2);
  });

  declare("a newer epoch goes on with the sequence, and fences the older", async (stage) => {
    await append(stage, numbered(stage, 1), numbered(stage, 2));
    expect(await append(stage, numbered(stage, 3, { epoch: 2 }))).toMatchObject([kept]);
    expect(await append(stage, numbered(stage, 4), numbered(stage, 1))).toEqual([
      { type: "fenced" },
      { type: "fenced" },
    ]);
    expect(await append(stage, numbered(stage, 2, { epoch: 2 }))).toMatchObject([duplicate]);
    expect(await append(stage, numbered(stage, 5, { epoch: 2 }))).toEqual([
      { type: "conflict", expected: 4 },
    ]);
    expect(await append(stage, numbered(stage, 4, { epoch: 3 }))).toMatchObject([kept]);
    expect(await stage.read()).toHaveLength(4);
  });

  declare("what was fenced is not kept, and its id not known", async (stage) => {
    await append(stage, numbered(stage, 1, { epoch: 2 }));
    const late = numbered(stage, 2, { epoch: 1 });
    expect(await append(stage, late)).toEqual([{ type: "fenced" }]);
    expect(await append(stage, { ...late, producer: undefined })).toMatchObject([kept]);
  });

  declare("producers do not know of each other", async (stage) => {
    const ids = ["p", "P", "p ", "p.1", "*", "é"];
    for (const producer of ids) {
      expect(await append(stage, numbered(stage, 1, { producer }))).toMatchObject([kept]);
    }
    for (const producer of ids) {
      expect(await append(stage, numbered(stage, 2, { producer, epoch: 7 }))).toMatchObject([kept]);
      expect(await append(stage, numbered(stage, 2, { producer, epoch: 7 }))).toMatchObject([duplicate]);
    }
    expect(await stage.read()).toHaveLength(2 * ids.length);
  });

  declare("each append of a batch has an outcome of its own", async (stage) => {
    const known = stage.event();
    await append(stage, known, numbered(stage, 1, { producer: "old", epoch: 2 }));
    const appended = await append(
      stage,
      numbered(stage, 1),
      numbered(stage, 3),
      known,
      numbered(stage, 2, { producer: "old", epoch: 1 }),
      numbered(stage, 2),
      stage.event(),
      numbered(stage, 1, { producer: "other" }),
    );
    expect(appended).toMatchObject([
      kept,
      { type: "conflict", expected: 2 },
      duplicate,
      { type: "fenced" },
      kept,
      kept,
      kept,
    ]);
    const offsets = appended.flatMap((one) =>
      one.type === "appended" && !one.duplicate ? [one.offset!] : [],
    );
    expect((await stage.read()).map(({ offset }) => offset).slice(2)).toEqual(offsets);
  });

  declare("a producer's batch that is repeated in part is kept once", async (stage) => {
    const batch = Array.from({ length: 10 }, (_, index) => numbered(stage, index + 1));
    await append(stage, ...batch.slice(0, 6));
    const again = await append(stage, ...batch);
    expect(again.map((one) => one.type === "appended" && one.duplicate)).toEqual(
      batch.map((_, index) => index < 6),
    );
    expect((await stage.read()).map(({ id }) => id)).toEqual(batch.map(({ id }) => id));
  });

  declare("two who take themselves for the same producer keep no sequence twice", async (stage) => {
    const other = await stage.another();
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        (index % 2 === 0 ? stage.broker : other).log.append([numbered(stage, 1, { id: stage.id() })]),
      ),
    );
    expect(results.flat().filter((one) => one.type === "appended" && !one.duplicate)).toHaveLength(1);
    expect(await stage.read()).toHaveLength(1);
  });

  if (clock) {
    declare("a sequence stays known when the window of ids is over", async (stage) => {
      const { dedupeWindow } = stage.broker.features;
      const first = numbered(stage, 1);
      await append(stage, first);
      await stage.pass(Number.isFinite(dedupeWindow) ? 3 * dedupeWindow + 1 : 1_000_000);
      expect(await append(stage, first)).toMatchObject([duplicate]);
      expect(await append(stage, numbered(stage, 3))).toEqual([{ type: "conflict", expected: 2 }]);
    });
  }
};

interface Numbered {
  readonly id?: string;
  readonly body?: Uint8Array;
  readonly producer?: string;
  readonly epoch?: number;
}

function numbered(
  stage: BrokerStage,
  sequence: number,
  { producer: name = "p", epoch = 1, ...rest }: Numbered = {},
) {
  const producer: Producer = { id: name, epoch, sequence };
  return stage.event({ id: `${name}-${sequence}`, ...rest, producer });
}

function append({ broker }: BrokerStage, ...events: readonly Append[]) {
  return broker.log.append(events);
}
