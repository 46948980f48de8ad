import type { CloseReason, Frame, Link, LinkReceiver } from "@eventwire/core";

export type { Frame };

/** What a case does inside the calls of a link. */
export interface LinkEndHooks {
  frame?: (frame: Frame) => void;
  drain?: () => void;
  closed?: (reason: CloseReason) => void;
}

/** One end of a link, and what it was told, in order. */
export class LinkEnd {
  readonly link: Link;
  /** The server's first frame, which tells whose link it is. */
  greeting: Frame | undefined;
  /** Copies, as they were on arrival. */
  readonly frames: Frame[] = [];
  /** The very objects that came. */
  readonly kept: Frame[] = [];
  readonly reasons: CloseReason[] = [];
  drains = 0;
  /** What was called after `closed`, by name; always empty. */
  readonly late: string[] = [];
  readonly hooks: LinkEndHooks = {};
  #awaitsGreeting: boolean;
  #opened = false;

  constructor(link: Link, { greeted }: { readonly greeted: boolean }) {
    this.link = link;
    this.#awaitsGreeting = greeted;
  }

  get closed(): boolean {
    return this.reasons.length > 0;
  }

  get opened(): boolean {
    return this.#opened;
  }

  open(): void {
    this.#opened = true;
    const receiver: LinkReceiver = {
      frame: (came) => {
        this.#note("frame");
        const frame = typeof came === "object" && "parsed" in came ? JSON.stringify(came.parsed) : came;
        if (this.#awaitsGreeting) {
          this.#awaitsGreeting = false;
          this.greeting = frame;
          return;
        }
        this.frames.push(copyOf(frame));
        this.kept.push(frame);
        this.hooks.frame?.(frame);
      },
      drain: () => {
        this.#note("drain");
        this.drains += 1;
        this.hooks.drain?.();
      },
      closed: (reason) => {
        this.#note("closed");
        this.reasons.push(reason);
        this.hooks.closed?.(reason);
      },
    };
    this.link.open(receiver);
  }

  /** Sends all of them, whatever `send` says. */
  send(...frames: readonly Frame[]): void {
    for (const frame of frames) this.link.send(frame);
  }

  #note(call: string): void {
    if (this.closed) this.late.push(call);
  }
}

/** As plain bytes, whichever kind of Uint8Array they are. */
export function copyOf(frame: Frame): Frame {
  return frame instanceof Uint8Array ? Uint8Array.from(frame) : frame;
}
