import { expect } from "vitest";
import type { RawMessage } from "./raw-peer.js";
import type { ProtocolChapter } from "./server-cases.js";
import { failure, heard } from "./stage.js";

const series = (ref: number, from: number, count: number, timeout = 5_000): RawMessage => [
  "request",
  ref,
  "number.series",
  timeout,
  { from, count },
];
const items = (ref: number, from: number, count: number): readonly RawMessage[] =>
  Array.from({ length: count }, (_, index) => ["item", ref, from + index]);

/** Answers that come item by item. */
export const streams: ProtocolChapter = (declare) => {
  declare(
    "a streamed answer is streaming, an item for each that was pulled, and an answer without output",
    async (stage) => {
      const peer = await stage.welcomed();
      peer.say(series(1, 1, 3), ["pull", 1, 16]);
      await peer.tells(["streaming", 1], ...items(1, 1, 3), ["answer", 1]);
      await peer.tellsNothing();
    },
  );

  declare("nothing is sent that was not pulled", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(series(1, 1, 5));
    await peer.tells(["streaming", 1]);
    await peer.tellsNothing();
    peer.say(["pull", 1, 2]);
    await peer.tells(...items(1, 1, 2));
    await peer.tellsNothing();
    peer.say(["pull", 1, 1], ["pull", 1, 2]);
    await peer.tells(...items(1, 3, 3));
    peer.say(["pull", 1, 1]);
    await peer.tells(["answer", 1]);
  });

  declare("no more than 256 items are pulled ahead, whatever is said", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(series(1, 1, 1_000), ["pull", 1, 1_000]);
    await peer.tells(["streaming", 1], ...items(1, 1, 256));
    await peer.tellsNothing();
    peer.say(["pull", 1, 4]);
    await peer.tells(...items(1, 257, 4));
    await peer.tellsNothing();
  });

  declare("an error ends a stream behind its items", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(series(1, 5, 0), ["pull", 1, 16]);
    await peer.tells(
      ["streaming", 1],
      ["failed", 1, { code: "SeriesBroken", message: expect.any(String), detail: { at: 5 } }],
    );
  });

  declare("an item that does not pass its schema ends the stream, Internal", async (stage) => {
    const peer = await stage.welcomed();
    const other = await stage.listening("wait.ended");
    peer.say(series(1, -1, 3), ["pull", 1, 16]);
    await peer.tells(["streaming", 1], ["failed", 1, failure("Internal")]);
    await peer.tellsNothing();
    await other.tells(heard("wait.ended", "series aborted"));
  });

  declare("cancel ends a stream, and its handler with it", async (stage) => {
    const peer = await stage.welcomed();
    const other = await stage.listening("wait.ended");
    peer.say(series(1, 1, 1_000), ["pull", 1, 1]);
    await peer.tells(["streaming", 1], ...items(1, 1, 1));
    peer.say(["cancel", 1], ["pull", 1, 5]);
    await peer.tells(["failed", 1, failure("Aborted")]);
    await other.tells(heard("wait.ended", "series aborted"));
    await peer.tellsNothing();
  });

  declare("its timeout ends when it has begun", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(series(1, 1, 1, 100), ["pull", 1, 1]);
    await peer.tells(["streaming", 1], ["item", 1, 1]);
    await stage.pass(150);
    await peer.tellsNothing();
    peer.say(["pull", 1, 1]);
    await peer.tells(["answer", 1]);
  });

  declare("a stream that waits for a pull longer than streamIdle fails, Timeout", async (stage) => {
    await stage.serve({ streamIdle: 50 });
    const peer = await stage.welcomed();
    peer.say(series(1, 1, 5), ["pull", 1, 1]);
    await peer.tells(["streaming", 1], ["item", 1, 1]);
    await stage.pass(50);
    await peer.tells(["failed", 1, failure("Timeout")]);
  });

  declare("a stream counts as a request until its handler has ended", async (stage) => {
    await stage.serve({ requests: 1 });
    const peer = await stage.welcomed();
    peer.say(series(1, 1, 5));
    await peer.tells(["streaming", 1]);
    peer.say(series(2, 1, 5));
    await peer.tells(["failed", 2, failure("Overflow")]);
  });

  declare("a stream ends with its link", async (stage) => {
    const peer = await stage.welcomed();
    const other = await stage.listening("wait.ended");
    peer.say(series(1, 1, 5), ["pull", 1, 1]);
    await peer.tells(["streaming", 1], ["item", 1, 1]);
    peer.cut();
    await other.tells(heard("wait.ended", "series aborted"));
  });

  declare("a stream ends when the right to ask for it is taken away, Denied", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(series(1, 1, 5), ["pull", 1, 1]);
    await peer.tells(["streaming", 1], ["item", 1, 1]);
    await stage.drive("suite.forbid", "number.series");
    await peer.tells(["failed", 1, failure("Denied")]);
  });

  declare("streams of one peer do not wait for each other", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(series(1, 1, 5), series(2, 1, 2), ["pull", 2, 3]);
    const came = await peer.nextOf(5);
    expect(came.filter(([, ref]) => ref === 1)).toEqual([["streaming", 1]]);
    expect(came.filter(([, ref]) => ref === 2)).toEqual([["streaming", 2], ...items(2, 1, 2), ["answer", 2]]);
  });
};
