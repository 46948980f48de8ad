import type { Append, Producer } from "@eventwire/core";
import { expect } from "vitest";
import type { BrokerChapter } from "./broker-cases.js";
import type { BrokerStage } from "./broker-stage.js";

/** A window that is longer is as good as one without an end, in milliseconds. */
const longTime = 315_360_000_000;
/** To remember more of one owner is as good as to remember all. */
const very = 10_000;
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

  declare("a hole of a newer epoch keeps nothing, and fences the older", async (stage) => {
    await append(stage, numbered(stage, 1));
    const beyond = numbered(stage, Number.MAX_SAFE_INTEGER, { epoch: 2 });
    expect(await append(stage, beyond)).toEqual([{ type: "conflict", expected: 2 }]);
    expect(await append(stage, numbered(stage, 2))).toEqual([{ type: "fenced" }]);
    expect(await append(stage, numbered(stage, 2, { epoch: 2 }))).toMatchObject([kept]);
    expect(await append(stage, numbered(stage, 9, { producer: "new", epoch: 3 }))).toEqual([
      { type: "conflict", expected: 1 },
    ]);
    expect(await append(stage, numbered(stage, 1, { producer: "new", epoch: 2 }))).toEqual([
      { type: "fenced" },
    ]);
    expect(await stage.read()).toHaveLength(2);
  });

  declare("what was fenced is not kept, and its id not known", async (stage) => {
    await append(stage, numbered(stage, 1, { epoch: 2 }));
    const late = numbered(stage, 2, { epoch: 1 });
    expect(await append(stage, late)).toEqual([{ type: "fenced" }]);
    expect(await append(stage, { ...late, producer: undefined })).toMatchObject([kept]);
  });

  declare("one that has begun, and is not known, is fenced and stays unknown", async (stage) => {
    const late = numbered(stage, 1, { begun: true });
    expect(await append(stage, late, late)).toEqual([{ type: "fenced" }, { type: "fenced" }]);
    expect(await append(stage, late)).toEqual([{ type: "fenced" }]);
    expect(await append(stage, numbered(stage, 7))).toEqual([{ type: "conflict", expected: 1 }]);
    expect(await append(stage, late, numbered(stage, 2, { begun: true }))).toMatchObject([kept, kept]);
    expect(await append(stage, late)).toMatchObject([duplicate]);
    expect(await stage.read()).toHaveLength(2);
  });

  declare("those of one owner are known, as many as the features name, and others for it", async (stage) => {
    const { producersPerOwner: most } = stage.broker.features;
    if (most > very) return;
    await append(stage, numbered(stage, 1, { producer: "nobody's" }), ownedBy(stage, "bob", 0));
    const ids = Array.from({ length: most }, (_, index) => index);
    await append(stage, ...ids.map((index) => ownedBy(stage, "ann", index)));
    const again = await append(
      stage,
      ...ids.map((index) => ownedBy(stage, "ann", index)),
      numbered(stage, 1, { producer: "nobody's" }),
      ownedBy(stage, "bob", 0),
    );
    expect(again.filter((one) => one.type === "appended" && one.duplicate)).toHaveLength(most + 2);
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
    declare(
      "of one owner's those that were silent longest are forgotten, and nobody else's",
      async (stage) => {
        const { producersPerOwner: most } = stage.broker.features;
        if (most > very) return;
        const others = () => [numbered(stage, 1, { producer: "nobody's" }), ownedBy(stage, "bob", 0)];
        await append(stage, ...others(), ownedBy(stage, "ann", 0), ownedBy(stage, "ann", 1));
        for (let round = 0; round < 4; round++) {
          await stage.pass(10);
          // To try is enough.
          expect(await append(stage, ownedBy(stage, "ann", 0, 9))).toEqual([
            { type: "conflict", expected: 2 },
          ]);
          const from = 2 + round * Math.ceil(most / 2);
          const more = Array.from({ length: Math.ceil(most / 2) }, (_, index) => from + index);
          await append(stage, ...more.map((index) => ownedBy(stage, "ann", index)));
        }
        expect(await append(stage, ownedBy(stage, "ann", 0, 9))).toEqual([{ type: "conflict", expected: 2 }]);
        const late = ownedBy(stage, "ann", 1);
        const { producer } = late;
        expect(await append(stage, { ...late, producer: { ...producer!, begun: true } })).toEqual([
          { type: "fenced" },
        ]);
        expect(await append(stage, ownedBy(stage, "ann", 1, 9))).toEqual([{ type: "conflict", expected: 1 }]);
        expect(await append(stage, ...others())).toMatchObject([duplicate, duplicate]);
      },
    );

    declare("a sequence stays known when the window of ids is over", async (stage) => {
      const { dedupeWindow } = stage.broker.features;
      const first = numbered(stage, 1);
      await append(stage, first);
      await stage.pass(Number.isFinite(dedupeWindow) ? 3 * dedupeWindow + 1 : 1_000_000);
      expect(await append(stage, first)).toMatchObject([duplicate]);
      expect(await append(stage, numbered(stage, 3))).toEqual([{ type: "conflict", expected: 2 }]);
    });

    declare("a producer is known for the window that the features name, and not for ever", async (stage) => {
      const { producerWindow } = stage.broker.features;
      if (producerWindow > longTime) return;
      await append(stage, numbered(stage, 1, { epoch: 2 }), numbered(stage, 1, { producer: "other" }));
      for (let times = 0; times < 2; times++) {
        await stage.pass(Math.floor(producerWindow * 0.9));
        // To try is enough.
        expect(await append(stage, numbered(stage, 7, { epoch: 2 }))).toEqual([
          { type: "conflict", expected: 2 },
        ]);
      }
      expect(await append(stage, numbered(stage, 7, { producer: "other" }))).toEqual([
        { type: "conflict", expected: 1 },
      ]);
      await stage.pass(2 * producerWindow + 1);
      expect(await append(stage, numbered(stage, 1, { id: stage.id() }))).toMatchObject([kept]);
      expect(await append(stage, numbered(stage, 2, { id: stage.id() }))).toMatchObject([kept]);
    });
  }
};

interface Numbered {
  readonly id?: string;
  readonly body?: Uint8Array;
  readonly producer?: string;
  readonly epoch?: number;
  readonly owner?: string;
  readonly begun?: boolean;
}

function numbered(
  stage: BrokerStage,
  sequence: number,
  { producer: name = "p", epoch = 1, owner, begun, ...rest }: Numbered = {},
) {
  const producer: Producer = { id: name, epoch, sequence, owner, begun };
  return stage.event({ id: `${name}-${sequence}`, ...rest, producer });
}

function ownedBy(stage: BrokerStage, owner: string, index: number, sequence = 1) {
  return numbered(stage, sequence, { producer: `${owner}/${index}`, owner });
}

function append({ broker }: BrokerStage, ...events: readonly Append[]) {
  return broker.log.append(events);
}
