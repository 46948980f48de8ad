import type { RawMessage } from "./raw-peer.js";
import type { ProtocolChapter } from "./server-cases.js";
import { decisionTimeout, failure, heard } from "./stage.js";

const refused: Readonly<Record<string, readonly [listen: RawMessage, code: string]>> = {
  "an unknown name": [["listen", 1, "nothing.known"], "Unsupported"],
  "a name that every object has": [["listen", 1, "constructor"], "Unsupported"],
  "a pattern": [["listen", 1, "note.*"], "Unsupported"],
  "a request": [["listen", 1, "value.echo"], "Unsupported"],
  "a task": [["listen", 1, "parcel.carry"], "Unsupported"],
  "a durable event": [["listen", 1, "deed.recorded"], "Unsupported"],
  "an event without a schema": [["listen", 1, "thought.passed"], "Unsupported"],
  "an event that clients alone send": [["listen", 1, "bell.rung"], "Denied"],
  "what no rule allows": [["listen", 1, "vault.opened"], "Denied"],
  "a key of what has none": [["listen", 1, "note.added", "a"], "Invalid"],
};

/** What is sent to whom. */
export const listening: ProtocolChapter = (declare) => {
  declare("only what is listened to is sent", async (stage) => {
    const peer = await stage.listening("note.added");
    await stage.emits(["number.counted", 1], ["note.added", "a"], ["word.said", { room: "a", text: "x" }]);
    await peer.tells(heard("note.added", "a"));
    await peer.tellsNothing();
  });

  declare("of a key only its events are sent, and a number is another key than its text", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["listen", 1, "word.said", 1]);
    await peer.tells(["listening", 1]);
    const said = (room: unknown) => ["word.said", { room, text: "x" }] as const;
    await stage.emits(said("1"), said(2), said(1), said("a"));
    await peer.tells(heard(...said(1)));
    await peer.tellsNothing();
  });

  for (const [what, [listen, code]] of Object.entries(refused)) {
    declare(`${what} cannot be listened to: ${code}`, async (stage) => {
      const peer = await stage.welcomed();
      peer.say(listen);
      await peer.tells(["failed", 1, failure(code)]);
      await peer.tellsNothing();
    });
  }

  declare("a number is in use until unlisten, or until it failed", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["listen", 1, "note.added"], ["listen", 1, "number.counted"]);
    await peer.tells(["listening", 1], ["failed", 1, failure("Invalid")]);
    peer.say(["unlisten", 1], ["listen", 1, "number.counted"]);
    await peer.tells(["listening", 1]);
    peer.say(["listen", 2, "nothing.known"], ["listen", 2, "note.added"]);
    await peer.tells(["failed", 2, failure("Unsupported")], ["listening", 2]);
  });

  declare("what is listened to twice, or by name and by key, comes once", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["listen", 1, "word.said"], ["listen", 2, "word.said"], ["listen", 3, "word.said", "a"]);
    await peer.tells(["listening", 1], ["listening", 2], ["listening", 3]);
    const [first, second] = ["x", "y"].map((text) => ["word.said", { room: "a", text }] as const);
    await stage.emits(first!);
    await peer.tells(heard(...first!));
    peer.say(["unlisten", 1], ["unlisten", 3]);
    await peer.tellsNothing();
    await stage.emits(second!);
    await peer.tells(heard(...second!));
    await peer.tellsNothing();
  });

  declare("nothing is sent behind the unlisten", async (stage) => {
    const peer = await stage.listening("note.added");
    peer.say(["unlisten", 900]);
    await peer.tellsNothing();
    await stage.emits(["note.added", "late"]);
    await peer.tellsNothing();
  });

  declare("unlisten of an unknown number has no effect", async (stage) => {
    const peer = await stage.listening("note.added");
    peer.say(["unlisten", 7], ["unlisten", 7]);
    await peer.tellsNothing();
    await stage.emits(["note.added", "a"]);
    await peer.tells(heard("note.added", "a"));
  });

  declare("an event is not sent back to the peer that it came from", async (stage) => {
    const peer = await stage.listening("note.added");
    const other = await stage.listening("note.added");
    peer.say(["event", "note.added", "mine", "id"]);
    await other.tells(heard("note.added", "mine"));
    await peer.tellsNothing();
    other.say(["event", "note.added", "theirs", "id"]);
    await peer.tells(heard("note.added", "theirs"));
    await other.tellsNothing();
  });

  declare("what was listened to over a link ends with it", async (stage) => {
    const first = await stage.listening("note.added");
    first.cut();
    const second = await stage.welcomed();
    await stage.emits(["note.added", "a"]);
    await second.tellsNothing();
  });

  declare("a listen waits for its rule, and nothing else waits for that", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["listen", 1, "door.opened"], ["listen", 2, "note.added"], ["sync", 3], ["ping", 4]);
    await peer.tells(["listening", 2], ["synced", 3], ["pong", 4]);
    await stage.emits(["door.opened", "too early"]);
    await peer.tellsNothing();
    await stage.drive("suite.decide", true);
    await peer.tells(["listening", 1]);
    await stage.emits(["door.opened", "a"]);
    await peer.tells(heard("door.opened", "a"));
  });

  declare("a rule that denies late is told by failed", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["listen", 1, "door.opened"]);
    await peer.tellsNothing();
    await stage.drive("suite.decide", false);
    await peer.tells(["failed", 1, failure("Denied")]);
  });

  declare(
    "a rule that gives no answer in time denies nothing: failed says Unavailable, and the same may be asked again",
    async (stage) => {
      await stage.serve({ decisionTimeout });
      const peer = await stage.welcomed();
      const listen: RawMessage = ["listen", 1, "door.opened"];
      peer.say(listen);
      await stage.pass(decisionTimeout);
      await peer.tells(["failed", 1, failure("Unavailable")]);
      peer.say(listen);
      await peer.tellsNothing();
      await stage.drive("suite.decide", true);
      await peer.tells(["listening", 1]);
    },
  );

  declare("unlisten ends a listen before its rule has decided", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["listen", 1, "door.opened"], ["unlisten", 1]);
    await peer.tellsNothing();
    await stage.drive("suite.decide", true);
    await stage.emits(["door.opened", "a"]);
    await peer.tellsNothing();
  });

  declare(
    "a right that is taken away is told by failed behind listening, and may be asked for again",
    async (stage) => {
      const peer = await stage.listening("guard.changed");
      await stage.drive("suite.forbid", "guard.changed");
      await peer.tells(["failed", 900, failure("Denied")]);
      await stage.emits(["guard.changed", "a"]);
      await peer.tellsNothing();
      await stage.drive("suite.forbid", "guard.changed");
      peer.say(["listen", 900, "guard.changed"]);
      await peer.tells(["listening", 900]);
      await stage.emits(["guard.changed", "b"]);
      await peer.tells(heard("guard.changed", "b"));
    },
  );

  declare("more than the limit of listeners is refused, Overflow", async (stage) => {
    await stage.serve({ listeners: 2 });
    const peer = await stage.welcomed();
    for (const ref of [1, 2, 3]) peer.say(["listen", ref, "word.said", ref]);
    await peer.tells(["listening", 1], ["listening", 2], ["failed", 3, failure("Overflow")]);
    peer.say(["unlisten", 1], ["listen", 3, "word.said", 3]);
    await peer.tells(["listening", 3]);
  });
};
