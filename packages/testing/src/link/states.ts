import { expect } from "vitest";
import { expectFrames } from "./expect-frames.js";
import type { LinkChapter } from "./link-cases.js";
import type { LinkEnd } from "./link-end.js";
import { done, type LinkPair, type LinkStage } from "./link-stage.js";

/** Every operation of a link, in every state that it can be in. */
export const states: LinkChapter = (declare, { binary, reconnects, cuttable }) => {
  const places: Readonly<Record<string, Place>> = {
    "while it is not opened": async (stage) => {
      const caller = await stage.dial({ opens: false });
      const pair = await stage.pair(caller, 0);
      return { ...pair, open: () => pair.client.open() };
    },
    "while it is open": (stage) => stage.connect(),
    "once it was closed here": async (stage) => {
      const pair = await stage.connect();
      pair.client.link.close(done);
      await stage.closes(pair.client);
      return { ...pair, ended: true };
    },
    "once the other end has closed it": async (stage) => {
      const pair = await stage.connect();
      pair.server.link.close(done);
      await stage.closes(pair.client);
      return { ...pair, ended: true };
    },
    ...(cuttable && {
      "once it was lost": async (stage: LinkStage) => {
        const { caller, ...pair } = await stage.connect();
        caller.stop();
        caller.client.cut!();
        await stage.closes(pair.client);
        await stage.closes(pair.server);
        return { ...pair, ended: true };
      },
    }),
    ...(cuttable &&
      reconnects && {
        "that follows a lost one": async (stage: LinkStage) => {
          const { caller } = await stage.connect();
          caller.client.cut!();
          return stage.pair(caller, 1);
        },
      }),
  };

  const operations: Readonly<Record<string, Operation>> = {
    "send of text": (stage, placed) => sends(stage, placed, "text"),
    ...(binary && {
      "send of bytes": (stage: LinkStage, placed: Placed) => sends(stage, placed, Uint8Array.of(1)),
    }),
    bufferedBytes: async (stage, { client }) => {
      await stage.eventually(() => expect(client.link.bufferedBytes).toBe(0));
    },
    facts: async (_, { client }) => {
      const { transport, maxFrameBytes } = client.link.facts;
      expect(transport).not.toBe("");
      expect(maxFrameBytes).toBeGreaterThan(0);
    },
    close: async (stage, { client, server, ended, open }) => {
      const before = [...client.reasons];
      client.link.close({ ...done, code: "Again" });
      open?.();
      await stage.closes(client);
      await stage.closes(server);
      await stage.meanwhile();
      expect(client.reasons).toEqual(ended ? before : [{ ...done, code: "Again" }]);
    },
  };

  for (const [place, arrive] of Object.entries(places)) {
    for (const [operation, run] of Object.entries(operations)) {
      declare(`${operation} works on a link ${place}`, async (stage) => run(stage, await arrive(stage)));
    }
  }
};

interface Placed extends LinkPair {
  readonly ended?: boolean;
  /** Where it is not opened. */
  readonly open?: () => void;
}
type Place = (stage: LinkStage) => Promise<Placed>;
type Operation = (stage: LinkStage, placed: Placed) => Promise<void>;

async function sends(stage: LinkStage, { client, server, ended }: Placed, frame: LinkEnd["frames"][number]) {
  const before = server.frames.length;
  expect(client.link.send(frame), "what send gives while nothing waits").toBe(true);
  if (ended) await stage.meanwhile();
  else await stage.receives(server, [frame]);
  expectFrames(server.frames.slice(before), ended ? [] : [frame]);
}
