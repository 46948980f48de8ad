import { expect } from "vitest";
import type { ProtocolChapter } from "./server-cases.js";
import { failure, heard } from "./stage.js";

type Sent = readonly [name: string, data: unknown];

/** What is refused, in the order in which it is checked: each of them would also fail what is checked later. */
const refused: Readonly<Record<string, readonly [...Sent, code: string]>> = {
  "that the contract does not have": ["nothing.known", 1, "Unsupported"],
  "whose name every object has": ["toString", 1, "Unsupported"],
  "that is a request": ["value.echo", 1, "Unsupported"],
  "that is a task": ["parcel.carry", "x", "Unsupported"],
  "that is durable": ["deed.recorded", 7, "Unsupported"],
  "that has no schema": ["thought.passed", 7, "Unsupported"],
  "that servers alone send": ["number.counted", "no number", "Denied"],
  "that no rule might allow": ["vault.opened", 7, "Denied"],
  "whose data does not pass the schema": ["note.added", 7, "Invalid"],
  "whose key is over 256 bytes": ["word.said", { room: "é".repeat(129), text: "x" }, "Invalid"],
};

/** What a server takes from a client, and what it sends. */
export const events: ProtocolChapter = (declare) => {
  declare("an event that is taken is not answered, and reaches who listens", async (stage) => {
    const peer = await stage.welcomed();
    const other = await stage.listening("note.added", "number.counted");
    peer.say(["event", "note.added", "a", "id"], ["event", "bell.rung", 7, "id"]);
    await other.tells(heard("note.added", "a"), heard("number.counted", 7));
    await peer.tellsNothing();
  });

  for (const [what, [name, data, code]] of Object.entries(refused)) {
    declare(`an event ${what} is refused by its id and name: ${code}`, async (stage) => {
      const peer = await stage.welcomed();
      const other = await stage.listening("note.added", "word.said", "number.counted");
      peer.say(["event", name, data, "mine"]);
      await peer.tells(["refused", "mine", name, failure(code)]);
      await peer.tellsNothing();
      await other.tellsNothing();
    });
  }

  declare("data is checked before how often it comes", async (stage) => {
    const peer = await stage.welcomed();
    const other = await stage.listening("alarm.raised");
    const raise = (data: unknown, id: string) => peer.say(["event", "alarm.raised", data, id]);
    raise("a", "1");
    raise("b", "2");
    raise(7, "3");
    raise("c", "4");
    await peer.tells(
      ["refused", "3", "alarm.raised", failure("Invalid")],
      ["refused", "4", "alarm.raised", failure("Overflow")],
    );
    await other.tells(heard("alarm.raised", "a"), heard("alarm.raised", "b"));
  });

  declare("how often counts a user, over all of its links", async (stage) => {
    const [first, second] = [await stage.welcomed(), await stage.welcomed()];
    const third = await stage.welcomed({ auth: { user: "somebody else" } });
    for (const peer of [first, second]) peer.say(["event", "alarm.raised", "a", "1"]);
    await first.tellsNothing();
    await second.tellsNothing();
    second.say(["event", "alarm.raised", "b", "2"]);
    await second.tells(["refused", "2", "alarm.raised", failure("Overflow")]);
    third.say(["event", "alarm.raised", "c", "3"]);
    await third.tellsNothing();
  });

  declare(
    "where a rule takes its time, what the same peer says after it waits, a ping too",
    async (stage) => {
      const peer = await stage.welcomed();
      const other = await stage.listening("note.added");
      other.say(["listen", 1, "door.opened"]);
      await stage.drive("suite.decide", true);
      await other.tells(["listening", 1]);
      peer.say(["event", "door.opened", "a", "1"], ["event", "note.added", "b", "2"], ["ping", 3]);
      await other.tellsNothing();
      expect(peer.unread()).toEqual([]);
      other.say(["event", "note.added", "of another peer", "1"]);
      await other.tellsNothing();
      await stage.drive("suite.decide", true);
      await other.tells(heard("door.opened", "a"), heard("note.added", "b"));
      await peer.tells(["pong", 3]);
    },
  );

  declare("what a late rule denies is refused, and what waited goes on", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["event", "door.opened", "a", "1"], ["request", 2, "value.echo", 5_000, "b"]);
    await stage.welcomed();
    await stage.drive("suite.decide", false);
    await peer.tells(["refused", "1", "door.opened", failure("Denied")], ["answer", 2, "b"]);
  });

  declare("more than may wait for a rule is refused, Overflow", async (stage) => {
    await stage.serve({ heldMessages: 2 });
    const peer = await stage.welcomed();
    peer.say(
      ["event", "door.opened", "a", "1"],
      ["event", "note.added", "b", "2"],
      ["sync", 3],
      ["event", "note.added", "c", "4"],
      ["sync", 5],
    );
    await peer.tells(["refused", "4", "note.added", failure("Overflow")], ["failed", 5, failure("Overflow")]);
    await stage.drive("suite.decide", true);
    await peer.tells(["synced", 3]);
  });

  declare("sync is answered when what came before is decided", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["event", "note.added", 7, "1"], ["sync", 2], ["event", "note.added", "b", "3"], ["sync", 4]);
    await peer.tells(["refused", "1", "note.added", failure("Invalid")], ["synced", 2], ["synced", 4]);
  });

  declare("the server's time and the key computed there count, whatever a client says", async (stage) => {
    const peer = await stage.welcomed();
    const other = await stage.welcomed();
    other.say(["listen", 1, "word.said", "a"]);
    await other.tells(["listening", 1]);
    peer.say(["event", "word.said", { room: "a", text: "x", key: "b" }, "id", 5]);
    const [, , data, , time] = await other.next();
    expect(data, "what the schema knows of it").toEqual({ room: "a", text: "x" });
    expect(time).not.toBe(5);
  });

  declare("an id may be said twice: each is an event", async (stage) => {
    const peer = await stage.welcomed();
    const other = await stage.listening("note.added");
    peer.say(["event", "note.added", "a", "same"], ["event", "note.added", "b", "same"]);
    await other.tells(heard("note.added", "a"), heard("note.added", "b"));
  });

  declare(
    "what the server emits passes its schema: what the schema does not know stays, what fails is not sent",
    async (stage) => {
      const peer = await stage.listening("word.said", "note.added");
      await stage.emits(
        ["word.said", { room: "a", text: "x", secret: 1 }],
        ["note.added", 7],
        ["note.added", "b"],
      );
      await peer.tells(heard("word.said", { room: "a", text: "x" }), heard("note.added", "b"));
      await peer.tellsNothing();
    },
  );

  for (const [what, message] of Object.entries({
    "a welcome": ["welcome", { protocol: 1, link: "n", contract: "0", peer: "p", maxFrameBytes: 1 }],
    "a listening": ["listening", 1],
    "a contract": ["contract", []],
    "a gap": ["gap", "note.added", null, "overflow", 1],
    "a refused": ["refused", null, null, { code: "Denied", message: "" }],
    "a synced": ["synced", 1],
    "an expiring": ["expiring", 1],
    "an authorized": ["authorized", 1],
  })) {
    declare(`${what}, which a server alone sends, is refused`, async (stage) => {
      const peer = await stage.welcomed();
      peer.say(message);
      await peer.tells(["refused", null, null, failure("Invalid")]);
      await peer.tellsNothing();
    });
  }
};
