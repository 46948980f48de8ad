import { expect } from "vitest";
import { eachSide } from "./each-way.js";
import { expectFrames } from "./expect-frames.js";
import type { LinkChapter } from "./link-cases.js";
import { done } from "./link-stage.js";

/** That what happens to one link happens to no other. */
export const isolation: LinkChapter = (declare, { backpressure, cuttable, pausable }) => {
  declare("what two clients send and are sent does not mix", async (stage) => {
    const one = await stage.connect();
    const two = await stage.connect();
    for (let round = 0; round < 50; round++) {
      one.client.send(`up one ${round}`);
      two.client.send(`up two ${round}`);
      one.server.send(`down one ${round}`);
      two.server.send(`down two ${round}`);
    }
    const said = (what: string) => Array.from({ length: 50 }, (_, round) => `${what} ${round}`);
    await stage.receives(one.server, said("up one"));
    await stage.receives(two.server, said("up two"));
    await stage.receives(one.client, said("down one"));
    await stage.receives(two.client, said("down two"));
  });

  declare("twenty clients that come at once get a link each", async (stage) => {
    const callers = await Promise.all(Array.from({ length: 20 }, () => stage.dial()));
    const pairs = await Promise.all(callers.map((caller) => stage.pair(caller, 0)));
    expect(new Set(pairs.map(({ server }) => server.link)).size).toBe(20);
    await Promise.all(pairs.map(({ server }, index) => server.send(`to ${index}`)));
    for (const [index, { client }] of pairs.entries()) await stage.receives(client, [`to ${index}`]);
  });

  eachSide(({ title, ends }) => {
    declare(`closing by ${title} ends this link and no other`, async (stage) => {
      const one = await stage.connect();
      const two = await stage.connect();
      ends(one).own.link.close(done);
      await stage.closes(one.client);
      await stage.closes(one.server);
      await stage.echo(two);
    });

    declare(`a frame at which ${title} throws ends this link and no other`, async (stage) => {
      const beside = await stage.connect();
      const { own, other } = ends(await stage.connect());
      own.hooks.frame = () => {
        throw new Error("the receiver is broken");
      };
      other.send("one", "two");
      expect(await stage.closes(own)).toMatchObject({
        code: "Internal",
        message: expect.stringContaining("the receiver is broken"),
      });
      await stage.closes(other);
      expectFrames(own.frames, ["one"]);
      await stage.echo(beside);
    });

    if (backpressure) {
      declare(`a drain at which ${title} throws ends this link and no other`, async (stage) => {
        const beside = await stage.connect();
        const { own, other } = ends(await stage.connect());
        own.hooks.drain = () => {
          throw new Error("the receiver is broken");
        };
        const block = "x".repeat(8_000);
        for (let sent = 0; sent < 4_000 && own.link.send(block); sent++);
        expect(await stage.closes(own)).toMatchObject({ code: "Internal" });
        await stage.closes(other);
        await stage.echo(beside);
      });
    }
  });

  if (cuttable) {
    declare("the loss of one link is the loss of no other", async (stage) => {
      const one = await stage.connect();
      const two = await stage.connect();
      one.caller.client.cut!();
      await stage.closes(one.client);
      await stage.closes(one.server);
      await stage.echo(two);
    });
  }

  if (pausable) {
    declare("a link that is held keeps back no other", async (stage) => {
      const one = await stage.connect();
      const two = await stage.connect();
      one.caller.client.pause!();
      one.server.send("x".repeat(100_000));
      for (let round = 0; round < 10; round++) await stage.echo(two);
      expectFrames(one.client.frames, []);
    });
  }
};
