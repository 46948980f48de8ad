import { expect } from "vitest";
import type { RawMessage, RawPeer } from "./raw-peer.js";
import type { ProtocolChapter } from "./server-cases.js";
import { failure, refusal } from "./stage.js";

const anyOffset = expect.stringMatching(/^.+\.\d+$/);
const anyDurability = expect.stringMatching(/^(memory|process|power)$/);

const append = (sequence: number, name: string, data: unknown, ref = 1): RawMessage => [
  "append",
  ref,
  sequence,
  `~mine.${sequence}`,
  name,
  data,
];
const deed = (sequence: number, text: unknown, ref = 1) => append(sequence, "deed.recorded", text, ref);
const appended = (sequence: number, ref = 1): RawMessage => ["appended", ref, sequence, anyOffset, false];
const rejected = (sequence: number, code: string): RawMessage => ["rejected", 1, sequence, failure(code)];
const again = (sequence: number): RawMessage => ["again", 1, sequence, expect.any(Number)];

const refused: Readonly<Record<string, readonly [name: string, data: unknown, code: string]>> = {
  "an unknown name": ["nothing.known", "x", "Unsupported"],
  "a live event": ["note.added", "x", "Unsupported"],
  "a task": ["parcel.carry", "x", "Unsupported"],
  "what servers alone send": ["deed.signed", { room: "a", text: "x" }, "Denied"],
  "what does not pass the schema": ["deed.recorded", 7, "Invalid"],
};
const misshapen: Readonly<Record<string, RawMessage>> = {
  "a produce without a name": ["produce", 1, "", 1, 0, null],
  "a produce whose name has a slash": ["produce", 1, "a/b", 1, 0, null],
  "a produce whose epoch is no more than what was confirmed": ["produce", 1, "box", 1, 1, null],
  "an append by the number 0": ["append", 1, 0, "~a", "deed.recorded", "x"],
  "an append by an id that a server might make": ["append", 1, 1, "a.1", "deed.recorded", "x"],
};

/** How a client's durable events reach the log. */
export const appending: ProtocolChapter = (declare) => {
  declare("a welcome says from how many outboxes durable events are taken, and as whose", async (stage) => {
    await stage.serve({ outboxes: 3 });
    const peer = await stage.greeting();
    const [, fields] = await peer.next();
    expect(fields).toMatchObject({ outboxes: 3, user: "anybody" });
  });

  declare("a produce is answered by what is expected next, and by who the client is", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["produce", 1, "box", 1, 0, null]);
    await peer.tells(["producing", 1, 1, false, "anybody", anyDurability]);
    await peer.tellsNothing();
  });

  declare("what is appended is in the log, in its order, and told by its offset", async (stage) => {
    const peer = await stage.welcomed();
    const other = await stage.welcomed();
    other.say(["follow", 1, ["deed.recorded"], "now", 9]);
    await other.next();
    await begins(peer, "box");
    peer.say(deed(1, "a"), deed(2, "b"));
    const [one, two] = await peer.nextOf(2);
    expect([one, two]).toEqual([appended(1), appended(2)]);
    expect(numberOf(two![3])).toBeGreaterThan(numberOf(one![3]));
    const came = await other.nextOf(2);
    expect(came).toEqual([
      ["stored", 1, numberOf(one![3]), "deed.recorded", "a", "~mine.1", expect.any(Number)],
      ["stored", 1, numberOf(two![3]), "deed.recorded", "b", "~mine.2", expect.any(Number)],
    ]);
  });

  declare("over another link the log says what it has, and that it knows the outbox", async (stage) => {
    const first = await stage.welcomed();
    await begins(first, "box");
    first.say(deed(1, "a"), deed(2, "b"));
    await first.tells(appended(1), appended(2));
    first.cut();
    const peer = await stage.welcomed();
    peer.say(["produce", 4, "box", 2, 1, "anybody"]);
    await peer.tells(["producing", 4, 3, true, "anybody", anyDurability]);
    peer.say(deed(3, "c", 4));
    await peer.tells(appended(3, 4));
  });

  declare("known is false where the log does not know the epoch that was confirmed", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["produce", 1, "box", 5, 4, "anybody"]);
    await peer.tells(["producing", 1, 1, false, "anybody", anyDurability]);
    peer.say(["produce", 2, "box", 9, 8, "anybody"]);
    await peer.tells(["producing", 2, 1, false, "anybody", anyDurability]);
  });

  declare("a newer epoch fences the one before, also before anything is appended", async (stage) => {
    const first = await stage.welcomed();
    const peer = await stage.welcomed();
    await begins(first, "box");
    await begins(peer, "box", 2);
    first.say(deed(1, "late"));
    await first.tells(["failed", 1, failure("Fenced")]);
    first.say(deed(2, "later"));
    await first.tellsNothing();
    peer.say(deed(1, "a"));
    await peer.tells(appended(1));
  });

  declare("an epoch that is not newer than the log's may not begin", async (stage) => {
    const peer = await stage.welcomed();
    await begins(peer, "box", 3);
    peer.say(["produce", 2, "box", 2, 0, null]);
    await peer.tells(["failed", 2, failure("Fenced")]);
  });

  declare("outboxes of different users do not know of each other, whatever their names", async (stage) => {
    const peer = await stage.welcomed();
    const other = await stage.welcomed({ auth: { user: "other" } });
    await begins(peer, "box", 7);
    peer.say(deed(1, "a"));
    await peer.tells(appended(1));
    other.say(["produce", 1, "box", 1, 0, null]);
    await other.tells(["producing", 1, 1, false, "other", anyDurability]);
  });

  declare("an outbox of another user is refused: Denied", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["produce", 1, "box", 1, 0, "other"]);
    await peer.tells(["failed", 1, failure("Denied")]);
    await peer.tellsNothing();
  });

  for (const [what, [name, data, code]] of Object.entries(refused)) {
    declare(`${what} is rejected by its number: ${code}`, async (stage) => {
      const peer = await stage.welcomed();
      await begins(peer, "box");
      peer.say(append(1, name, data));
      await peer.tells(rejected(1, code));
      await peer.tellsNothing();
    });
  }

  declare(
    "what comes behind one that is rejected is passed over, until its number comes again",
    async (stage) => {
      const peer = await stage.welcomed();
      await begins(peer, "box");
      peer.say(deed(1, "a"), deed(2, 7), deed(3, "c"), deed(4, "d"));
      await peer.tells(appended(1), rejected(2, "Invalid"));
      await peer.tellsNothing();
      peer.say(deed(2, "c"), deed(3, "d"));
      await peer.tells(appended(2), appended(3));
    },
  );

  declare("one that is missing is asked for again", async (stage) => {
    const peer = await stage.welcomed();
    await begins(peer, "box");
    peer.say(deed(2, "b"), deed(3, "c"));
    await peer.tells(again(1));
    await peer.tellsNothing();
    peer.say(deed(1, "a"));
    await peer.tells(appended(1));
  });

  declare("what a user sends too often is to come again, and is not refused", async (stage) => {
    const peer = await stage.welcomed();
    await begins(peer, "box");
    const rationed = (sequence: number) => append(sequence, "deed.rationed", "x");
    peer.say(rationed(1), rationed(2), rationed(3), deed(4, "d"));
    await peer.tells(appended(1), appended(2), again(3));
    await peer.tellsNothing();
  });

  declare("each is answered behind those before it, however long a rule takes", async (stage) => {
    const peer = await stage.welcomed();
    await begins(peer, "box");
    peer.say(deed(1, "a"), append(2, "deed.weighed", "b"), deed(3, "c"));
    await peer.tells(appended(1));
    await stage.drive("suite.decide", true);
    await peer.tells(appended(2), appended(3));
    peer.say(append(4, "deed.weighed", "d"), deed(5, "e"));
    await stage.drive("suite.wait", null);
    await stage.drive("suite.decide", false);
    await peer.tells(rejected(4, "Denied"));
    await peer.tellsNothing();
  });

  declare("an append may come in parts, between small ones", async (stage) => {
    const peer = await stage.greeting({ maxMessageBytes: 1_000_000 });
    await peer.next();
    await begins(peer, "box");
    const text = JSON.stringify(deed(2, "x".repeat(3_000)));
    peer.say(
      deed(1, "a"),
      ["parts", text.length, "append", 1, 2],
      ["part", text.slice(0, 1_000)],
      ["part", text.slice(1_000)],
      deed(3, "c"),
    );
    await peer.tells(appended(1), appended(2), appended(3));
  });

  declare("no more outboxes are sent from at once than the welcome says", async (stage) => {
    await stage.serve({ outboxes: 1 });
    const peer = await stage.welcomed();
    await begins(peer, "one");
    peer.say(["produce", 2, "two", 1, 0, null]);
    await peer.tells(["failed", 2, failure("Overflow")]);
    peer.say(["produced", 1], ["produce", 3, "two", 1, 0, null]);
    await peer.tells(["producing", 3, 1, false, "anybody", anyDurability]);
  });

  declare("a user may begin only so often, over all links", async (stage) => {
    await stage.serve({ outboxStarts: 2 });
    const first = await stage.welcomed();
    await begins(first, "one");
    const peer = await stage.welcomed();
    await begins(peer, "two");
    peer.say(["produce", 3, "three", 1, 0, null]);
    await peer.tells(["failed", 3, failure("Overflow")]);
  });

  declare("an append of what was not begun, or has failed, is passed over", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(deed(1, "a"));
    await peer.tellsNothing();
    await begins(peer, "box");
    peer.say(["produced", 1], deed(1, "a"));
    await peer.tellsNothing();
  });

  declare("an append before producing has come is passed over, and is taken after it", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["produce", 1, "box", 1, 0, null], deed(1, "early"));
    await peer.tells(["producing", 1, 1, false, "anybody", anyDurability]);
    await peer.tellsNothing();
    peer.say(deed(1, "a"));
    await peer.tells(appended(1));
    const other = await stage.welcomed();
    other.say(["follow", 1, ["deed.recorded"], "start", 9]);
    const [, one] = await other.nextOf(2);
    expect(one?.[4]).toBe("a");
    await other.tellsNothing();
  });

  for (const [what, message] of Object.entries(misshapen)) {
    declare(`${what} is refused as what cannot be read`, async (stage) => {
      const peer = await stage.welcomed();
      peer.say(message);
      await peer.tells(refusal("Invalid"));
      await peer.tellsNothing();
    });
  }
};

/** Has it begin to send from an outbox that the log has nothing of, by the number 1. */
async function begins(peer: RawPeer, outbox: string, epoch = 1): Promise<void> {
  peer.say(["produce", 1, outbox, epoch, 0, null]);
  await peer.tells(["producing", 1, 1, false, "anybody", anyDurability]);
}

function numberOf(offset: unknown): number {
  return Number(String(offset).slice(String(offset).lastIndexOf(".") + 1));
}
