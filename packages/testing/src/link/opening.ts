import { expect } from "vitest";
import { expectFrames } from "./expect-frames.js";
import type { LinkChapter } from "./link-cases.js";
import { done } from "./link-stage.js";

const early = ["one", "two", "three"];

/** That nothing is lost or told before a link is opened. */
export const opening: LinkChapter = (declare, { flushes, cuttable }) => {
  declare("a link is opened in the call that gives it, or later", async (stage) => {
    stage.opensServed = false;
    const caller = await stage.dial({ opens: false });
    const { client, server } = await stage.given(caller);
    await stage.turns(5);
    server.open();
    client.open();
    await stage.echo(await stage.pair(caller, 0));
  });

  declare("frames that come before the server opens wait for it, in order", async (stage) => {
    stage.opensServed = false;
    const caller = await stage.dial();
    const { client, server } = await stage.given(caller);
    client.send(...early);
    await stage.meanwhile();
    server.open();
    client.send("four");
    await stage.receives(server, [...early, "four"]);
  });

  declare("frames that come before the client opens wait for it, in order", async (stage) => {
    const caller = await stage.dial({ opens: false });
    const { client, server } = await stage.pair(caller, 0);
    server.send(...early);
    await stage.meanwhile();
    client.open();
    server.send("four");
    await stage.receives(client, [...early, "four"]);
  });

  declare("a server that opens late may send before", async (stage) => {
    stage.opensServed = false;
    const caller = await stage.dial();
    const { client, server } = await stage.given(caller);
    server.send(...early);
    await stage.receives(client, early);
    server.open();
    await stage.echo(await stage.pair(caller, 0));
  });

  declare("a client that opens late may send before", async (stage) => {
    const caller = await stage.dial({ opens: false, onEnd: (end) => end.send("first") });
    await stage.eventually(() => expect(stage.served.map(({ greeting }) => greeting)).toEqual(["first"]));
    caller.ends[0]!.open();
    caller.ends[0]!.send(...early);
    await stage.receives(stage.served[0]!, [caller.ends[0]!.greeting!, ...early]);
  });

  declare("who opens a link that was closed here before is told so, once", async (stage) => {
    stage.opensServed = false;
    const caller = await stage.dial({ opens: false });
    const { client, server } = await stage.given(caller);
    for (const end of [server, client]) {
      end.link.close(done);
      end.open();
      expect(await stage.closes(end)).toEqual(done);
    }
  });

  if (flushes) {
    declare("who opens a link that the other end has closed gets its frames, then the end", async (stage) => {
      stage.opensServed = false;
      const caller = await stage.dial();
      const { client, server } = await stage.given(caller);
      client.send(...early);
      client.link.close(done);
      await stage.meanwhile();
      server.open();
      await stage.closes(server);
      expectFrames([server.greeting!, ...server.frames], [client.greeting!, ...early]);
    });
  }

  if (cuttable) {
    declare("who opens a link that was lost is told so, once", async (stage) => {
      stage.opensServed = false;
      const caller = await stage.dial({ opens: false });
      const { client, server } = await stage.given(caller);
      caller.stop();
      caller.client.cut!();
      await stage.meanwhile();
      for (const end of [server, client]) {
        end.open();
        expect(await stage.closes(end)).toMatchObject({ retryable: true });
      }
    });
  }
};
