import type { CloseReason, Frame, Link, LinkReceiver } from "@eventwire/core";
import type { Bug } from "../bugs.js";

/** Mistakes that are planted into what crosses links: those of who speaks there, as they show on the link. */
export const linkBugs = [
  /** A client that comes back asks from one event further than it has come to. */
  "asks-one-further",
  /** A server says that it begins one event further than it was asked to. */
  "begins-one-further",
  /** A server says that an event is in the log before the log has it. */
  "appended-before-log",
  /** A client says that an event of a group is done before it is. */
  "done-before-work",
  /** A server takes who comes for who came before. */
  "session-of-another",
  /** What a rule said once goes on to be what it says. */
  "revocation-missed",
] as const;

export type LinkBug = (typeof linkBugs)[number];

type Rewrite = (frame: string, answer: (frame: string) => void) => string;

const asksOneFurther: Rewrite = (frame) =>
  frame.replace(
    /\["follow",(\d+),(\[[^\]]*\]),"([^".]+)\.(\d+)"/g,
    (_, ref, names, epoch, number: string) => `["follow",${ref},${names},"${epoch}.${Number(number) + 1}"`,
  );

const beginsOneFurther: Rewrite = (frame) =>
  frame.replace(
    /\["following",(\d+),"([^".]+)\.(\d+)"/g,
    (_, ref, epoch, number: string) => `["following",${ref},"${epoch}.${Number(number) + 1}"`,
  );

const appendedBeforeLog: Rewrite = (frame, answer) => {
  for (const [, ref, sequence] of frame.matchAll(/\["append",(\d+),(\d+),/g)) {
    answer(`[["appended",${ref},${sequence},null,false]]`);
  }
  return frame;
};

const doneBeforeWork: Rewrite = (frame, answer) => {
  for (const [, ref, delivery] of frame.matchAll(/\["given",(\d+),(\d+),/g)) {
    answer(`[["done",${ref},${delivery}]]`);
  }
  return frame;
};

/** What of a bug stands where. */
const rewrites = [
  { bug: "asks-one-further", side: "client", way: "out", rewrite: asksOneFurther },
  { bug: "begins-one-further", side: "server", way: "out", rewrite: beginsOneFurther },
  { bug: "appended-before-log", side: "server", way: "in", rewrite: appendedBeforeLog },
  { bug: "done-before-work", side: "client", way: "in", rewrite: doneBeforeWork },
] as const;

/** The same link, or one whose end makes the mistakes that are planted there. */
export function brokenLink(link: Link, side: "client" | "server", bugs: ReadonlySet<Bug>): Link {
  for (const { bug, side: where, way, rewrite } of rewrites) {
    if (where === side && bugs.has(bug)) return new BrokenLink(link, way, rewrite);
  }
  return link;
}

class BrokenLink implements Link {
  readonly #link: Link;
  readonly #way: "in" | "out";
  readonly #rewrite: Rewrite;

  constructor(link: Link, way: "in" | "out", rewrite: Rewrite) {
    this.#link = link;
    this.#way = way;
    this.#rewrite = rewrite;
  }

  get facts() {
    return this.#link.facts;
  }

  get bufferedBytes() {
    return this.#link.bufferedBytes;
  }

  open(receiver: LinkReceiver): void {
    if (this.#way === "out") {
      this.#link.open(receiver);
      return;
    }
    this.#link.open({
      frame: (frame) => receiver.frame(this.#pass(frame)),
      drain: () => receiver.drain(),
      closed: (reason) => receiver.closed(reason),
    });
  }

  send(frame: Frame): boolean {
    return this.#link.send(this.#way === "out" ? this.#pass(frame) : frame);
  }

  close(reason: CloseReason): void {
    this.#link.close(reason);
  }

  #pass(frame: Frame): Frame {
    if (typeof frame !== "string") return frame;
    return this.#rewrite(frame, (answer) => void this.#link.send(answer));
  }
}
