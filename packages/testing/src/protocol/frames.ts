import { expect } from "vitest";
import { sizeOf } from "./raw-peer.js";
import type { ProtocolChapter } from "./server-cases.js";
import { failure, heard, refusal } from "./stage.js";

/** Frames that are refused as a whole, each with a listen in it where there is room for one. */
const unreadable: Readonly<Record<string, string | Uint8Array>> = {
  "that is no JSON": '[["listen",1,"note.added"],',
  "that is empty": "",
  "that is no array": '{"listen":1}',
  "of more than 1,000 messages": `[${Array.from({ length: 1_001 }, () => '["unlisten",7]').join(",")}]`,
  "with a malformed tag": '[["listen",1,"note.added"],["event","value.changed",{"$":["date","soon"]},"id"]]',
  "with too deep data": `[["listen",1,"note.added"],["event","value.changed",${"[".repeat(65)}${"]".repeat(65)},"id"]]`,
  "with a malformed tag in a message that is unknown": '[["listen",1,"note.added"],["what",{"$":["what"]}]]',
  "of bytes where that was not agreed": Uint8Array.of(0x92, 0xa4, 0x70, 0x69, 0x6e, 0x67, 1),
};

/** What a frame is, how large it may be, and what becomes of one that is none. */
export const frames: ProtocolChapter = (declare, { oversize }) => {
  declare("a frame of text is an array of messages, which are taken in order", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(["listen", 1, "note.added"], ["listen", 2, "number.counted"], ["unlisten", 1], ["ping", 3]);
    await peer.tells(["listening", 1], ["listening", 2], ["pong", 3]);
    await stage.emits(["note.added", "a"], ["number.counted", 1]);
    await peer.tells(heard("number.counted", 1));
  });

  declare("a frame holds up to 1,000 messages", async (stage) => {
    const peer = await stage.welcomed();
    peer.say(...Array.from({ length: 999 }, () => ["unlisten", 7]), ["listen", 1, "note.added"]);
    await peer.tells(["listening", 1]);
  });

  declare("what is sent in one turn shares a frame, and keeps its order", async (stage) => {
    const peer = await stage.listening("note.added", "number.counted");
    const { length } = peer.frames;
    await stage.emits(["note.added", "a"], ["number.counted", 1], ["note.added", "b"]);
    await peer.tells(heard("note.added", "a"), heard("number.counted", 1), heard("note.added", "b"));
    expect(peer.frames.length - length, "frames").toBe(1);
  });

  declare("what would be over 1,000 messages is several frames", async (stage) => {
    const peer = await stage.listening("note.added", "number.counted");
    const { length } = peer.frames;
    const events = Array.from({ length: 1_200 }, (_, index) =>
      index % 2 === 0 ? (["note.added", `${index}`] as const) : (["number.counted", index] as const),
    );
    await stage.emits(...events);
    await peer.tells(...events.map(([name, data]) => heard(name, data)));
    for (const frame of peer.frames.slice(length)) {
      if (typeof frame === "string")
        expect((JSON.parse(frame) as unknown[]).length).toBeLessThanOrEqual(1_000);
    }
  });

  const sized = (size: number, letter: string) => {
    const around = sizeOf(JSON.stringify([["sync", 1, ""]]));
    return JSON.stringify([["sync", 1, letter.repeat((size - around) / sizeOf(letter))]]);
  };

  declare("a frame of maxFrameBytes is taken", async (stage) => {
    await stage.serve({ frameBytes: 5_000 });
    const peer = await stage.greeting();
    expect((await peer.next())[1]).toMatchObject({ maxFrameBytes: 5_000 });
    peer.sayRaw(sized(5_000, "x"));
    await peer.tells(["synced", 1]);
  });

  declare(
    oversize
      ? "a frame that is a byte over maxFrameBytes is refused, Overflow"
      : "a frame that is a byte over maxFrameBytes ends the link, and no other",
    async (stage) => {
      await stage.serve({ frameBytes: 5_000 });
      const other = await stage.listening("note.added");
      // Bytes count, and not characters.
      for (const frame of [sized(5_001, "x"), sized(6_001, "é")]) {
        const peer = await stage.welcomed();
        peer.sayRaw(frame);
        if (oversize) {
          await peer.tells(refusal("Overflow"));
          await peer.tellsNothing();
        } else await peer.leaves();
      }
      await stage.emits(["note.added", "a"]);
      await other.tells(heard("note.added", "a"));
    },
  );

  declare("a message that alone is over the size is not sent: its sender is told Overflow", async (stage) => {
    const peer = await stage.connect();
    peer.say(["hello", { protocol: 1, link: "nonce", contract: "0" }]);
    const [, { maxFrameBytes }] = (await peer.next()) as [string, { maxFrameBytes: number }];
    await peer.hears();
    peer.say(["request", 1, "text.repeat", 5_000, maxFrameBytes]);
    await peer.tells(["failed", 1, failure("Overflow")]);
    await peer.tellsNothing();
  });

  for (const [what, frame] of Object.entries(unreadable)) {
    declare(`a frame ${what} is refused as a whole, once`, async (stage) => {
      const peer = await stage.welcomed();
      peer.sayRaw(frame);
      await peer.tells(refusal("Invalid"));
      await peer.tellsNothing();
    });
  }

  declare(
    "messages of an unknown type or a wrong shape are refused together, once, and the others count",
    async (stage) => {
      const peer = await stage.welcomed();
      peer.say(
        ["what", 1],
        ["listen", 1, "note.added"],
        ["listen", "2", "note.added"],
        [],
        "listen" as never,
        { 0: "listen" } as never,
        ["constructor"],
        ["listen", 3, "number.counted"],
      );
      const answers = await peer.hears();
      expect(answers).toHaveLength(3);
      expect(answers).toEqual(
        expect.arrayContaining([["listening", 1], ["listening", 3], refusal("Invalid")]),
      );
    },
  );

  declare(
    "further fields of a message, and further properties of its objects, are ignored",
    async (stage) => {
      const peer = await stage.connect();
      peer.say(["hello", { protocol: 1, link: "nonce", contract: "0", later: { version: 2 } }, "more"]);
      expect((await peer.next())[0]).toBe("welcome");
      await peer.hears();
      peer.say(["listen", 1, "word.said", "a", { later: true }, 7], ["sync", 2, "more"], ["ping", 3, "more"]);
      await peer.tells(["listening", 1], ["synced", 2], ["pong", 3]);
      peer.say(["request", 4, "value.echo", 5_000, "x", [], "more"]);
      await peer.tells(["answer", 4, "x"]);
    },
  );
};
