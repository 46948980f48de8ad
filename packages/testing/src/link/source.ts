import { MisuseError } from "@eventwire/core";
import { expect } from "vitest";
import { expectFrames } from "./expect-frames.js";
import type { LinkChapter } from "./link-cases.js";
import type { LinkEnd } from "./link-end.js";
import { done } from "./link-stage.js";

const later = { code: "Later", message: "Another time.", retryable: true };

/** Where links come from, one after the other, until they are to come no more. */
export const source: LinkChapter = (declare, { cuttable, reasons, reconnects }) => {
  declare("a source is listened to once at a time", async (stage) => {
    const { caller } = await stage.connect();
    for (const one of [stage.harness.server, caller.client.source]) {
      expect(() => one.listen(() => undefined)).toThrow(MisuseError);
    }
  });

  declare("a server's source ends: its links stay, and no others come", async (stage) => {
    const pair = await stage.connect();
    stage.stopServing();
    stage.stopServing();
    await stage.dial();
    for (let round = 0; round < 20; round++) await stage.echo(pair);
    expect(stage.served).toEqual([pair.server]);
  });

  declare(
    "a server's source can be listened to again, and its old links stay what they are",
    async (stage) => {
      const first = await stage.connect();
      stage.stopServing();
      stage.serveAgain();
      await stage.echo(first);
      const second = await stage.connect();
      await stage.echo(first);
      expect(stage.served).toEqual([first.server, second.server]);
    },
  );

  declare("a client's source ends: its link stays", async (stage) => {
    const { caller, ...pair } = await stage.connect();
    caller.stop();
    caller.stop();
    await stage.echo(pair);
    await stage.meanwhile();
    expect(pair.client.reasons).toEqual([]);
  });

  declare("a client's source that ends before it has connected gives no link", async (stage) => {
    const links: unknown[] = [];
    const client = await stage.harness.client();
    const stop = stage.listen(client.source, (link) => links.push(link));
    stop();
    await stage.meanwhile();
    await stage.meanwhile();
    expect(links).toEqual([]);
    expect(stage.served).toEqual([]);
  });

  declare("a client's source can be listened to again", async (stage) => {
    const { caller, client } = await stage.connect();
    caller.stop();
    client.link.close(done);
    await stage.closes(client);
    const links: unknown[] = [];
    stage.listen(caller.client.source, (link) => {
      links.push(link);
      link.open({ frame: () => undefined, drain: () => undefined, closed: () => undefined });
      link.send("here again");
    });
    await stage.eventually(() =>
      expect(stage.served.map(({ greeting }) => greeting)).toContain("here again"),
    );
    expect(links).toHaveLength(1);
  });

  if (cuttable && reconnects) {
    declare("a client that has lost its link gets another one, of its own", async (stage) => {
      const { caller, ...first } = await stage.connect();
      first.client.send("to the first");
      await stage.receives(first.server, ["to the first"]);
      caller.client.cut!();
      const second = await stage.pair(caller, 1);
      expect(second.client.link).not.toBe(first.client.link);
      expect(second.server.link).not.toBe(first.server.link);
      await stage.closes(first.client);
      await stage.closes(first.server);
      for (const end of [first.client, first.server]) end.send("from the past");
      second.client.send("to the second");
      await stage.receives(second.server, ["to the second"]);
      await stage.echo(second);
      expectFrames(second.client.frames, []);
      expectFrames(first.server.frames, ["to the first"]);
    });

    declare("the old link has ended before the next one is given", async (stage) => {
      const ends: LinkEnd[] = [];
      const open: number[] = [];
      const caller = await stage.dial({
        onEnd(end) {
          open.push(ends.filter(({ closed }) => !closed).length);
          ends.push(end);
        },
      });
      await stage.pair(caller, 0);
      caller.client.cut!();
      await stage.pair(caller, 1);
      expect(open, "links still open when another one came").toEqual([0, 0]);
    });

    declare("a client gets another link each time it loses one", async (stage) => {
      const { caller } = await stage.connect();
      for (let losses = 1; losses <= 5; losses++) {
        caller.client.cut!();
        await stage.echo(await stage.pair(caller, losses));
      }
      expect(caller.ends).toHaveLength(6);
    });

    declare("a client's source that ends as its link is lost gives no further one", async (stage) => {
      const { caller, client } = await stage.connect();
      client.hooks.closed = () => caller.stop();
      caller.client.cut!();
      await stage.closes(client);
      await stage.meanwhile();
      await stage.meanwhile();
      expect(caller.ends).toHaveLength(1);
    });
  }

  if (cuttable && !reconnects) {
    declare("a client that has lost its link gets no other", async (stage) => {
      const { caller, client } = await stage.connect();
      caller.client.cut!();
      await stage.closes(client);
      await stage.meanwhile();
      await stage.meanwhile();
      expect(caller.ends).toHaveLength(1);
    });
  }

  if (reconnects) {
    declare("a client that closes for now gets another link", async (stage) => {
      const { caller, client } = await stage.connect();
      client.link.close(later);
      await stage.echo(await stage.pair(caller, 1));
    });

    declare("a client whose link the server has closed for now gets another one", async (stage) => {
      const { caller, client, server } = await stage.connect();
      server.link.close(later);
      await stage.closes(client);
      await stage.echo(await stage.pair(caller, 1));
    });
  } else {
    declare("a client that closes for now gets no other link", async (stage) => {
      const { caller, client } = await stage.connect();
      client.link.close(later);
      await stage.closes(client);
      await stage.meanwhile();
      await stage.meanwhile();
      expect(caller.ends).toHaveLength(1);
    });
  }

  if (reasons) {
    declare("a client whose link the server has closed for good gets no other", async (stage) => {
      const { caller, client, server } = await stage.connect();
      server.link.close(done);
      await stage.closes(client);
      await stage.meanwhile();
      await stage.meanwhile();
      expect(caller.ends).toHaveLength(1);
    });
  }

  declare("a client that closes for good gets no other link", async (stage) => {
    const { caller, client } = await stage.connect();
    client.link.close(done);
    await stage.closes(client);
    await stage.meanwhile();
    await stage.meanwhile();
    expect(caller.ends).toHaveLength(1);
  });

  declare("a client that cannot connect is told why, and whether it is tried again", async (stage) => {
    const failures: unknown[] = [];
    const links: unknown[] = [];
    const stop = stage.listen(
      stage.harness.unreachable(),
      (link) => links.push(link),
      (reason) => failures.push(reason),
    );
    const told = reconnects ? 3 : 1;
    await stage.eventually(() => expect(failures.length, "failures told").toBeGreaterThanOrEqual(told));
    const text = expect.stringMatching(/./);
    for (const failure of failures) {
      expect(failure).toEqual({ code: text, message: text, retryable: reconnects });
    }
    stop();
    const { length } = failures;
    await stage.meanwhile();
    expect(failures, "failures told once the source had ended").toHaveLength(length);
    expect(links).toEqual([]);
  });
};
