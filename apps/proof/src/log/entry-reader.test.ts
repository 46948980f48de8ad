import { expect, it } from "vitest";
import { encodeEntries } from "./entries.js";
import { EntryReader } from "./entry-reader.js";

it("parses once what is read again, and tells apart what differs", () => {
  const reader = new EntryReader();
  const first = encodeEntries([{ type: "epoch", epoch: "one" }]);
  const entries = reader.read(first);
  expect(entries).toEqual([{ type: "epoch", epoch: "one" }]);
  expect(reader.read(first.slice())).toBe(entries);
  expect(reader.read(encodeEntries([{ type: "epoch", epoch: "two" }]))).toEqual([
    { type: "epoch", epoch: "two" },
  ]);
});
