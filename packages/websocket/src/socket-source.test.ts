import type { CloseReason, Link } from "@eventwire/core";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BrowserSocket } from "../fixtures/browser-socket.js";
import { socketSource } from "./socket-source.js";

const page = new EventTarget();

beforeEach(() => {
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("removeEventListener", page.removeEventListener.bind(page));
});
afterEach(() => vi.unstubAllGlobals());

function startSource(url = "wss://air.example/eventwire") {
  const clock = new VirtualClock();
  // Each wait is as long as it may be.
  clock.random = () => 1;
  const sockets: BrowserSocket[] = [];
  class WebSocket extends BrowserSocket {
    constructor(url: string, protocol: string) {
      super(url, protocol);
      sockets.push(this);
    }
  }
  const links: Link[] = [];
  const failures: CloseReason[] = [];
  const source = socketSource(new URL(url), { runtime: clock, WebSocket });
  const stop = source.listen(
    (link) => links.push(link),
    (reason) => failures.push(reason),
  );
  return { clock, sockets, links, failures, stop };
}

const open = ({ sockets, links }: ReturnType<typeof startSource>): Link => {
  sockets.at(-1)!.tell("open");
  return links.at(-1)!;
};
const closedBy = (code: number, reason = "") => ({ code, reason });

describe("an attempt", () => {
  it("says in the opening what it is about, and takes bytes as bytes", () => {
    const { sockets } = startSource();
    expect(sockets[0]).toMatchObject({
      url: "wss://air.example/eventwire",
      protocol: "eventwire",
      binaryType: "arraybuffer",
    });
  });

  it("that fails tells what the platform tells, and is followed by another", async () => {
    const { clock, sockets, failures } = startSource();
    sockets[0]!.tell("error", { message: "Unexpected server response: 503" });
    sockets[0]!.tell("close", closedBy(1006));
    expect(failures).toEqual([
      {
        code: "ConnectFailed",
        message: "The server could not be reached: Unexpected server response: 503.",
        retryable: true,
      },
    ]);
    await clock.advance(1_000);
    sockets[1]!.tell("error");
    sockets[1]!.tell("close", closedBy(1006));
    expect(failures[1]!.message).toBe("The server could not be reached.");
  });

  it("is given up when nobody answers in time, and what comes of it later is not heard", async () => {
    const { clock, sockets, links, failures } = startSource();
    await clock.advance(10_000);
    expect(failures).toMatchObject([
      { message: "The server could not be reached: no answer in 10000 ms.", retryable: true },
    ]);
    expect(sockets[0]!.closedWith).toEqual([]);
    sockets[0]!.tell("open");
    sockets[0]!.tell("close", closedBy(1006));
    expect(links).toEqual([]);
    expect(failures).toHaveLength(1);
  });

  it("that the platform forbids is the last", async () => {
    const failures: CloseReason[] = [];
    class Forbidden extends BrowserSocket {
      constructor() {
        super("", "");
        throw new DOMException("The policy of this page forbids it", "SecurityError");
      }
    }
    const clock = new VirtualClock();
    const source = socketSource(new URL("ws://a.example"), { runtime: clock, WebSocket: Forbidden });
    source.listen(
      () => undefined,
      (reason) => failures.push(reason),
    );
    expect(failures).toEqual([
      {
        code: "ConnectFailed",
        message: "The server could not be reached: The policy of this page forbids it.",
        retryable: false,
      },
    ]);
    await clock.advance(600_000);
    expect(failures).toHaveLength(1);
  });

  it("under way when the source ends is given up", () => {
    const { clock, sockets, links, stop } = startSource();
    stop();
    expect(sockets[0]!.closedWith).toEqual([]);
    sockets[0]!.tell("open");
    expect(links).toEqual([]);
    expect(clock.timers).toBe(0);
  });
});

describe("a page's network", () => {
  it("that is back hurries the attempt that is waited for", async () => {
    const { clock, sockets } = startSource();
    sockets[0]!.tell("close", closedBy(1006));
    expect(sockets).toHaveLength(1);
    page.dispatchEvent(new Event("online"));
    expect(sockets).toHaveLength(2);
    page.dispatchEvent(new Event("online"));
    await clock.settle();
    expect(sockets).toHaveLength(2);
  });

  it("that is gone ends the link, which nobody would notice for long, and another is tried", async () => {
    const started = startSource();
    const closed = vi.fn();
    open(started).open({ frame: vi.fn(), drain: vi.fn(), closed });
    page.dispatchEvent(new Event("offline"));
    expect(closed).toHaveBeenCalledWith({ code: "Lost", message: "There is no network.", retryable: true });
    expect(started.sockets[0]!.closedWith?.[0]).toBe(4000);
    page.dispatchEvent(new Event("online"));
    expect(started.sockets).toHaveLength(2);
  });

  it("is not needed to reach this machine", () => {
    const started = startSource("ws://localhost:3000/eventwire");
    const closed = vi.fn();
    open(started).open({ frame: vi.fn(), drain: vi.fn(), closed });
    page.dispatchEvent(new Event("offline"));
    expect(closed).not.toHaveBeenCalled();
  });

  it("is not watched once the source has ended", () => {
    const started = startSource();
    const closed = vi.fn();
    open(started).open({ frame: vi.fn(), drain: vi.fn(), closed });
    started.stop();
    page.dispatchEvent(new Event("offline"));
    expect(closed).not.toHaveBeenCalled();
  });
});
