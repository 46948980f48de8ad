import { InvalidError } from "@eventwire/core";
import { maxDepth } from "@eventwire/core/attach";
import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFrame, encodeMessage } from "./frames.js";
import { maxMessages, type WireMessage } from "./messages.js";

const hello = { protocol: 1, link: "nonce", contract: "0" };
const welcome = { ...hello, peer: "p", maxFrameBytes: 1_000 };
const failure = { code: "Denied", message: "No." };
const issue = { message: "No.", path: ["a", 0] };
const reason = { code: "Closed", message: "It closes.", retryable: true };

const cause = { id: "id", name: "a", kind: "event" } as const;
const causes = (count: number) => Array.from({ length: count }, () => cause);

const valid: readonly WireMessage[] = [
  ["hello", hello],
  ["listen", 0, "a.b"],
  ["listen", 1, "a.b", "key"],
  ["listen", Number.MAX_SAFE_INTEGER, "a.b", -1.5],
  ["unlisten", 1],
  ["request", 1, "a", 0, { deep: [1] }],
  ["request", 1, "a", Number.POSITIVE_INFINITY, undefined],
  ["cancel", 1],
  ["sync", 1],
  ["synced", 1],
  ["event", "a", undefined, "id"],
  ["event", "a", { at: new Date(5) }, "id", 5],
  ["event", "a", 1, "id", causes(16)],
  ["request", 1, "a", 0, 1, causes(1)],
  ["welcome", welcome],
  ["welcome", { ...welcome, maxFrameBytes: Number.POSITIVE_INFINITY }],
  ["contract", [["a", "event", "both", "live", true]]],
  ["contract", [["a", "request", "both", "", false]]],
  ["listening", 1],
  ["answer", 1, null],
  ["failed", 1, failure],
  ["failed", 1, { ...failure, issues: [issue], detail: 1n }],
  ["refused", "id", "a", failure],
  ["refused", null, null, failure],
  ["gap", "a", null, "overflow", 3],
  ["gap", "a", "key", "denied", null],
  ["goodbye", reason],
  ["events", "a", "p", null, 35, 1, 1, 2],
  ["events", "a", "x".repeat(62), 5, 35, 1],
];

const long = (length: number) => "x".repeat(length);

const invalid: readonly (readonly unknown[])[] = [
  [],
  ["nothing"],
  ["constructor"],
  ["__proto__"],
  ["hasOwnProperty", 1],
  [1],
  [["listen"], 1, "a"],
  ["hello"],
  ["hello", null],
  ["hello", [1, "nonce", "0"]],
  ...Object.keys(hello).flatMap((field) => [
    ["hello", { ...hello, [field]: null }],
    ["hello", { ...hello, [field]: [] }],
    ["hello", { ...hello, [field]: undefined }],
  ]),
  ["hello", { ...hello, protocol: "1" }],
  ["hello", { ...hello, link: "" }],
  ["hello", { ...hello, link: long(65) }],
  ["hello", { ...hello, contract: long(65) }],
  ...[-1, 1.5, "1", null, undefined, 2 ** 53, Number.NaN, [1]].flatMap((ref) => [
    ["listen", ref, "a"],
    ["unlisten", ref],
    ["request", ref, "a", 1, 1],
    ["cancel", ref],
    ["sync", ref],
    ["synced", ref],
    ["listening", ref],
    ["answer", ref, 1],
    ["failed", ref, failure],
  ]),
  ...["", long(129), 1, null, undefined, ["a"]].flatMap((name) => [
    ["listen", 1, name],
    ["request", 1, name, 1, 1],
    ["event", name, 1, "id"],
  ]),
  ...[null, true, {}, [], long(257), "é".repeat(129), Number.NaN, Number.POSITIVE_INFINITY, 1n].map((key) => [
    "listen",
    1,
    "a",
    key,
  ]),
  ...[-1, "1", null, undefined, Number.NaN].map((timeout) => ["request", 1, "a", timeout, 1]),
  ...["", long(65), 1, null, undefined].map((id) => ["event", "a", 1, id]),
  ...["1", null, Number.NaN, Number.POSITIVE_INFINITY].map((time) => ["event", "a", 1, "id", time]),
  ["events", "a", long(64), null, 1, 1],
  ["events", "a", long(62), null, 35, 1, 1, 2],
  ...["two\nlines", "\u001b[2J", "\u009b2J", "\u202e"].map((id) => ["event", "a", 1, id]),
  ...[
    {},
    causes(17),
    [null],
    [[]],
    [{ id: "id", name: "a" }],
    [{ ...cause, id: long(513) }],
    [{ ...cause, name: long(129) }],
    [cause, { ...cause, kind: 1 }],
  ].flatMap((wrong) => [
    ["event", "a", 1, "id", wrong],
    ["request", 1, "a", 0, 1, wrong],
  ]),
  ...[0, -1, "1", null, Number.NaN].map((maxFrameBytes) => ["welcome", { ...welcome, maxFrameBytes }]),
  ["welcome", hello],
  ["welcome", { ...welcome, peer: 1 }],
  ["welcome", { ...welcome, peer: "" }],
  ...[
    null,
    "Denied",
    {},
    { code: "Denied" },
    { code: 1, message: "No." },
    { ...failure, issues: {} },
    { ...failure, issues: [{ message: "No." }] },
    { ...failure, issues: [{ message: 1, path: [] }] },
    { ...failure, issues: [{ message: "No.", path: {} }] },
    { ...failure, issues: [{ message: "No.", path: [null] }] },
  ].flatMap((wrong) => [
    ["failed", 1, wrong],
    ["refused", "id", "a", wrong],
  ]),
  ["refused", 1, "a", failure],
  ["refused", "id", "", failure],
  ["contract"],
  ["contract", ["a"]],
  ["contract", [["a", "event", "both", "live", 1]]],
  ["contract", [["a", long(65), "both", "live", true]]],
  ["contract", [["", "event", "both", "live", true]]],
  ["gap"],
  ["gap", "a", undefined, "overflow", 3],
  ["gap", "a", long(257), "overflow", 3],
  ["gap", "a", null, "late", 3],
  ["gap", "a", null, "toString", 3],
  ["gap", "a", null, "overflow", -1],
  ["gap", "a", null, "overflow"],
  ["goodbye"],
  ["goodbye", { ...reason, retryable: "yes" }],
  ["goodbye", { ...reason, message: undefined }],
  ["goodbye", { code: "Closed", message: "It closes." }],
];

const encode = (message: readonly unknown[]) => encodeMessage(message as unknown as WireMessage, "test");

describe("decodeFrame", () => {
  it.each(valid)("reads a %s message as it was written", (...message) => {
    expect(decodeFrame(encodeFrame([encode(message)]))).toEqual([message]);
  });

  it("refuses what has not the shape of a message, and reads its neighbours", () => {
    for (const wrong of invalid) {
      const [before, refused, after] = decodeFrame(
        encodeFrame([encode(["listening", 1]), encode(wrong), encode(["listening", 2])]),
      );
      expect(refused, encode(wrong)).toBeInstanceOf(InvalidError);
      expect([before, after]).toEqual([
        ["listening", 1],
        ["listening", 2],
      ]);
    }
  });

  it("refuses a shape whose fields are inherited", () => {
    expect(decodeFrame('[["hello",{"__proto__":{"protocol":1,"link":"a","contract":"0"}}]]')).toEqual([
      expect.any(InvalidError),
    ]);
  });

  it("takes frames of no messages and of as many as a frame may hold, and refuses one with more", () => {
    expect(decodeFrame("[]")).toEqual([]);
    const frame = (count: number) => encodeFrame(Array<string>(count).fill('["listening",1]'));
    expect(decodeFrame(frame(maxMessages))).toHaveLength(maxMessages);
    expect(() => decodeFrame(frame(maxMessages + 1))).toThrow(InvalidError);
  });

  it("makes one error for all that cannot be read in a frame", () => {
    expect(new Set(decodeFrame(`[${Array<string>(maxMessages).fill("0").join(",")}]`)).size).toBe(1);
  });

  it("shows little of what it could not read", () => {
    expect(() => decodeFrame(`["${"x".repeat(10_000)}`)).toThrow(/^.{0,300}$/);
  });
});

it("lets the data of every message nest to the same depth", () => {
  let data: unknown = 1;
  for (let level = 0; level < maxDepth; level++) data = [data];
  for (const message of [
    ["event", "a", data, "id"],
    ["answer", 1, data],
  ]) {
    expect(decodeFrame(encodeFrame([encode(message)]))).toEqual([message]);
  }
  expect(() => encode(["event", "a", [data], "id"])).toThrow(/deeper than 64/);
});
