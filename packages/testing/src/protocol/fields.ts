import type { RawMessage } from "./raw-peer.js";
import type { ProtocolChapter } from "./server-cases.js";
import { failure, refusal } from "./stage.js";

const infinite = { $: ["number", "Infinity"] };
const noNumber = { $: ["number", "NaN"] };
const cause = { id: "c", name: "note.added", kind: "event" };

/** What each field may be: a message with it is decided, whatever comes of it. */
const right: Readonly<Record<string, readonly (readonly [said: RawMessage, told: RawMessage])[]>> = {
  "a ref is an integer from 0 to 2^53-1": [0, 2 ** 53 - 1].map((ref) => [
    ["sync", ref],
    ["synced", ref],
  ]),
  "a count is an integer from 0 to 2^53-1": [0, 2 ** 53 - 1].map((count) => [
    ["ping", count],
    ["pong", count],
  ]),
  "a name is a text of 1 to 128 characters": ["n", "n".repeat(128)].map((name) => [
    ["listen", 1, name],
    ["failed", 1, failure("Unsupported")],
  ]),
  "a key is a finite number or a text of up to 256 bytes": [
    "",
    "k".repeat(256),
    "é".repeat(128),
    0,
    -1.5,
  ].map((key, ref) => [
    ["listen", ref, "word.said", key],
    ["listening", ref],
  ]),
  "an id is 1 to 64 printable characters of ASCII": [" ", "~".repeat(64)].map((id) => [
    ["event", "note.added", 7, id],
    ["refused", id, "note.added", failure("Invalid")],
  ]),
  "a cause is up to 16 of id, name and kind": [[], Array.from({ length: 16 }, () => cause)].map((causes) => [
    ["request", 1, "value.echo", 5_000, 1, causes],
    ["answer", 1, 1],
  ]),
  "a timeout is a number from 0, or Infinity": [5_000, 5_000.5, infinite].map((timeout) => [
    ["request", 1, "value.echo", timeout, 1],
    ["answer", 1, 1],
  ]),
};

const wrong: Readonly<Record<string, readonly RawMessage[]>> = {
  "what is no ref": [-1, 1.5, 2 ** 53, "1", null, infinite].map((ref) => ["sync", ref]),
  "what is no count": [-1, 1.5, 2 ** 53, "1"].map((count) => ["pull", 1, count]),
  "what is no name": ["", "n".repeat(129), 1, null].map((name) => ["listen", 1, name]),
  "what is no key": ["k".repeat(257), "é".repeat(129), null, true, noNumber, infinite].map((key) => [
    "listen",
    1,
    "word.said",
    key,
  ]),
  "what is no id": ["", "i".repeat(65), "é", "a\nb", 1].map((id) => ["event", "note.added", "a", id]),
  "what is no cause": [
    [{ id: "c" }],
    [{ ...cause, id: "i".repeat(513) }],
    Array.from({ length: 17 }, () => cause),
    "c",
  ].map((causes) => ["event", "note.added", "a", "id", causes]),
  "what is no timeout": [-1, noNumber, "1", null].map((timeout) => ["request", 1, "value.echo", timeout, 1]),
};

/** The bounds of what messages are made of. */
export const fields: ProtocolChapter = (declare) => {
  for (const [what, exchanges] of Object.entries(right)) {
    declare(what, async (stage) => {
      const peer = await stage.welcomed();
      for (const [said, told] of exchanges) {
        peer.say(said);
        await peer.tells(told);
      }
    });
  }
  for (const [what, messages] of Object.entries(wrong)) {
    declare(`${what} is refused, and nothing is done of it`, async (stage) => {
      const peer = await stage.welcomed();
      const other = await stage.listening("note.added");
      for (const message of messages) {
        peer.say(message);
        await peer.tells(refusal("Invalid"));
      }
      await peer.tellsNothing();
      await other.tellsNothing();
    });
  }
};
