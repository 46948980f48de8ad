import type { CloseReason } from "@eventwire/core";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { LinkEnd } from "@eventwire/wire";
import { describe, expect, it, vi } from "vitest";
import { BrowserSocket } from "../fixtures/browser-socket.js";
import { socketLink } from "./socket-link.js";

const left: CloseReason = { code: "Left", message: "I leave.", retryable: false };

function startLink(socket = new BrowserSocket("ws://a.example", "eventwire")) {
  const clock = new VirtualClock();
  const link = socketLink(socket, clock, (carrier) => new LinkEnd(carrier));
  const frames: unknown[] = [];
  const drain = vi.fn();
  const closed = vi.fn();
  link.open({ frame: (frame) => frames.push(frame), drain, closed });
  return { clock, socket, link, frames, drain, closed };
}

describe("in a browser", () => {
  it("asks how much still waits until it is little, then tells to go on, and stops asking", async () => {
    const { clock, socket, link, drain } = startLink();
    expect(link.send("x".repeat(65_535))).toBe(true);
    expect(clock.timers).toBe(0);
    expect(link.send("x")).toBe(false);
    expect(link.bufferedBytes).toBe(65_536);
    await clock.advance(1_000);
    expect(drain).not.toHaveBeenCalled();
    expect(clock.timers).toBe(1);
    socket.bufferedAmount = 0;
    await clock.advance(10);
    expect(drain).toHaveBeenCalledTimes(1);
    expect(clock.timers).toBe(0);
  });

  it("asks no more once it has ended", async () => {
    const { clock, socket, link } = startLink();
    link.send("x".repeat(70_000));
    socket.tell("close", { code: 1006, reason: "" });
    expect(clock.timers).toBe(0);
  });

  it("gives bytes as bytes, and anything else as a frame that cannot be read", () => {
    const { socket, frames } = startLink();
    for (const data of ["text", new Uint8Array([1, 2]).buffer, 7, null]) socket.tell("message", { data });
    expect(frames).toEqual(["text", new Uint8Array([1, 2]), "", ""]);
  });

  it("closes with what a page may say, and hears no more", () => {
    const { socket, link, closed, frames, clock } = startLink();
    link.close(left);
    expect(socket.closedWith).toEqual([1000, "Left: I leave."]);
    socket.tell("message", { data: "late" });
    socket.tell("close", { code: 1000, reason: "" });
    expect(closed.mock.calls).toEqual([[left]]);
    expect(frames).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  it("learns from the close frame why the other side ended it", () => {
    const { socket, closed } = startLink();
    socket.tell("close", { code: 1008, reason: "Denied: Not you." });
    expect(closed).toHaveBeenCalledWith({ code: "Denied", message: "Not you.", retryable: false });
    expect(socket.closedWith).toBeUndefined();
  });
});

/** As ws: it has `terminate`, and calls back. */
class NodeSocket extends BrowserSocket {
  readonly terminate = vi.fn();
  readonly callbacks: (() => void)[] = [];

  override send(frame: string | Uint8Array, sent?: () => void): void {
    super.send(frame);
    // The operating system takes it at once.
    this.bufferedAmount = 0;
    if (sent) this.callbacks.push(sent);
  }
}

describe("with ws", () => {
  it("counts what it has not called back for", () => {
    const socket = new NodeSocket("ws://a.example", "eventwire");
    const { link, drain, clock } = startLink(socket);
    link.send("first");
    socket.callbacks.shift()!();
    expect(link.send("\u20ac".repeat(22_000))).toBe(false);
    expect(link.bufferedBytes).toBe(66_000);
    socket.callbacks.shift()!();
    expect(link.bufferedBytes).toBe(0);
    expect(drain).toHaveBeenCalledTimes(1);
    expect(clock.timers).toBe(0);
  });

  it("ends a connection whose other side does not answer the close frame", async () => {
    const socket = new NodeSocket("ws://a.example", "eventwire");
    const { link, clock } = startLink(socket);
    link.close(left);
    await clock.advance(1_999);
    expect(socket.terminate).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(socket.terminate).toHaveBeenCalledTimes(1);
  });

  it("ends at once where it refuses a frame, and says why", () => {
    const socket = new NodeSocket("ws://a.example", "eventwire");
    const { closed } = startLink(socket);
    socket.tell("error", { message: "Max payload size exceeded" });
    expect(socket.terminate).toHaveBeenCalledTimes(1);
    expect(closed.mock.calls).toEqual([
      [{ code: "Lost", message: "The connection failed: Max payload size exceeded.", retryable: true }],
    ]);
  });

  it("leaves no timer when it is answered", () => {
    const socket = new NodeSocket("ws://a.example", "eventwire");
    const { link, clock } = startLink(socket);
    link.close(left);
    socket.tell("close", { code: 1000, reason: "" });
    expect(clock.timers).toBe(0);
  });
});
