import type { CloseReason } from "@eventwire/core";
import { describe, expect, it } from "vitest";
import { LinkEnd } from "./link-end.js";

const lost: CloseReason = { code: "Lost", message: "It is gone.", retryable: true };
const left: CloseReason = { code: "Left", message: "I leave.", retryable: false };

/** A link whose transport is the test, and all that its receiver and its transport were told. */
function startLink() {
  const told: unknown[] = [];
  const transport = { waiting: 0 };
  const link = new LinkEnd(
    {
      facts: { transport: "test", maxFrameBytes: 1_000, reliable: true },
      get bufferedBytes() {
        return transport.waiting;
      },
      write(frame) {
        transport.waiting += frame.length;
        told.push(["write", frame]);
      },
      ended: ({ code }, here) => told.push(["ended", code, here]),
    },
    ({ code }) => told.push(["end", code]),
  );
  const open = () =>
    link.open({
      frame: (frame) => told.push(["frame", frame]),
      drain: () => told.push(["drain"]),
      closed: ({ code }) => told.push(["closed", code]),
    });
  return { link, transport, told, open };
}

describe("what comes", () => {
  it("before it is opened waits for that, in order", () => {
    const { link, told, open } = startLink();
    link.receive("a");
    link.receive(new Uint8Array([1]));
    expect(told).toEqual([]);
    open();
    link.receive("b");
    expect(told).toEqual([
      ["frame", "a"],
      ["frame", new Uint8Array([1])],
      ["frame", "b"],
    ]);
  });

  it("may be bytes as browsers give them", () => {
    const { link, told, open } = startLink();
    open();
    link.receive(Uint8Array.of(1, 2).buffer);
    expect(told).toEqual([["frame", Uint8Array.of(1, 2)]]);
  });

  it("is a frame that cannot be read where it is neither text nor bytes", () => {
    const { link, told, open } = startLink();
    open();
    for (const odd of [7, null, undefined, {}, ["a"]]) link.receive(odd);
    expect(told).toEqual(Array.from({ length: 5 }, () => ["frame", ""]));
  });

  it("is not heard after the end", () => {
    const { link, told, open } = startLink();
    open();
    link.end(lost);
    link.receive("late");
    expect(told.filter((one) => (one as unknown[])[0] === "frame")).toEqual([]);
  });

  it("before a transport ended unopened is heard, and then the end", () => {
    const { link, told, open } = startLink();
    link.receive("last words");
    link.end(lost);
    open();
    expect(told).toEqual([
      ["ended", "Lost", false],
      ["end", "Lost"],
      ["frame", "last words"],
      ["closed", "Lost"],
    ]);
  });

  it("is not heard further by who closes while hearing what waited", () => {
    const { link, told } = startLink();
    link.receive("goodbye");
    link.receive("more");
    link.open({
      frame: (frame) => {
        told.push(frame);
        link.close(left);
      },
      drain: () => undefined,
      closed: () => told.push("closed"),
    });
    expect(told).toEqual(["goodbye", "closed", ["ended", "Left", true], ["end", "Left"]]);
  });
});

describe("the end", () => {
  it("is told once, and whether this side chose it", () => {
    for (const [act, code, here] of [
      ["close", "Left", true],
      ["end", "Lost", false],
    ] as const) {
      const { link, told, open } = startLink();
      open();
      link[act](here ? left : lost);
      link.end(lost);
      link.close(left);
      expect(told).toEqual([
        ["closed", code],
        ["ended", code, here],
        ["end", code],
      ]);
    }
  });

  it("drops what is sent after, and asks nobody to wait", () => {
    const { link, transport, told, open } = startLink();
    open();
    link.end(lost);
    transport.waiting = 1_000_000;
    expect(link.send("a")).toBe(true);
    expect(link.bufferedBytes).toBe(0);
    link.drained();
    expect(told).toHaveLength(3);
  });
});

describe("a sender", () => {
  it("waits from 64 kB on until half of that is left, and is told once", () => {
    const { link, transport, told, open } = startLink();
    open();
    expect(link.send("x".repeat(65_535))).toBe(true);
    link.drained();
    expect(link.send("x")).toBe(false);
    transport.waiting = 32_769;
    link.drained();
    expect(told.slice(2)).toEqual([]);
    transport.waiting = 32_768;
    link.drained();
    link.drained();
    expect(told.slice(2)).toEqual([["drain"]]);
  });

  it("that was asked to wait and sends is still told when to go on", () => {
    const { link, transport, told, open } = startLink();
    open();
    link.send("x".repeat(70_000));
    transport.waiting = 40_000;
    expect(link.send("y")).toBe(false);
    transport.waiting = 0;
    link.drained();
    expect(told.at(-1)).toEqual(["drain"]);
  });
});

describe("a receiver that throws", () => {
  const broken = () => {
    throw new Error("the receiver is broken");
  };

  it("at a frame ends the link with what it threw, and gets no more", () => {
    const { link } = startLink();
    const reasons: CloseReason[] = [];
    link.receive("early");
    link.receive("more");
    link.open({ frame: broken, drain: broken, closed: (reason) => reasons.push(reason) });
    expect(reasons).toMatchObject([
      { code: "Internal", message: expect.stringContaining("the receiver is broken"), retryable: true },
    ]);
  });

  it("at a drain does, too", () => {
    const { link, transport } = startLink();
    const reasons: CloseReason[] = [];
    link.open({ frame: broken, drain: broken, closed: (reason) => reasons.push(reason) });
    link.send("x".repeat(70_000));
    transport.waiting = 0;
    link.drained();
    expect(reasons).toMatchObject([{ code: "Internal" }]);
  });
});
