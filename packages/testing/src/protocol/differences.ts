import { expect } from "vitest";
import type { ProtocolChapter } from "./server-cases.js";
import { failure, heard } from "./stage.js";

/** Contracts of two releases, side by side. */
export const differences: ProtocolChapter = (declare) => {
  declare(
    "another contract refuses nobody: what the server lacks it refuses message by message",
    async (stage) => {
      const peer = await stage.greeting({ contract: "of another release" });
      expect((await peer.next())[0]).toBe("welcome");
      await peer.hears();
      peer.say(["listen", 1, "later.added"], ["listen", 2, "note.added"], ["event", "later.added", 1, "id"]);
      const answers = await peer.hears();
      expect(answers).toEqual(
        expect.arrayContaining([
          ["failed", 1, failure("Unsupported")],
          ["listening", 2],
          ["refused", "id", "later.added", failure("Unsupported")],
        ]),
      );
      await stage.emits(["note.added", "a"]);
      await peer.tells(heard("note.added", "a"));
    },
  );
};
