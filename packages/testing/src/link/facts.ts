import { expect } from "vitest";
import { eachSide } from "./each-way.js";
import type { LinkChapter } from "./link-cases.js";

/** What is known of a link before anything is said over it. */
export const facts: LinkChapter = (declare, { address, headers, auth }) => {
  eachSide(({ title, ends }) => {
    declare(
      `${title} knows its transport, its largest frame, and that the link is reliable`,
      async (stage) => {
        const { own } = ends(await stage.connect());
        const { transport, maxFrameBytes, reliable } = own.link.facts;
        expect(transport).toMatch(/^[a-z][a-z0-9.-]*$/);
        expect(Number.isSafeInteger(maxFrameBytes), `maxFrameBytes ${maxFrameBytes} is a safe integer`).toBe(
          true,
        );
        expect(maxFrameBytes, "maxFrameBytes").toBeGreaterThanOrEqual(1_000);
        expect(reliable).toBe(true);
      },
    );
  });

  declare("the facts are there when the link is given", async (stage) => {
    const known: unknown[] = [];
    stage.onServed = ({ link }) => known.push(link.facts.transport, link.facts.maxFrameBytes);
    const { server } = await stage.connect();
    expect(known).toEqual([server.link.facts.transport, server.link.facts.maxFrameBytes]);
  });

  declare(`the server ${address ? "knows" : "does not know"} the client's address`, async (stage) => {
    const { server } = await stage.connect();
    if (address) expect(server.link.facts.address).toMatch(/./);
    else expect(server.link.facts.address).toBeUndefined();
  });

  declare(
    `the server ${headers ? "knows" : "does not know"} the headers of the client's request`,
    async (stage) => {
      const { server } = await stage.connect({
        headers: { origin: "https://example.com", "x-release": "7" },
      });
      const known = server.link.facts.headers;
      if (!headers) expect(known).toBeUndefined();
      else {
        expect(known).toMatchObject({ origin: "https://example.com", "x-release": "7" });
        for (const name of Object.keys(known!)) expect(name).toBe(name.toLowerCase());
      }
    },
  );

  declare(
    `the server ${auth ? "knows" : "does not know"} what the client gave to say who it is`,
    async (stage) => {
      const first = await stage.connect({ auth: { token: "first", roles: ["a", "b"] } });
      const second = await stage.connect({ auth: { token: "second" } });
      const known = [first, second].map(({ server }) => server.link.facts.auth);
      if (auth) expect(known).toEqual([{ token: "first", roles: ["a", "b"] }, { token: "second" }]);
      else expect(known).toEqual([undefined, undefined]);
    },
  );
};
