import { systemRuntime } from "@eventwire/core";
import { expect } from "vitest";
import { eachWay } from "./each-way.js";
import type { LinkChapter } from "./link-cases.js";
import type { LinkEnd } from "./link-end.js";

const burst = Array.from({ length: 10_000 }, (_, index) => `${index}`);
/** In bytes: what a link may have taken at most by the time it asks to wait. */
const most = 32_000_000;
const block = "x".repeat(8_000);

/** How much at once a link takes, what it says of it, and that it loses none of it. */
export const flow: LinkChapter = (declare, { backpressure, pausable }) => {
  eachWay(({ title, ends }) => {
    declare(`a burst of 10,000 frames arrives whole and in order, ${title}`, async (stage) => {
      const { from, to } = ends(await stage.connect());
      from.send(...burst);
      await stage.receives(to, burst);
    });

    declare(`nobody is asked to wait, or told to go on, without need, ${title}`, async (stage) => {
      const pair = await stage.connect();
      const { from } = ends(pair);
      for (let round = 0; round < 20; round++) {
        expect(from.link.send("little"), "what send gives while nothing waits").toBe(true);
        await stage.echo(pair);
      }
      expect(from.drains, "calls of drain()").toBe(0);
    });

    declare(`a long burst lets the event loop have its turns, ${title}`, async (stage) => {
      const { from, to } = ends(await stage.connect());
      const blocks = Array.from({ length: 1_000 }, (_, index) => `${index} ${block}`);
      let turns = 0;
      const turn = () => {
        if (to.frames.length === blocks.length || to.closed) return;
        turns += 1;
        systemRuntime.macrotask(turn);
      };
      to.hooks.frame = () => {
        if (to.frames.length === 1) turn();
      };
      sendAsAsked(from, blocks);
      await stage.receives(to, blocks);
      // A link that works in one go gives one; how many it gives otherwise is the transport's affair.
      expect(turns, "turns between the first frame and the last").toBeGreaterThan(3);
    });

    if (!backpressure) {
      declare(`nobody is ever asked to wait, ${title}`, async (stage) => {
        const { from, to } = ends(await stage.connect());
        const blocks = Array.from({ length: most / block.length }, () => block);
        for (const frame of blocks) expect(from.link.send(frame)).toBe(true);
        await stage.receives(to, blocks);
        expect(from.drains).toBe(0);
      });
      return;
    }

    declare(`who sends too much is asked to wait, and told once when to go on, ${title}`, async (stage) => {
      const pair = await stage.connect();
      const { from, to } = ends(pair);
      const sent: string[] = [];
      do sent.push(block);
      while (from.link.send(block) && sent.length * block.length < most);
      expect(sent.length * block.length, "bytes accepted before send gives false").toBeLessThan(most);
      expect(from.link.bufferedBytes, "bufferedBytes when send gives false").toBeGreaterThan(0);
      expect(from.drains, "calls of drain() before anything could leave").toBe(0);
      await stage.eventually(() => expect(from.drains, "calls of drain()").toBe(1));
      await stage.receives(to, sent);
      await stage.echo(pair);
      expect(from.drains, "calls of drain()").toBe(1);
    });

    declare(`who goes on unasked loses nothing, ${title}`, async (stage) => {
      const { from, to } = ends(await stage.connect());
      const blocks = Array.from({ length: 500 }, (_, index) => `${index} ${block}`);
      const taken = blocks.map((frame) => from.link.send(frame));
      await stage.receives(to, blocks);
      // A system may take as much as this without asking anybody to wait.
      if (taken.includes(false))
        await stage.eventually(() => expect(from.drains, "calls of drain()").toBeGreaterThan(0));
    });

    declare(`what is sent when told to go on comes after what waited, ${title}`, async (stage) => {
      const { from, to } = ends(await stage.connect());
      const sent: string[] = [];
      from.hooks.drain = () => {
        sent.push("after");
        from.hooks.drain = () => undefined;
        from.link.send("after");
      };
      do sent.push(block);
      while (from.link.send(block) && sent.length * block.length < most);
      await stage.eventually(() => expect(sent.at(-1)).toBe("after"));
      await stage.receives(to, sent);
    });

    declare(`what waits is counted in bytes, and nothing once it has left, ${title}`, async (stage) => {
      const { from, to } = ends(await stage.connect());
      await stage.eventually(() => expect(from.link.bufferedBytes, "bufferedBytes at first").toBe(0));
      const frame = "é".repeat(block.length / 2);
      const waiting = () => from.link.bufferedBytes;
      for (let before = waiting(), count = 1; count <= 4; before = waiting(), count++) {
        from.send(frame);
        // What the transport has passed on at once has left; what it puts around a frame may count as well.
        if (waiting() === 0) continue;
        const more = waiting() - before;
        expect(more, `what frame ${count} adds to bufferedBytes`).toBeGreaterThanOrEqual(block.length);
        expect(more, `what frame ${count} adds to bufferedBytes`).toBeLessThan(block.length * 1.1 + 512);
      }
      await stage.receives(to, [frame, frame, frame, frame]);
      await stage.eventually(() => expect(waiting(), "bufferedBytes in the end").toBe(0));
    });

    if (!pausable) return;
    declare(`who sends to one that does not read is asked to wait until it does, ${title}`, async (stage) => {
      const { caller, ...pair } = await stage.connect();
      const { from, to } = ends(pair);
      caller.client.pause!();
      const sent: string[] = [];
      // Buffers of the operating system take some before it waits here.
      while (from.link.bufferedBytes < 1_000_000 && sent.length * block.length < most) {
        for (let count = 0; count < 20; count++) sent.push(block);
        from.send(...sent.slice(-20));
        await stage.turns(2);
      }
      expect(from.link.bufferedBytes, "bufferedBytes while nobody reads").toBeGreaterThanOrEqual(1_000_000);
      const { drains } = from;
      sent.push("last");
      expect(from.link.send("last"), "what send gives while much waits").toBe(false);
      caller.client.resume!();
      await stage.receives(to, sent);
      await stage.eventually(() => expect(from.drains, "calls of drain()").toBeGreaterThan(drains));
      await stage.eventually(() => expect(from.link.bufferedBytes, "bufferedBytes in the end").toBe(0));
    });
  });
};

/** Sends as a good sender does: as much as is taken, and more on each drain. */
function sendAsAsked(from: LinkEnd, frames: readonly string[]): void {
  let next = 0;
  const go = () => {
    while (next < frames.length) if (!from.link.send(frames[next++]!)) return;
  };
  from.hooks.drain = go;
  go();
}
