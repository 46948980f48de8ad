import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Binary } from "./binary.js";
import { BinaryReader } from "./binary-reader.js";
import { decodeFrame, decodeMessage } from "./frames.js";
import type { WireMessage } from "./messages.js";
import { Outgoing, OutgoingEvent } from "./outgoing.js";
import { cutText, leastPartBytes, leastPartFrameBytes, type Parts, partFrameBytes } from "./parts.js";
import { PartsBuffer } from "./parts-buffer.js";
import { frameSize } from "./utf8.js";

const head = { name: "a", key: undefined, delivery: "live", overflow: "drop-oldest", time: 5 } as const;

/** What the parts are put together to, and the announcement before them. */
function together({ bytes, frames }: Parts, reader = new BinaryReader()) {
  const messages = frames.flatMap((frame) => decodeFrame(frame, reader)) as WireMessage[];
  const [announced, ...parts] = messages;
  const buffer = new PartsBuffer(bytes);
  for (const [type, data] of parts) {
    expect(type).toBe("part");
    expect(buffer.add(data as Uint8Array)).toBe(true);
  }
  return { announced, parts, message: decodeMessage(buffer.whole(), reader) };
}

describe("parts of text", () => {
  it("are the text again, whatever letters they are cut between, and no larger than they may be", () => {
    const units = fc.constantFrom("a", '"', "\\", "é", "€", "\ud83d\ude00", "\ud83d", "\u0000", "\u2028");
    fc.assert(
      fc.property(fc.array(units, { maxLength: 40 }), fc.integer({ min: 1, max: 999 }), (some, times) => {
        const data = some.join("").repeat(times);
        const text = JSON.stringify(["answer", 7, data]);
        const parts = cutText(text, ["answer", 7], leastPartFrameBytes);
        for (const frame of parts.frames) expect(frameSize(frame)).toBeLessThanOrEqual(leastPartFrameBytes);
        const { announced, message, parts: all } = together(parts);
        expect(announced).toEqual(["parts", parts.bytes, "answer", 7]);
        expect(message).toEqual(["answer", 7, data]);
        const sizes = all.slice(0, -1).map(([, part]) => frameSize(part as string));
        expect(Math.min(leastPartBytes, ...sizes)).toBe(leastPartBytes);
      }),
      { numRuns: 60 },
    );
  });
});

describe("parts of bytes", () => {
  it("are the event again, in few copies: large bytes are copied once, when they are cut", () => {
    const bytes = new Uint8Array(300_000).fill(1);
    const data = { before: "x".repeat(20), bytes, after: [new Uint8Array(100_000).fill(2), "é"] };
    const event = new OutgoingEvent({ ...head, prefix: "p", number: 9 }, data);
    const parts = event.parts(new Binary(), partFrameBytes);
    bytes.fill(3);
    event.seal();
    for (const frame of parts.frames) expect(frame.length).toBeLessThanOrEqual(partFrameBytes);
    const reader = new BinaryReader();
    reader.define(0, ["before", "bytes", "after"]);
    const { announced, message } = together(parts, reader);
    expect(announced).toEqual(["parts", parts.bytes, "event", "p.9", "a"]);
    expect(message).toEqual(["event", "a", { ...data, bytes: new Uint8Array(300_000).fill(1) }, "p.9", 5]);
  });

  it("are made once, however many get them", () => {
    const event = new OutgoingEvent({ ...head, prefix: "p", number: 9 }, new Uint8Array(300_000));
    const binary = new Binary();
    const parts = event.parts(binary, partFrameBytes);
    event.seal();
    expect(event.parts(binary, partFrameBytes)).toBe(parts);
    expect(event.parts(binary, leastPartFrameBytes + 1)).not.toBe(parts);
  });

  it("carry JSON text without writing it as a text once more", () => {
    const text = JSON.stringify(["answer", 7, '"'.repeat(100_000)]);
    const parts = new Outgoing(undefined, text, ["answer", 7]).parts(new Binary(), partFrameBytes);
    expect(parts.bytes).toBeLessThan(text.length + 10);
    expect(together(parts).message).toEqual(["answer", 7, '"'.repeat(100_000)]);
  });

  it("give out bytes that are most of a message as they came, and others as copies", () => {
    const whole = new Binary().pack(["answer", 7, new Uint8Array(9_000).fill(1)], "a").bytes;
    const [, , large] = decodeMessage(whole, new BinaryReader()) as unknown as [string, number, Uint8Array];
    expect(large.buffer).toBe(whole.buffer);
    expect(large).toEqual(new Uint8Array(9_000).fill(1));
    const many = new Binary().pack(["answer", 7, [1, 2, 3].map((value) => Uint8Array.of(value))], "a").bytes;
    const [, , small] = decodeMessage(many, new BinaryReader()) as unknown as [string, number, Uint8Array[]];
    expect(small[0]!.buffer.byteLength).toBe(1);
  });
});

it("a buffer of parts grows with what has come, and not to what was announced", () => {
  const buffer = new PartsBuffer(100_000_000);
  const allocated = Math.max(
    ...[1, 2, 3].map(() => {
      buffer.add(new Uint8Array(10_000));
      return (buffer.whole() as Uint8Array).length;
    }),
  );
  expect(allocated).toBeLessThanOrEqual(4 * 30_000);
});
