import { expect } from "vitest";
import { eachSide, type Side } from "./each-way.js";
import { expectFrames } from "./expect-frames.js";
import type { LinkChapter } from "./link-cases.js";
import type { Frame, LinkEnd } from "./link-end.js";
import type { LinkAbilities } from "./link-harness.js";
import { done, type LinkStage } from "./link-stage.js";

/** Every operation of a link, at either end, in every state that it can be in. */
export const states: LinkChapter = (declare, abilities) => {
  eachSide((side) => {
    for (const [place, arrive] of Object.entries(places(side, abilities))) {
      for (const [operation, run] of Object.entries(operations(abilities))) {
        declare(`${operation} by ${side.title} works on a link ${place}`, async (stage) =>
          run(stage, await arrive(stage)),
        );
      }
    }
  });
};

/** An end that is in the state in question, and the other one. */
interface Placed {
  readonly own: LinkEnd;
  readonly other: LinkEnd;
  readonly ended?: boolean;
  /** Where it is not opened. */
  readonly open?: () => void;
}
type Place = (stage: LinkStage) => Promise<Placed>;
type Operation = (stage: LinkStage, placed: Placed) => Promise<void>;

function places(
  { title, ends }: Side,
  { reconnects, cuttable }: LinkAbilities,
): Readonly<Record<string, Place>> {
  return {
    "while it is not opened": async (stage) => {
      const atServer = title === "the server";
      stage.opensServed = !atServer;
      const caller = await stage.dial({ opens: atServer });
      const pair = ends(await (atServer ? stage.given(caller) : stage.pair(caller, 0)));
      return { ...pair, open: () => pair.own.open() };
    },
    "while it is open": async (stage) => ends(await stage.connect()),
    "once it was closed there": async (stage) => {
      const { own, other } = ends(await stage.connect());
      own.link.close(done);
      await stage.closes(own);
      return { own, other, ended: true };
    },
    "once the other end has closed it": async (stage) => {
      const { own, other } = ends(await stage.connect());
      other.link.close(done);
      await stage.closes(own);
      return { own, other, ended: true };
    },
    ...(cuttable && {
      "once it was lost": async (stage: LinkStage) => {
        const { caller, ...pair } = await stage.connect();
        caller.stop();
        caller.client.cut!();
        await stage.closes(pair.client);
        await stage.closes(pair.server);
        return { ...ends(pair), ended: true };
      },
    }),
    ...(cuttable &&
      reconnects && {
        "that follows a lost one": async (stage: LinkStage) => {
          const { caller } = await stage.connect();
          caller.client.cut!();
          return ends(await stage.pair(caller, 1));
        },
      }),
  };
}

function operations({ binary }: LinkAbilities): Readonly<Record<string, Operation>> {
  return {
    "send of text": (stage, placed) => sends(stage, placed, "text"),
    ...(binary && {
      "send of bytes": (stage: LinkStage, placed: Placed) => sends(stage, placed, Uint8Array.of(1)),
    }),
    bufferedBytes: async (stage, { own }) => {
      await stage.eventually(() => expect(own.link.bufferedBytes).toBe(0));
    },
    facts: async (_, { own }) => {
      const { transport, maxFrameBytes } = own.link.facts;
      expect(transport).not.toBe("");
      expect(maxFrameBytes).toBeGreaterThan(0);
    },
    close: async (stage, { own, other, ended, open }) => {
      const before = [...own.reasons];
      own.link.close({ ...done, code: "Again" });
      open?.();
      await stage.closes(own);
      await stage.closes(other);
      await stage.meanwhile();
      expect(own.reasons).toEqual(ended ? before : [{ ...done, code: "Again" }]);
    },
  };
}

async function sends(stage: LinkStage, { own, other, ended }: Placed, frame: Frame): Promise<void> {
  const before = other.frames.length;
  expect(own.link.send(frame), "what send gives while nothing waits").toBe(true);
  if (ended) await stage.meanwhile();
  else await stage.receives(other, [frame]);
  expectFrames(other.frames.slice(before), ended ? [] : [frame]);
}
