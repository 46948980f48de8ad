import type { Frame, Link, LinkReceiver } from "@eventwire/core";

/** The server's end of a link to a peer that listens to some keys, and does nothing but count what it gets. */
export class CountingLink implements Link {
  readonly facts = { transport: "counting", maxFrameBytes: 1_000_000, reliable: true };
  readonly bufferedBytes = 0;
  /** How many frames with events have come. */
  arrived = 0;
  /** Told of each of them. */
  taken: (() => void) | undefined;
  #receiver: LinkReceiver | undefined;

  open(receiver: LinkReceiver): void {
    this.#receiver = receiver;
  }

  /** Says something to the server. */
  say(...messages: readonly unknown[]): void {
    this.#receiver?.frame(JSON.stringify(messages));
  }

  send(frame: Frame): boolean {
    const text = String(frame);
    if (text.startsWith('[["event"')) {
      this.arrived += 1;
      this.taken?.();
    } else if (text.startsWith('[["ping",')) {
      const [[, sent]] = JSON.parse(text) as [[string, number]];
      queueMicrotask(() => this.say(["pong", sent]));
    }
    return true;
  }

  close(): void {
    throw new Error("The server closed a link.");
  }
}
