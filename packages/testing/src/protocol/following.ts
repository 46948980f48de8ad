import { expect } from "vitest";
import type { RawMessage, RawPeer } from "./raw-peer.js";
import type { ProtocolChapter } from "./server-cases.js";
import { decisionTimeout, failure } from "./stage.js";

const anyOffset = expect.stringMatching(/^.+\.\d+$/);
const deed = (text: string) => ["deed.recorded", text] as const;
const signed = (room: unknown, text = "x") => ["deed.signed", { room, text }] as const;

const refused: Readonly<Record<string, readonly [follow: RawMessage, code: string]>> = {
  "an unknown name": [["follow", 1, ["nothing.known"], "now", 9], "Unsupported"],
  "a name that every object has": [["follow", 1, ["constructor"], "now", 9], "Unsupported"],
  "a pattern": [["follow", 1, ["deed.*"], "now", 9], "Unsupported"],
  "a live event": [["follow", 1, ["note.added"], "now", 9], "Unsupported"],
  "a durable event beside a live one": [
    ["follow", 1, ["deed.recorded", "note.added"], "now", 9],
    "Unsupported",
  ],
  "a task": [["follow", 1, ["parcel.carry"], "now", 9], "Unsupported"],
  "what no rule allows": [["follow", 1, ["deed.sealed"], "now", 9], "Denied"],
  "what is allowed beside what is not": [["follow", 1, ["deed.recorded", "deed.sealed"], "now", 9], "Denied"],
  "a key of what has none": [["follow", 1, ["deed.recorded"], "now", 9, "a"], "Invalid"],
  "what is no position": [["follow", 1, ["deed.recorded"], "yesterday", 9], "Invalid"],
  "a time that there is not": [["follow", 1, ["deed.recorded"], 9e15, 9], "Invalid"],
};

/** How durable events reach a peer from the log. */
export const following: ProtocolChapter = (declare) => {
  declare("a follow is answered by the offset behind which its events are sent", async (stage) => {
    const peer = await stage.welcomed();
    await stage.emits(deed("before"));
    const start = await follows(peer, ["follow", 1, ["deed.recorded"], "now", 9]);
    await stage.emits(deed("one"), deed("two"));
    await peer.tells(stored(1, numberOf(start) + 1, ...deed("one")));
    await peer.tells(stored(1, numberOf(start) + 2, ...deed("two")));
    await peer.tellsNothing();
  });

  declare("from an offset on, the start or a time, what the log has since is sent", async (stage) => {
    const peer = await stage.welcomed();
    await stage.emits(deed("one"), deed("two"));
    const start = await follows(peer, ["follow", 1, ["deed.recorded"], "start", 9]);
    const [, , first] = await peer.next();
    await peer.tells(stored(1, (first as number) + 1, ...deed("two")));
    const offset = start.replace(/\d+$/, String(first));
    expect(await follows(peer, ["follow", 2, ["deed.recorded"], offset, 9])).toBe(offset);
    await peer.tells(stored(2, (first as number) + 1, ...deed("two")));
    await follows(peer, ["follow", 3, ["deed.recorded"], 0, 9]);
    await peer.tells(stored(3, first as number, ...deed("one")));
  });

  declare("several names are one line, in the order of the log", async (stage) => {
    const peer = await stage.welcomed();
    await follows(peer, ["follow", 1, ["deed.recorded", "deed.signed"], "now", 9]);
    await stage.emits(deed("one"), signed("a"), deed("two"));
    const came = [...(await peer.nextOf(3))];
    expect(came.map(([, , , name]) => name)).toEqual(["deed.recorded", "deed.signed", "deed.recorded"]);
    const numbers = came.map(([, , number]) => number as number);
    expect([...numbers].sort((one, other) => one - other)).toEqual(numbers);
  });

  declare("what is followed by a key is that key alone", async (stage) => {
    const peer = await stage.welcomed();
    await follows(peer, ["follow", 1, ["deed.signed"], "now", 9, 1]);
    await stage.emits(signed("1"), signed(2), signed(1), signed("a"));
    expect((await peer.next()).slice(3, 5)).toEqual([...signed(1)]);
    await peer.tellsNothing();
  });

  declare("no more than the credit is sent, and as many more as took says", async (stage) => {
    const peer = await stage.welcomed();
    await follows(peer, ["follow", 1, ["deed.recorded"], "now", 2]);
    await stage.emits(...["a", "b", "c", "d", "e"].map(deed));
    expect(textsOf(await peer.nextOf(2))).toEqual(["a", "b"]);
    await peer.tellsNothing();
    peer.say(["took", 1, 1], ["took", 7, 1]);
    expect(textsOf(await peer.nextOf(1))).toEqual(["c"]);
    await peer.tellsNothing();
    peer.say(["took", 1, 9]);
    expect(textsOf(await peer.nextOf(2))).toEqual(["d", "e"]);
    await stage.emits(deed("f"));
    expect(textsOf(await peer.nextOf(1))).toEqual(["f"]);
  });

  declare("two that follow the same are each sent all of it", async (stage) => {
    const one = await stage.welcomed();
    const other = await stage.welcomed();
    await follows(one, ["follow", 1, ["deed.recorded"], "now", 9]);
    await follows(one, ["follow", 2, ["deed.recorded"], "now", 9]);
    await follows(other, ["follow", 1, ["deed.recorded"], "now", 9]);
    await stage.emits(deed("a"));
    expect((await one.nextOf(2)).map(([, ref]) => ref).sort()).toEqual([1, 2]);
    expect(textsOf(await other.nextOf(1))).toEqual(["a"]);
  });

  for (const [what, [follow, code]] of Object.entries(refused)) {
    declare(`${what} cannot be followed: ${code}`, async (stage) => {
      const peer = await stage.welcomed();
      peer.say(follow);
      await peer.tells(["failed", 1, failure(code)]);
      await peer.tellsNothing();
    });
  }

  declare("a durable event cannot be listened to but by follow", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["listen", 1, "deed.recorded"]);
    await peer.tells(["failed", 1, failure("Unsupported")]);
  });

  declare("nothing is sent behind the unlisten, and its number is free", async (stage) => {
    const peer = await stage.welcomed();
    await follows(peer, ["follow", 1, ["deed.recorded"], "now", 9]);
    peer.say(["follow", 1, ["deed.recorded"], "now", 9]);
    await peer.tells(["failed", 1, failure("Invalid")]);
    peer.say(["unlisten", 1]);
    await peer.tellsNothing();
    await stage.emits(deed("late"));
    await peer.tellsNothing();
    await follows(peer, ["follow", 1, ["deed.recorded"], "now", 9]);
  });

  declare("without a right to history no more is sent than of the time that resume allows", async (stage) => {
    await stage.serve({ resume: 0 });
    const peer = await stage.welcomed();
    await stage.emits(signed("a", "before"));
    await stage.drive("suite.wait", null);
    peer.say(["follow", 1, ["deed.signed"], "start", 9]);
    await peer.tells(["missing", 1, "denied", anyOffset], ["following", 1, anyOffset]);
    await stage.emits(signed("a", "after"));
    expect((await peer.next()).slice(3, 5)).toEqual([...signed("a", "after")]);
  });

  declare("an offset of another epoch is told by missing, and what the log has follows", async (stage) => {
    const peer = await stage.welcomed();
    await stage.emits(deed("a"));
    peer.say(["follow", 1, ["deed.recorded"], "another.7", 9]);
    // A server that knows of the other history when it begins says `following` once.
    const came = [...(await peer.nextOf(3))];
    if (came.filter(([type]) => type === "following").length === 2) came.push(...(await peer.nextOf(1)));
    expect(came.map(([type]) => type)).toEqual(expect.arrayContaining(["following", "missing", "stored"]));
    expect(came.find(([type]) => type === "missing")).toEqual(["missing", 1, "epoch", anyOffset]);
    expect(came.at(-1)![4]).toBe("a");
  });

  declare("a right that is taken away is told by failed, and nothing is sent behind it", async (stage) => {
    const peer = await stage.welcomed();
    await follows(peer, ["follow", 1, ["deed.guarded"], "now", 9]);
    await stage.drive("suite.forbid", "deed.guarded");
    await peer.tells(["failed", 1, failure("Denied")]);
    await stage.emits(["deed.guarded", "a"]);
    await peer.tellsNothing();
    await stage.drive("suite.forbid", "deed.guarded");
    await follows(peer, ["follow", 1, ["deed.guarded"], "start", 9]);
    expect(textsOf(await peer.nextOf(1))).toEqual(["a"]);
  });

  declare(
    "a follow whose rule gives no answer in time is told Unavailable, and may be asked for again",
    async (stage) => {
      await stage.serve({ decisionTimeout });
      const peer = await stage.welcomed();
      const follow: RawMessage = ["follow", 1, ["deed.weighed"], "now", 9];
      peer.say(follow);
      await stage.pass(decisionTimeout);
      await peer.tells(["failed", 1, failure("Unavailable")]);
      peer.say(follow);
      await peer.tellsNothing();
      await stage.drive("suite.decide", true);
      await peer.tells(["following", 1, anyOffset]);
    },
  );

  declare("position is answered by the offset behind all that the log has", async (stage) => {
    const peer = await stage.welcomed();
    await stage.emits(deed("a"));
    peer.say(["position", 1]);
    const [type, ref, offset] = await peer.next();
    expect([type, ref, offset]).toEqual(["position", 1, anyOffset]);
    await stage.emits(deed("b"));
    await follows(peer, ["follow", 2, ["deed.recorded"], offset, 9]);
    expect(textsOf(await peer.nextOf(1))).toEqual(["b"]);
  });

  declare("who is sent nothing is told now and then how far the log was looked through", async (stage) => {
    const peer = await stage.welcomed();
    const start = await follows(peer, ["follow", 1, ["deed.signed"], "now", 9]);
    await stage.emits(deed("a"), deed("b"));
    await peer.tellsNothing();
    await stage.pass(6_000);
    await peer.tells(["reached", 1, numberOf(start) + 2]);
    await peer.tellsNothing();
  });
};

/** Has it followed. @returns the offset behind which it is. */
async function follows(peer: RawPeer, follow: RawMessage): Promise<string> {
  peer.say(follow);
  const [type, ref, offset] = await peer.next();
  expect([type, ref, offset]).toEqual(["following", follow[1], anyOffset]);
  return offset as string;
}

function stored(ref: number, number: number, name: string, data: unknown): RawMessage {
  return ["stored", ref, number, name, data, expect.any(String), expect.any(Number)];
}

function numberOf(offset: string): number {
  return Number(offset.slice(offset.lastIndexOf(".") + 1));
}

function textsOf(came: readonly RawMessage[]): readonly unknown[] {
  return came.map(([, , , , text]) => text);
}
