import type { CloseReason } from "@eventwire/core";
import { expect } from "vitest";
import { eachSide } from "./each-way.js";
import { expectFrames } from "./expect-frames.js";
import type { LinkChapter } from "./link-cases.js";
import { done } from "./link-stage.js";

const busy: CloseReason = { code: "Busy", message: "Come back later.", retryable: true };
const many = Array.from({ length: 500 }, (_, index) => `${index} ${"x".repeat(1_000)}`);

/** That a link ends once, for both, with a reason, and that nothing comes after. */
export const closing: LinkChapter = (declare, { backpressure, flushes, reasons }) => {
  eachSide(({ title, ends }) => {
    declare(`what ${title} gives as its reason is what it is told`, async (stage) => {
      const { own, other } = ends(await stage.connect());
      own.link.close(done);
      expect(await stage.closes(own)).toEqual(done);
      await stage.closes(other);
    });

    declare(`the other end is told once that ${title} has closed, with a code and a text`, async (stage) => {
      const { own, other } = ends(await stage.connect());
      own.link.close(done);
      const { code, message } = await stage.closes(other);
      expect(code).toMatch(/^[A-Z]\w+$/);
      expect(message).not.toBe("");
      await stage.meanwhile();
      expect(other.reasons).toHaveLength(1);
    });

    for (const reason of [done, busy]) {
      const kind = reason.retryable ? "for now" : "for good";
      if (reasons) {
        declare(`the other end learns that ${title} has closed ${kind}`, async (stage) => {
          const { own, other } = ends(await stage.connect());
          own.link.close(reason);
          expect((await stage.closes(other)).retryable).toBe(reason.retryable);
        });
      } else {
        declare(`the other end may try again when ${title} has closed ${kind}`, async (stage) => {
          const { own, other } = ends(await stage.connect());
          own.link.close(reason);
          expect((await stage.closes(other)).retryable).toBe(true);
        });
      }

      if (flushes) {
        declare(`what was sent before ${title} closes ${kind} arrives before the end`, async (stage) => {
          const { own, other } = ends(await stage.connect());
          own.send(...many);
          own.link.close(reason);
          await stage.closes(other);
          expectFrames(other.frames, many);
        });
      }
    }

    if (!flushes) {
      declare(`what was sent before ${title} closes may be lost`, async (stage) => {
        const { own, other } = ends(await stage.connect());
        own.send(...many);
        own.link.close(done);
        await stage.closes(other);
        expect(other.frames.length).toBeLessThan(many.length);
        expectFrames(other.frames, many.slice(0, other.frames.length));
      });
    }

    declare(`the first of several reasons of ${title} counts`, async (stage) => {
      const { own, other } = ends(await stage.connect());
      own.link.close(done);
      own.link.close(busy);
      await stage.closes(own);
      own.link.close(busy);
      await stage.closes(other);
      await stage.meanwhile();
      expect(own.reasons).toEqual([done]);
    });

    declare(`${title} may close when it gets a frame, and gets no more`, async (stage) => {
      const { own, other } = ends(await stage.connect());
      own.hooks.frame = (frame) => {
        if (frame === "stop") own.link.close(done);
      };
      other.send("one", "stop", "two", "three");
      expect(await stage.closes(own)).toEqual(done);
      await stage.closes(other);
      await stage.meanwhile();
      expectFrames(own.frames, ["one", "stop"]);
      expect(own.late, "calls after closed()").toEqual([]);
    });

    declare(`${title} may close, and send, when it is told of the end`, async (stage) => {
      const { own, other } = ends(await stage.connect());
      own.hooks.closed = () => {
        own.link.close(busy);
        own.send("too late");
      };
      own.link.close(done);
      await stage.closes(other);
      await stage.meanwhile();
      expect(own.reasons).toEqual([done]);
      expectFrames(other.frames, []);
    });

    if (backpressure) {
      declare(`${title} may close when it is told to go on`, async (stage) => {
        const { own, other } = ends(await stage.connect());
        own.hooks.drain = () => own.link.close(done);
        const block = "x".repeat(8_000);
        for (let sent = 0; sent < 4_000 && own.link.send(block); sent++);
        expect(await stage.closes(own)).toEqual(done);
        await stage.closes(other);
        await stage.meanwhile();
        expect(own.reasons).toEqual([done]);
        expect(own.drains).toBe(1);
      });

      declare(`once ${title} has closed a full link, it is not told to go on`, async (stage) => {
        const { own, other } = ends(await stage.connect());
        const block = "x".repeat(8_000);
        for (let sent = 0; sent < 4_000 && own.link.send(block); sent++);
        own.link.close(done);
        await stage.closes(own);
        await stage.closes(other);
        await stage.meanwhile();
        expect(own.drains, "calls of drain()").toBe(0);
        expect(own.late, "calls after closed()").toEqual([]);
        expect(own.link.bufferedBytes, "bufferedBytes once closed").toBe(0);
        expect(own.link.send("more"), "what send gives once closed").toBe(true);
      });
    }

    declare(`what comes after ${title} has closed reaches nobody`, async (stage) => {
      const { own, other } = ends(await stage.connect());
      own.link.close(done);
      other.send("too late");
      await stage.closes(own);
      await stage.closes(other);
      await stage.meanwhile();
      expectFrames(own.frames, []);
      expect(own.late, "calls after closed()").toEqual([]);
    });

    declare(`${title} may close a link in the call that gives it`, async (stage) => {
      stage.onServed = (end) => {
        if (title === "the server") end.link.close(done);
      };
      const caller = await stage.dial({
        onEnd: (end) => {
          if (title === "the client") end.link.close(done);
        },
      });
      const client = await stage.eventually(() => {
        expect(caller.ends[0]).toBeDefined();
        return caller.ends[0]!;
      });
      await stage.closes(client);
      caller.stop();
      await stage.meanwhile();
      for (const end of stage.served.slice(0, 1)) await stage.closes(end);
    });
  });

  declare("both ends may close at once, each for its own reason", async (stage) => {
    const { client, server } = await stage.connect();
    const theirs = { ...done, code: "Theirs" };
    client.link.close(done);
    server.link.close(theirs);
    expect(await stage.closes(client)).toEqual(done);
    expect(await stage.closes(server)).toEqual(theirs);
    await stage.meanwhile();
    expect([...client.reasons, ...server.reasons]).toEqual([done, theirs]);
  });
};
