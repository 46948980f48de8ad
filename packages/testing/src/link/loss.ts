import { expect } from "vitest";
import { eachWay } from "./each-way.js";
import { expectFrames } from "./expect-frames.js";
import type { LinkChapter } from "./link-cases.js";
import type { Caller } from "./link-stage.js";

const block = "x".repeat(8_000);
/** In milliseconds: longer than any link that watches its connection would wait. */
const longSilence = 600_000;

/** What becomes of a link whose connection breaks, or falls silent. */
export const loss: LinkChapter = (declare, { backpressure, cuttable, heartbeat, pausable }) => {
  if (!cuttable) {
    declare("a connection cannot be broken", async (stage) => {
      const { caller } = await stage.connect();
      expect(caller.client.cut).toBeUndefined();
    });
  }
  if (!pausable) {
    declare("a connection cannot be held", async (stage) => {
      const { caller } = await stage.connect();
      expect([caller.client.pause, caller.client.resume]).toEqual([undefined, undefined]);
    });
  }

  if (cuttable) {
    declare("both ends are told once of a loss, and that they may try again", async (stage) => {
      const { caller, client, server } = await stage.connect();
      caller.stop();
      caller.client.cut!();
      for (const end of [client, server]) {
        const { code, message, retryable } = await stage.closes(end);
        expect(code).toMatch(/^[A-Z]\w+$/);
        expect(message).not.toBe("");
        expect(retryable).toBe(true);
      }
      await stage.meanwhile();
      expect([client.reasons.length, server.reasons.length]).toEqual([1, 1]);
    });

    eachWay(({ title, ends }) => {
      declare(
        `of what was under way at a loss a beginning arrives, without a hole, ${title}`,
        async (stage) => {
          const { caller, ...pair } = await stage.connect();
          const { from, to } = ends(pair);
          const sent = Array.from({ length: 300 }, (_, index) => `${index} ${block}`);
          caller.stop();
          to.hooks.frame = () => {
            if (to.frames.length === 50) caller.client.cut!();
          };
          from.send(...sent);
          await stage.closes(to);
          await stage.closes(from);
          await stage.meanwhile();
          expectFrames(to.frames, sent.slice(0, Math.max(to.frames.length, 50)));
          expect([...to.late, ...from.late], "calls after closed()").toEqual([]);
        },
      );

      if (!backpressure) return;
      declare(`who waits to go on is told of a loss instead, ${title}`, async (stage) => {
        const { caller, ...pair } = await stage.connect();
        const { from } = ends(pair);
        caller.stop();
        for (let sent = 0; sent < 4_000 && from.link.send(block); sent++);
        caller.client.cut!();
        await stage.closes(from);
        const { drains } = from;
        await stage.meanwhile();
        expect(from.drains, "calls of drain() after the loss").toBe(drains);
        expect(from.link.bufferedBytes, "bufferedBytes once closed").toBe(0);
      });
    });

    declare("a loss in the middle of closing is told to nobody a second time", async (stage) => {
      const { caller, client, server } = await stage.connect();
      caller.stop();
      client.hooks.closed = () => caller.client.cut!();
      client.link.close({ code: "Done", message: "All was said.", retryable: false });
      await stage.closes(client);
      await stage.closes(server);
      await stage.meanwhile();
      expect([client.reasons.length, server.reasons.length]).toEqual([1, 1]);
    });
  }

  if (heartbeat) {
    declare("a connection that has fallen silent is lost for both ends", async (stage) => {
      const { caller, client, server } = await stage.connect();
      const fallSilent = silencing(caller);
      expect(fallSilent, "silence() or pause() of the harness's client").toBeDefined();
      caller.stop();
      fallSilent!();
      for (const end of [client, server]) {
        expect((await stage.closes(end)).retryable).toBe(true);
        expect(end.link.facts.halfOpen, "facts.halfOpen").not.toBe(true);
      }
    });
  } else {
    declare("a connection that has fallen silent is not ended by the link", async (stage) => {
      const { caller, client, server } = await stage.connect();
      caller.stop();
      silencing(caller)?.();
      for (const end of [client, server]) end.send("held");
      await stage.meanwhile();
      await stage.harness.clock?.advance(longSilence);
      expect([client.reasons, server.reasons]).toEqual([[], []]);
    });
  }
  if (!heartbeat && pausable) {
    declare("a connection that has fallen silent goes on when it speaks again", async (stage) => {
      const { caller, ...pair } = await stage.connect();
      caller.client.pause!();
      pair.client.send("held");
      pair.server.send("held");
      await stage.meanwhile();
      expect([pair.client.reasons, pair.server.reasons]).toEqual([[], []]);
      caller.client.resume!();
      await stage.receives(pair.server, ["held"]);
      await stage.receives(pair.client, ["held"]);
    });
  }
};

/** What makes a connection fall silent, where the harness can. */
function silencing({ client }: Caller): (() => void) | undefined {
  const { silence, pause } = client;
  return silence ? () => silence.call(client) : pause && (() => pause.call(client));
}
