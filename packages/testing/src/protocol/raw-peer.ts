import type { Frame } from "@eventwire/core";
import { expect } from "vitest";
import type { FrameLink, FrameReceiver } from "./harness.js";
import { frameOf, type Packed } from "./packing.js";
import { Unpacking } from "./unpacking.js";

/** A message as text has it: what JSON lacks is tagged. */
export type RawMessage = readonly unknown[];

/** Waits until `check` does not throw, and gives its result. */
export type Eventually = <T>(check: () => T) => Promise<T>;

const utf8 = new TextEncoder();

/** One end of a link that speaks frames by hand, and what it was sent. Nothing of it is shared with the code under test. */
export class RawPeer implements FrameReceiver {
  /** As they came. */
  readonly frames: Frame[] = [];
  /** Each event of a run by itself. Signs of life are in {@link pings}. */
  readonly messages: RawMessage[] = [];
  /** The numbers that it was asked to repeat, `undefined` where there was none. */
  readonly pings: unknown[] = [];
  /** Whether it says nothing when it is asked for a sign of life. */
  silent = false;
  closed = false;
  readonly #eventually: Eventually;
  readonly #unpacking = new Unpacking();
  #link: FrameLink | undefined;
  #read = 0;
  #fences = 0;
  #passed = 0;

  /** Why a frame could not be read, which fails whatever is waited for. */
  #unreadable: unknown;

  constructor(eventually: Eventually) {
    this.#eventually = (check) =>
      eventually(() => {
        if (this.#unreadable) throw this.#unreadable;
        return check();
      });
  }

  over(link: FrameLink): this {
    this.#link = link;
    return this;
  }

  /** What it was sent in bytes, as long as it is open. */
  get bytes(): number {
    return this.frames.reduce((sum, frame) => sum + sizeOf(frame), 0);
  }

  frame(frame: Frame): void {
    this.frames.push(frame);
    try {
      for (const message of this.#unpacking.read(frame)) this.#take(message as RawMessage);
    } catch (error) {
      this.#unreadable ??= error;
    }
  }

  ended(): void {
    this.closed = true;
  }

  /** Sends a frame of text that holds these messages. */
  say(...messages: readonly RawMessage[]): void {
    this.sayRaw(JSON.stringify(messages));
  }

  /** Sends a frame of bytes that holds these messages. */
  pack(...messages: readonly Packed[]): void {
    this.sayRaw(frameOf(...messages));
  }

  sayRaw(frame: Frame): void {
    this.#link!.send(frame);
  }

  /** Ends the link without a word. */
  cut(): void {
    this.#link!.close();
  }

  /** What has come and was not looked at. */
  unread(): readonly RawMessage[] {
    return this.messages.slice(this.#read);
  }

  /** Waits for these messages, and no others before the last of them. */
  async tells(...expected: readonly RawMessage[]): Promise<void> {
    await this.#eventually(() => {
      if (this.messages.length - this.#read < expected.length) expect(this.unread()).toEqual(expected);
    });
    const next = this.messages.slice(this.#read, this.#read + expected.length);
    this.#read += expected.length;
    expect(next).toEqual(expected);
  }

  /** Waits for the next message, and gives it. */
  async next(): Promise<RawMessage> {
    await this.#eventually(() => expect(this.unread(), "what comes next").not.toEqual([]));
    return this.messages[this.#read++]!;
  }

  /** Waits for so many messages, and gives them. */
  async nextOf(count: number): Promise<readonly RawMessage[]> {
    await this.#eventually(() =>
      expect(this.unread().length, "messages that come").toBeGreaterThanOrEqual(count),
    );
    this.#read += count;
    return this.messages.slice(this.#read - count, this.#read);
  }

  /** Waits until what was said before is decided: nothing more has come than was looked at. */
  async tellsNothing(): Promise<void> {
    await this.fence();
    expect(this.unread()).toEqual([]);
  }

  /** Waits until what was said before is decided, and gives what came. */
  async hears(): Promise<readonly RawMessage[]> {
    await this.fence();
    const heard = this.unread();
    this.#read = this.messages.length;
    return heard;
  }

  /** Waits until the other side has taken what was said before. */
  async fence(): Promise<void> {
    const number = 1_000_000 + ++this.#fences;
    this.say(["ping", number]);
    await this.#eventually(() => expect(this.#passed, "the last pong").toBe(number));
  }

  /** Waits until the link has ended, and gives the reason of the goodbye before. */
  async leaves(): Promise<unknown> {
    await this.#eventually(() => expect(this.closed, "the link has ended").toBe(true));
    const [type, reason] = this.messages.at(-1) ?? [];
    this.#read = this.messages.length;
    return type === "goodbye" ? reason : undefined;
  }

  #take(message: RawMessage): void {
    const [type, number] = message;
    if (type === "ping") {
      this.pings.push(number);
      if (!this.silent) this.say(number === undefined ? ["pong"] : ["pong", number]);
    } else if (type === "pong" && number === 1_000_000 + this.#fences) this.#passed = number as number;
    else if (type === "events") this.messages.push(...eventsOf(message));
    else this.messages.push(message);
  }
}

export function sizeOf(frame: Frame): number {
  return typeof frame === "string" ? utf8.encode(frame).length : frame.length;
}

/** The events of a run, each as a message of its own. */
function eventsOf([, name, prefix, time, ...rest]: RawMessage): readonly RawMessage[] {
  const events: RawMessage[] = [];
  for (let index = 0, number = 0; index < rest.length; index += 2) {
    number += rest[index] as number;
    const id = `${prefix}.${number.toString(36)}`;
    events.push(
      time === null ? ["event", name, rest[index + 1], id] : ["event", name, rest[index + 1], id, time],
    );
  }
  return events;
}
