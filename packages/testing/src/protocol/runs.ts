import { expect } from "vitest";
import type { RawMessage } from "./raw-peer.js";
import type { ProtocolChapter } from "./server-cases.js";
import { failure, heard, refusal } from "./stage.js";

const badRuns: Readonly<Record<string, RawMessage>> = {
  "without an event": ["events", "note.added", "k3f", null],
  "of more than 1,000 events": ["events", "note.added", "k3f", null, ...numbered(1_001)],
  "with a number that is no more than the one before": ["events", "note.added", "k3f", null, 1, "a", 0, "b"],
  "with a number without data": ["events", "note.added", "k3f", null, 1, "a", 1],
  "with a number that is none": ["events", "note.added", "k3f", null, -1, "a"],
  "whose numbers grow beyond 2^53": ["events", "note.added", "k3f", null, 2 ** 53 - 1, "a", 1, "b"],
  "whose prefix is no id": ["events", "note.added", "", null, 1, "a"],
};

function numbered(count: number): unknown[] {
  return Array.from({ length: count }, (_, index) => [1, `${index}`]).flat();
}

/** Several events in one message. */
export const runs: ProtocolChapter = (declare) => {
  declare("a run is its events, each with the prefix and its number in base 36 as its id", async (stage) => {
    const peer = await stage.welcomed();
    const other = await stage.listening("note.added");
    peer.say(["events", "note.added", "k3f", null, 9, "a", 1, 7, 1, "c"]);
    await peer.tells(["refused", "k3f.a", "note.added", failure("Invalid")]);
    await other.tells(heard("note.added", "a"), heard("note.added", "c"));
    await peer.tellsNothing();
  });

  declare("a run has up to 1,000 events", async (stage) => {
    const peer = await stage.welcomed();
    const other = await stage.listening("note.added");
    peer.say(["events", "note.added", "k3f", null, ...numbered(1_000)]);
    await other.tells(...Array.from({ length: 1_000 }, (_, index) => heard("note.added", `${index}`)));
  });

  for (const [what, run] of Object.entries(badRuns)) {
    declare(`a run ${what} is refused`, async (stage) => {
      const peer = await stage.welcomed();
      const other = await stage.listening("note.added");
      peer.say(run);
      await peer.tells(refusal("Invalid"));
      await peer.tellsNothing();
      await other.tellsNothing();
    });
  }

  declare("events of one name that one bus emitted in a row are one message", async (stage) => {
    const peer = await stage.listening("note.added", "number.counted");
    const { length } = peer.frames;
    await stage.emits(["note.added", "a"], ["note.added", "b"], ["note.added", "c"], ["number.counted", 1]);
    await peer.tells(...["a", "b", "c"].map((note) => heard("note.added", note)), heard("number.counted", 1));
    const messages = JSON.parse(peer.frames[length] as string) as RawMessage[];
    expect(messages.map(([type]) => type)).toEqual(["events", "event"]);
    const ids = peer.messages.slice(-4).map(([, , , id]) => id);
    expect(new Set(ids).size, "ids").toBe(4);
  });

  declare("a run of the server has no more than 1,000 events", async (stage) => {
    const peer = await stage.listening("number.counted");
    await stage.emits(...Array.from({ length: 1_500 }, (_, index) => ["number.counted", index] as const));
    await peer.tells(...Array.from({ length: 1_500 }, (_, index) => heard("number.counted", index)));
    for (const frame of peer.frames.filter((one) => typeof one === "string")) {
      for (const message of JSON.parse(frame) as RawMessage[]) {
        if (message[0] === "events") expect((message.length - 4) / 2).toBeLessThanOrEqual(1_000);
      }
    }
  });

  declare("each event of a run counts as a message in the limits", async (stage) => {
    await stage.serve({ messages: 1 });
    const peer = await stage.welcomed();
    // What a second gives anew may let one more of them in.
    peer.say(["events", "note.added", "k3f", null, ...numbered(30)]);
    const one = expect.stringMatching(/^k3f\.[a-f]$/);
    expect(await peer.next()).toEqual(["refused", one, "note.added", failure("Overflow")]);
  });
};
