import { expect } from "vitest";
import type { RawMessage } from "./raw-peer.js";
import type { ProtocolChapter } from "./server-cases.js";
import { failure, heard } from "./stage.js";

const ask = (ref: number, name: string, input: unknown, timeout = 5_000): RawMessage => [
  "request",
  ref,
  name,
  timeout,
  input,
];

const refused: Readonly<Record<string, readonly [name: string, input: unknown, code: string]>> = {
  "of an unknown name": ["nothing.known", 1, "Unsupported"],
  "of a name that every object has": ["hasOwnProperty", 1, "Unsupported"],
  "of an event": ["note.added", "x", "Unsupported"],
  "that clients answer": ["guard.confirm", { badge: "b" }, "Denied"],
  "that servers alone ask": ["lamp.state", "x", "Denied"],
  "that no rule allows": ["vault.code", "x", "Denied"],
  "whose input does not pass its schema": ["division.result", { dividend: "6" }, "Invalid"],
  "that nobody handles": ["nobody.answers", "x", "NoHandler"],
};

/** Questions of a client, each answered once. */
export const requests: ProtocolChapter = (declare) => {
  declare("a request is answered by its number, whatever the order", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(
      ask(7, "value.wait", "a"),
      ask(8, "value.echo", "b"),
      ask(0, "division.result", { dividend: 6, divisor: 3 }),
    );
    await peer.tells(["answer", 8, "b"], ["answer", 0, 2]);
    await peer.tellsNothing();
  });

  for (const [what, [name, input, code]] of Object.entries(refused)) {
    declare(`a request ${what} fails: ${code}`, async (stage) => {
      const peer = await stage.welcomed();
      peer.say(ask(1, name, input));
      await peer.tells(["failed", 1, failure(code)]);
      await peer.tellsNothing();
    });
  }

  declare(
    "a declared error has its code and its detail, of which what the schema does not know stays",
    async (stage) => {
      const peer = await stage.welcomed();
      peer.say(ask(1, "division.result", { dividend: 6, divisor: 0 }));
      const [, , told] = await peer.next();
      expect(told).toEqual({ code: "DivisionByZero", message: expect.any(String), detail: { dividend: 6 } });
    },
  );

  declare("another error is Internal, without its text", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(ask(1, "secret.told", "x"));
    const answer = await peer.next();
    expect(answer).toEqual(["failed", 1, failure("Internal")]);
    expect(JSON.stringify(answer)).not.toContain("swordfish");
  });

  declare(
    "an output passes its schema: what that does not know stays, what fails is Internal",
    async (stage) => {
      const peer = await stage.welcomed();
      peer.say(ask(1, "badge.find", { badge: "b", more: 1 }));
      await peer.tells(["answer", 1, { badge: "b" }]);
      peer.say(ask(2, "lie.told", "x"));
      await peer.tells(["failed", 2, failure("Internal")]);
    },
  );

  declare(
    "at its timeout a request fails, Timeout, and the handler is told; no answer follows",
    async (stage) => {
      const peer = await stage.welcomed();
      const other = await stage.listening("wait.ended");
      peer.say(ask(1, "value.wait", "a", 50));
      await stage.pass(50);
      await peer.tells(["failed", 1, failure("Timeout")]);
      await other.tells(heard("wait.ended", "a"));
      await peer.tellsNothing();
    },
  );

  declare("the server's own limit of time counts where it is the first", async (stage) => {
    await stage.serve({ requestTimeout: 50 });
    const peer = await stage.welcomed();
    peer.say(["request", 1, "value.wait", { $: ["number", "Infinity"] }, "a"]);
    await stage.pass(50);
    await peer.tells(["failed", 1, failure("Timeout")]);
  });

  declare("cancel has the request answered, Aborted, and the handler told", async (stage) => {
    const peer = await stage.welcomed();
    const other = await stage.listening("wait.ended");
    peer.say(ask(1, "value.wait", "a"));
    await peer.tellsNothing();
    peer.say(["cancel", 1]);
    await peer.tells(["failed", 1, failure("Aborted")]);
    await other.tells(heard("wait.ended", "a"));
    await peer.tellsNothing();
  });

  declare("cancel of what is answered, or unknown, means nothing", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(ask(1, "value.echo", "a"));
    await peer.tells(["answer", 1, "a"]);
    peer.say(["cancel", 1], ["cancel", 99], ["pull", 1, 5], ["pull", 99, 5]);
    await peer.tellsNothing();
  });

  declare("a number in use is refused, and free again once it is answered", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(ask(1, "value.wait", "a"), ask(1, "value.echo", "b"));
    await peer.tells(["failed", 1, failure("Invalid")]);
    peer.say(["cancel", 1]);
    await peer.tells(["failed", 1, failure("Aborted")]);
    peer.say(ask(1, "value.echo", "c"));
    await peer.tells(["answer", 1, "c"]);
  });

  declare("more requests than the limit are refused, Overflow", async (stage) => {
    await stage.serve({ requests: 2 });
    const peer = await stage.welcomed();
    for (const ref of [1, 2, 3]) peer.say(ask(ref, "value.wait", `${ref}`));
    await peer.tells(["failed", 3, failure("Overflow")]);
    peer.say(["cancel", 1]);
    await peer.tells(["failed", 1, failure("Aborted")]);
    await peer.tellsNothing();
    peer.say(ask(4, "value.echo", "x"));
    await peer.tells(["answer", 4, "x"]);
  });

  declare("a request over a link that is lost is aborted", async (stage) => {
    const peer = await stage.welcomed();
    const other = await stage.listening("wait.ended");
    peer.say(ask(1, "value.wait", "a"));
    await peer.tellsNothing();
    peer.cut();
    await other.tells(heard("wait.ended", "a"));
  });

  declare("an answer to a number that is not waited for is passed over", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(
      ["answer", 5, 1],
      ["failed", 6, { code: "Denied", message: "" }],
      ["streaming", 7],
      ["item", 8, 1],
    );
    await peer.tellsNothing();
  });
};
