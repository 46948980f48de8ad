import { expect } from "vitest";
import type { ProtocolChapter } from "./server-cases.js";
import { heard, reason } from "./stage.js";

interface Issue {
  readonly message: string;
  readonly path: readonly string[];
}

/** What a failure says, and how often one may be brought about. */
export const errors: ProtocolChapter = (declare) => {
  declare("the texts of a failure, its issues and their paths are bounded", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["event", "fuss.made", 7, "id"]);
    const [, , , told] = (await peer.next()) as [
      string,
      string,
      string,
      { message: string; issues: Issue[] },
    ];
    expect(told.message.length).toBeLessThanOrEqual(500);
    expect(told.issues).toHaveLength(16);
    for (const { message, path } of told.issues) {
      expect(message.length).toBeLessThanOrEqual(500);
      expect(path.length).toBeLessThanOrEqual(16);
      expect(Math.max(...path.map((part) => part.length))).toBeLessThanOrEqual(64);
    }
  });

  declare("an Invalid failure says what is wrong", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["event", "note.added", 7, "id"]);
    const [, , , told] = await peer.next();
    expect(told).toMatchObject({ code: "Invalid", issues: [{ message: expect.any(String), path: [] }] });
  });

  declare("a refusal closes no link", async (stage) => {
    const peer = await stage.welcomed();
    const other = await stage.listening("note.added");
    for (let count = 0; count < 100; count++) peer.say(["what"]);
    await peer.hears();
    peer.say(["event", "note.added", "a", "id"]);
    await other.tells(heard("note.added", "a"));
  });

  declare("too many refusals close it: goodbye Flood, for now, and others notice nothing", async (stage) => {
    await stage.serve({ refusals: 1 });
    const peer = await stage.welcomed();
    const other = await stage.listening("note.added");
    for (let count = 0; count < 30; count++) peer.say(["what"]);
    expect(await peer.leaves()).toEqual(reason("Flood", true));
    await stage.emits(["note.added", "a"]);
    await other.tells(heard("note.added", "a"));
  });

  declare("more messages than the limit are refused, Overflow, and told when to try again", async (stage) => {
    await stage.serve({ messages: 1 });
    const peer = await stage.welcomed();
    for (let ref = 0; ref < 12; ref++) peer.say(["request", ref, "value.echo", 5_000, 1]);
    const answers = await peer.nextOf(12);
    const over = answers.filter(([type]) => type === "failed");
    expect(over.length).toBeGreaterThan(0);
    for (const [, , told] of over)
      expect(told).toMatchObject({ code: "Overflow", message: expect.stringMatching(/\d+ ms/) });
  });
};
