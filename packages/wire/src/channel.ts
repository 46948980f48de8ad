import {
  type CloseReason,
  type Frame,
  InvalidError,
  type Link,
  OverflowError,
  type Runtime,
} from "@eventwire/core";
import { Assembly, type AssemblyReceiver } from "./assembly.js";
import { Batch } from "./batch.js";
import type { Binary } from "./binary.js";
import type { BinaryReader } from "./binary-reader.js";
import type { Counting } from "./counters.js";
import { Credit } from "./credit.js";
import { Flushes } from "./flushes.js";
import { decodeFrame, encodeMessage } from "./frames.js";
import { Heartbeat } from "./heartbeat.js";
import { isInParts, maxMessages, type Ping, type WireMessage } from "./messages.js";
import { Outgoing, smallFrame } from "./outgoing.js";
import type { PackedFrame } from "./packed-frame.js";
import { PartPace } from "./part-pace.js";
import { leastPartFrameBytes, partFrameBytes } from "./parts.js";
import { Patience } from "./patience.js";
import { SendQueue } from "./send-queue.js";
import { type Beginning, orderOf } from "./subject.js";
import { textFrame } from "./text-frame.js";
import { frameSize } from "./utf8.js";

/** How long the other side has to answer where it may be gone, in milliseconds. */
const doubtPatience = 3_000;

export interface ChannelReceiver {
  /** @param bytes its share of the frame that it came in. */
  message(message: WireMessage, bytes: number): void;
  /** A frame, or a message in one, that cannot be read. */
  malformed(error: InvalidError | OverflowError): void;
  closed(reason: CloseReason): void;
  /** An error that belongs to nobody at the other end. */
  failed(error: unknown): void;
}

export interface ChannelLimits {
  /** The largest frame that is taken, until {@link Channel.settle}. */
  readonly frameBytes: number;
  /** What may wait to be sent. */
  readonly bufferedBytes: number;
  /** Past that: a server gives up events, or the connection of the peer; a client refuses what is more. */
  readonly whenFull: "drop" | "refuse";
}

/** When what a turn brings of requests and answers weighs so much it leaves at once: the other side begins while this one goes on. */
const enough = 16_384;
/** Frames that leave within so many milliseconds of each other follow closely. */
const closely = 1;
/** From so many on that follow closely, what comes may gather. */
const manyFrames = 4;

/** What the channels of one hub have in common. Default: there are no others. */
export interface SharedChannels {
  /** Where the batches of all begin that may share frames. */
  readonly start?: Batch;
  readonly flushes?: Flushes;
}

/**
 * Messages over a link: all of a turn in one frame while the link takes them, and of several turns that follow each other closely; in a
 * queue while it does not. Used alike by both sides.
 */
export class Channel {
  readonly link: Link;
  readonly #runtime: Runtime;
  readonly #receiver: ChannelReceiver;
  readonly #counters: readonly Counting[];
  readonly #limits: ChannelLimits;
  #start: Batch;
  readonly #flushes: Flushes;
  /** The largest frame that the other side takes. */
  maxFrameBytes: number;
  /** The nonce of a hello that is not answered yet: a goodbye repeats it. */
  hailed: string | undefined;
  /** Reads MessagePack, where that was agreed. */
  reader: BinaryReader | undefined;
  #frameBytes: number;
  #binary: Binary | undefined;
  /** What this turn brings, where it is for this peer alone and of bytes. */
  #frame: PackedFrame | undefined;
  #heartbeat: Heartbeat | undefined;
  #credit: Credit | undefined;
  /** What comes in parts, and how fast parts are sent, where both sides speak them. */
  #assembly: Assembly | undefined;
  #pace: PartPace | undefined;
  /** The largest message that the other side takes. */
  #maxMessageBytes = 0;
  /** What this turn brings. */
  #batch: Batch;
  readonly #waiting: SendQueue;
  /** How many shapes the other side has been told of. */
  #toldShapes = 0;
  /** Whether the last turn brought more than a small frame: the next one then probably does too. */
  #bursts = false;
  /** How many frames have left in close succession while nothing came, so that nobody waits for an answer. */
  #streak = 0;
  #lastSent = Number.NEGATIVE_INFINITY;
  #scheduled = false;
  #full = false;
  #duePong: Ping | undefined;
  readonly #patience: Patience;
  #closed = false;
  #cancelDoubt: (() => void) | undefined;

  constructor(
    link: Link,
    runtime: Runtime,
    counters: readonly Counting[],
    limits: ChannelLimits,
    receiver: ChannelReceiver,
    { start = new Batch(), flushes = new Flushes(runtime) }: SharedChannels = {},
  ) {
    this.link = link;
    this.#runtime = runtime;
    this.#counters = counters;
    this.#limits = limits;
    this.#receiver = receiver;
    this.#start = start;
    this.#batch = start;
    this.#flushes = flushes;
    this.#waiting = new SendQueue(limits.whenFull === "refuse");
    this.maxFrameBytes = link.facts.maxFrameBytes;
    this.#frameBytes = limits.frameBytes;
    const taken = () => (this.#credit?.moved ?? 0) - link.bufferedBytes;
    this.#patience = new Patience(runtime, taken, (message) => this.#giveUp(message));
  }

  open(): void {
    this.link.open({
      frame: (frame) => {
        this.#heartbeat?.heard();
        this.#believe();
        this.#streak = 0;
        this.#lastSent = Number.NEGATIVE_INFINITY;
        if (!this.#closed) this.#guard(() => this.#receive(frame));
      },
      drain: () => {
        // Who takes what was sent is there, though an answer may be stuck behind it.
        this.#heartbeat?.heard();
        this.#full = false;
        if (this.#duePong && !this.#closed) this.#schedule();
        this.#goOn();
      },
      doubt: () => this.#doubt(),
      closed: (reason) => {
        this.#believe();
        this.#end();
        this.#guard(() => this.#receiver.closed(reason));
      },
    });
  }

  /**
   * The two sides know each other: takes frames up to `frameBytes`, bounds what is on its way, and where the link itself does not
   * notice that the other end is gone, watches for it.
   *
   * @param heartbeat how long the other side may be silent before it is asked for a sign of life, in milliseconds.
   */
  settle(frameBytes: number, heartbeat: number): void {
    this.#frameBytes = frameBytes;
    if (this.#closed) return;
    this.#credit = new Credit();
    if (!this.link.facts.halfOpen || heartbeat === Infinity) return;
    this.#heartbeat = new Heartbeat(this.#runtime, heartbeat, {
      ask: () => this.send(["ping"]),
      silent: () => {
        const message = `The other side gave no sign of life for ${2 * heartbeat} ms.`;
        this.link.close({ code: "Lost", message, retryable: true });
      },
    });
  }

  /**
   * The other side reads MessagePack.
   *
   * @param start where the batches of all channels begin that may share such frames. Default: there are no others.
   */
  pack(binary: Binary, start?: Batch): void {
    this.#binary = binary;
    if (!start) this.#frame = binary.open();
    else {
      this.#start = start;
      if (this.#batch.count === 0) this.#batch = start;
    }
  }

  /**
   * Both sides speak parts, from when they know each other on. Where frames are too small for them, none are sent.
   *
   * @param theirs the largest message that the other side takes, in bytes.
   * @param ours the largest one that is taken.
   */
  speakParts(theirs: number, ours: number, receiver: AssemblyReceiver): void {
    if (this.#closed) return;
    this.#assembly = new Assembly(this.#runtime, ours, () => this.reader, receiver);
    if (this.maxFrameBytes < leastPartFrameBytes) return;
    this.#maxMessageBytes = theirs;
    this.#pace = new PartPace();
  }

  /** Answers a ping, by one answer for all of a turn: it says that what came before the last one has been taken. */
  answer(ping: Ping): void {
    if (ping[1] !== undefined || !this.#duePong) this.#duePong = ping;
    if (!this.#scheduled) this.#schedule();
  }

  /** Asks for a sign of life at once, and does not wait for it as long as at other times. */
  #doubt(): void {
    if (this.#closed || !this.#credit || this.#cancelDoubt) return;
    this.send(["ping"]);
    this.#cancelDoubt = this.#runtime.timer(() => {
      const message = `The other side gave no sign of life for ${doubtPatience} ms after a sleep.`;
      this.link.close({ code: "Lost", message, retryable: true });
    }, doubtPatience);
  }

  #believe(): void {
    this.#cancelDoubt?.();
    this.#cancelDoubt = undefined;
  }

  /** Of the protocol's own, which is small and never refused for what waits. */
  send(message: WireMessage): void {
    this.#put(new Outgoing(undefined, encodeMessage(message), message), false);
  }

  /**
   * @param beginning its type, and its number.
   * @throws {OverflowError} when the message alone is more than the other side takes, or where that refuses, too much waits.
   */
  sendEncoded(text: string, beginning: Beginning): void {
    this.#send(new Outgoing(undefined, text, beginning));
  }

  /**
   * Sends a message that carries data, in the form that suits what else is sent in this turn.
   *
   * @throws {InvalidError} when it cannot be encoded.
   * @throws {OverflowError} as {@link sendEncoded} does.
   */
  sendData(message: WireMessage, name: string): void {
    if (this.#closed) return;
    const [type, ref] = message;
    this.#send(
      this.#binary && this.#packs
        ? Outgoing.packed(this.#binary, message, name, [type, ref])
        : new Outgoing(undefined, encodeMessage(message, name), [type, ref]),
    );
  }

  /** Of requests and answers. */
  #send(message: Outgoing): void {
    this.#put(message, this.#limits.whenFull === "refuse");
    if (this.#batch.size > enough && this.#open) this.#guard(() => this.#flushTurn());
  }

  /** Whether what comes is better packed, whatever it is. */
  get #packs(): boolean {
    return this.#bursts || this.#batch.size > smallFrame;
  }

  /** Stops sending a message that nobody wants any more. @returns whether it had not been sent to its end. */
  withdraw(beginning: Beginning): boolean {
    const withdrawn = this.#waiting.withdraw(orderOf(beginning)!);
    if (withdrawn === "begun") this.#sendFrame('[["abort"]]');
    if (withdrawn !== "nothing") this.#schedule();
    return withdrawn !== "nothing";
  }

  /**
   * Sends an event, in the form that suits what else is sent in this turn. To be called while it is emitted.
   *
   * @throws {InvalidError} when it cannot be encoded.
   * @throws {OverflowError} as {@link sendEncoded} does.
   */
  sendEvent(event: Outgoing): void {
    if (this.#closed) return;
    const packs = this.#binary && (this.#packs || event.large);
    const refusing = this.#limits.whenFull === "refuse";
    if (packs && this.#pace && this.#partFrameBytes === partFrameBytes && event.huge) {
      event.parts(this.#binary, partFrameBytes);
      // It may take less than it weighs, and is then sent whole: that has to be made while its data is there.
      if (event.bytes + 2 <= this.#wholeBytes) event.encode(this.#binary);
    } else if (packs && this.#frame?.writing === false && this.#open && !this.#waiting.holds(event)) {
      if (refusing) this.#checkRoom(0);
      this.#write(event);
      return;
    } else event.encode(packs ? this.#binary : undefined);
    this.#put(event, refusing);
  }

  get #blocked(): boolean {
    return this.#full || this.#credit?.exhausted === true;
  }

  #put(message: Outgoing, refusing: boolean): void {
    if (this.#closed) return;
    const inParts = message.atMost + 2 > this.#wholeBytes && this.#goesInParts(message);
    if (refusing) this.#checkRoom(message.size);
    const writing = this.#frame?.writing === true;
    // What came before it in this turn is not to be held back by it.
    if (inParts && !writing) this.#guard(() => this.#flushTurn());
    if (inParts || !this.#open || this.#waiting.holds(message)) this.#wait(message, inParts);
    else if (this.#frame?.count && !writing) this.#write(message);
    else this.#batch = this.#batch.next(message);
    if (!this.#blocked) this.#schedule();
  }

  /** Whether what comes leaves in this turn. */
  get #open(): boolean {
    return this.#waiting.idle && !this.#blocked;
  }

  /**
   * Adds to the frame of this turn, which is for this peer alone.
   *
   * @throws {InvalidError} when it cannot be encoded.
   * @throws {OverflowError} when it is more than the other side takes.
   */
  #write(message: Outgoing): void {
    const frame = this.#frame!;
    for (const before of this.#takeBatch()) this.#write(before);
    if (!this.#open) {
      message.encode(this.#binary);
      this.#put(message, false);
      return;
    }
    if (frame.count === 0) frame.told = this.#toldShapes;
    if (frame.add(message, this.maxFrameBytes, this.#wholeBytes)) {
      this.#schedule();
    } else if (frame.count > 0) {
      this.#flushFrame();
      this.#write(message);
    } else {
      message.encode(this.#binary);
      if (message.bytes + 2 > this.#wholeBytes) this.#put(message, false);
      else if (message.packed) {
        // It may fit where its shapes have been told of before.
        this.#sendMade((told) => this.#binary!.frame([message], told, message.shapes), message.shapes);
      } else this.#sendFrame(textFrame([message]));
    }
  }

  /** Whether more is to be sent than leaves in this turn. */
  get busy(): boolean {
    if (this.#closed) return false;
    return this.#full || this.#waiting.count > 0 || !this.#waiting.idle || this.link.bufferedBytes > 0;
  }

  get #partFrameBytes(): number {
    return Math.min(partFrameBytes, this.maxFrameBytes);
  }

  /** The largest frame that is sent as one message. */
  get #wholeBytes(): number {
    return this.#pace ? this.#partFrameBytes : this.maxFrameBytes;
  }

  /** @throws {OverflowError} when it is more than the other side takes, or more than may wait here. */
  #goesInParts({ bytes }: Outgoing): boolean {
    if (bytes + 2 <= this.#wholeBytes) return false;
    const most = this.#pace ? this.#maxMessageBytes : this.maxFrameBytes;
    // Without parts it has to fit into a frame, with what is around it.
    if (bytes > most || !this.#pace)
      throw new OverflowError(`A message of ${bytes} bytes is over the ${most} that the other side takes.`);
    const { bufferedBytes } = this.#limits;
    if (bytes > bufferedBytes)
      throw new OverflowError(`A message of ${bytes} bytes is over the ${bufferedBytes} that may wait here.`);
    return true;
  }

  #checkRoom(more: number): void {
    const { bufferedBytes } = this.#limits;
    const waiting = this.#batch.size + (this.#frame?.length ?? 0) + this.#waiting.size + more;
    // What is far from the bound need not be counted to the byte.
    if (waiting * 2 < bufferedBytes || waiting + this.link.bufferedBytes <= bufferedBytes) return;
    throw new OverflowError(
      `A message was not sent: over ${bufferedBytes} bytes would wait for the connection.`,
    );
  }

  #wait(message: Outgoing, inParts = false): void {
    if (this.#closed) return;
    // Where what is too much is refused before, only the protocol's own may wait beyond that.
    const bufferedBytes = this.#limits.bufferedBytes * (this.#limits.whenFull === "refuse" ? 2 : 1);
    const now = this.#runtime.monotonic();
    const limit = Math.max(0, bufferedBytes - this.link.bufferedBytes);
    if (this.#waiting.push(message, now, limit, inParts)) return;
    this.#giveUp(`Over ${bufferedBytes} bytes waited for this peer: it reads too slowly.`);
  }

  /** The peer is too slow: what waits for it goes. */
  #giveUp(message: string): void {
    this.#waiting.clear();
    this.close({ code: "Slow", message, retryable: true });
  }

  /** Sends what waits and says why, then closes. */
  close(reason: CloseReason): void {
    if (this.#closed) return;
    this.#guard(() => {
      this.#flushTurn();
      // Nothing waits for a drain any more.
      for (;;) {
        if (!this.#waiting.idle) this.#sendWaiting();
        else if (!this.#sendPart(false) && this.#waiting.idle) break;
      }
      const { hailed } = this;
      this.#sendFrame(
        `[${encodeMessage(hailed === undefined ? ["goodbye", reason] : ["goodbye", reason, hailed])}]`,
      );
    });
    this.#end();
    this.link.close(reason);
  }

  #end(): void {
    this.#closed = true;
    this.#heartbeat?.stop();
    this.#assembly?.end();
    this.#patience.end();
    this.#waiting.clear();
    this.#batch = this.#start;
    this.#frame = undefined;
  }

  #schedule(): void {
    if (this.#scheduled) {
      this.#flushes.touch();
      return;
    }
    this.#scheduled = true;
    if (this.#streams) this.#flushes.gather(this);
    else this.#flushes.soon(this);
  }

  /** Whether it has much to say while nobody waits for an answer. */
  get #streams(): boolean {
    return this.#streak >= manyFrames && this.#runtime.monotonic() - this.#lastSent < closely;
  }

  /** Sends what this turn has brought; not to be called but by {@link Flushes}. */
  flush(): void {
    this.#scheduled = false;
    if (!this.#closed) this.#guard(() => this.#flush());
  }

  #goOn(): void {
    if (this.#blocked || this.#closed) return;
    this.#patience.end();
    if (this.#waiting.count > 0 || !this.#waiting.idle) this.#schedule();
  }

  #flush(): void {
    this.#answerPing();
    this.#flushTurn();
    for (let sent = false; !sent && !this.#blocked && !this.#closed; ) {
      // By turns, so that neither holds up the other: what is small waits for one part at most.
      sent = (this.#waiting.idle || this.#pace?.isDue === true) && this.#sendPart();
      if (sent) this.#runtime.macrotask(() => this.#goOn());
      else if (this.#waiting.idle) return;
      else this.#sendWaiting();
    }
  }

  #answerPing(): void {
    const ping = this.#duePong;
    // Where the link is full it is answered when that has drained, once for all that came.
    if (!ping || this.#full) return;
    this.#duePong = undefined;
    const pong: WireMessage = ping[1] === undefined ? ["pong"] : ["pong", ping[1]];
    // It does not wait for a pong itself: two sides that both send much would wait for each other.
    if (this.#credit?.exhausted) this.#sendFrame(`[${encodeMessage(pong)}]`);
    else this.send(pong);
  }

  /**
   * @param paced whether it waits for the other side to take the parts before.
   * @returns whether there was one to be sent.
   */
  #sendPart(paced = true): boolean {
    const large = this.#waiting.large(this.#runtime.monotonic());
    if (!large) return false;
    if (paced && !this.#pace!.mayGo(this.#credit!.taken)) {
      this.#watch();
      return false;
    }
    const binary = this.#binary;
    const part = large.next((message) => {
      const parts = message.parts(binary, this.#partFrameBytes);
      if (binary) this.#tellShapes(message.shapes);
      return parts;
    });
    this.#sendFrame(part, this.#pace!.asks);
    this.#pace!.sent(this.#credit!.sent);
    return true;
  }

  /** What is in the batch came after what is in the frame: who writes into that has taken what came before. */
  #flushTurn(): void {
    if (this.#frame?.count) this.#flushFrame();
    this.#flushBatch();
  }

  #flushFrame(): void {
    const frame = this.#frame!;
    this.#bursts = frame.length > smallFrame;
    this.#toldShapes = frame.told;
    this.#sendFrame(frame.take());
  }

  #takeBatch(): readonly Outgoing[] {
    if (this.#batch.count === 0) return [];
    const messages = this.#batch.messages();
    this.#batch = this.#start;
    this.#start.forget();
    return messages;
  }

  #flushBatch(): void {
    const batch = this.#batch;
    if (batch.count === 0) return;
    this.#batch = this.#start;
    this.#start.forget();
    this.#bursts = batch.size > smallFrame;
    if (batch.count <= maxMessages && batch.atMost <= this.maxFrameBytes) {
      this.#sendMade((told) => batch.frame(this.#binary, told), batch.shapes);
    } else for (const message of batch.messages()) this.#wait(message);
  }

  /** Sends as much of what waits as one frame holds. */
  #sendWaiting(): void {
    this.#pace?.due();
    const messages = this.#waiting.take(this.#runtime.monotonic(), this.maxFrameBytes - 1, maxMessages);
    const gaps = this.#waiting.missed();
    // What is missing was before what still waits.
    if (gaps.length > 0) {
      const notices = gaps.map(
        ({ name, key = null, count }) =>
          new Outgoing(undefined, encodeMessage(["gap", name, key, "overflow", count])),
      );
      this.#sendFrame(textFrame(notices));
    }
    if (messages.length === 0) return;
    const shapes = messages.reduce((most, message) => Math.max(most, message.shapes), 0);
    // What was taken as bytes may since have become a text for others, and be too large as that.
    const fits = messages.length > 1 || messages[0]!.bytes + 2 <= this.maxFrameBytes;
    const isText = messages.every(({ text, packed }) => text !== undefined && (fits || !packed));
    const binary = isText ? undefined : this.#binary;
    this.#sendMade((told) => (binary ? binary.frame(messages, told, shapes) : textFrame(messages)), shapes);
  }

  /** @param shapes how many the other side has to know, where the frame is of bytes. */
  #sendMade(make: (told: number) => Frame, shapes: number): void {
    let frame = make(this.#toldShapes);
    if (typeof frame !== "string" && shapes > this.#toldShapes) {
      if (frame.length > this.maxFrameBytes) {
        // They are told before, one by one, where there is no room for them.
        this.#tellShapes(shapes);
        frame = make(shapes);
      }
      this.#toldShapes = shapes;
    }
    this.#sendFrame(frame);
  }

  #tellShapes(shapes: number): void {
    for (; this.#toldShapes < shapes; this.#toldShapes++)
      this.#sendFrame(this.#binary!.frame([], this.#toldShapes, this.#toldShapes + 1));
  }

  /** @param asks whether the other side is asked to say that it took it. */
  #sendFrame(frame: Frame, asks = false): void {
    if (this.#closed) return;
    const bytes = this.#flushes.sizeOf(frame);
    const now = this.#runtime.monotonic();
    this.#streak = now - this.#lastSent < closely ? this.#streak + 1 : 0;
    this.#lastSent = now;
    for (const counter of this.#counters) {
      counter.framesOut += 1;
      counter.bytesOut += bytes;
    }
    if (!this.link.send(frame)) this.#full = true;
    const ask = this.#credit?.spend(bytes, asks);
    if (ask !== undefined && !this.link.send(`[["ping",${ask}]]`)) this.#full = true;
    if (this.#blocked) this.#watch();
  }

  /** Something waits until the other side has taken what was sent. */
  #watch(): void {
    if (!this.#closed) this.#patience.begin();
  }

  #receive(frame: Frame): void {
    const bytes = frameSize(frame);
    for (const counter of this.#counters) {
      counter.framesIn += 1;
      counter.bytesIn += bytes;
    }
    let messages: readonly (WireMessage | InvalidError)[];
    try {
      if (bytes > this.#frameBytes) {
        throw new OverflowError(`A frame of ${bytes} bytes is over the ${this.#frameBytes} taken here.`);
      }
      messages = decodeFrame(frame, this.reader);
    } catch (error) {
      if (!(error instanceof InvalidError || error instanceof OverflowError)) throw error;
      this.#receiver.malformed(error);
      return;
    }
    let refused = false;
    const share = bytes / messages.length;
    for (const message of messages) {
      if (this.#closed) return;
      if (!(message instanceof InvalidError)) {
        this.#guard(() => this.#take(message, share));
      } else if (!refused) {
        // Once a frame: an answer to each would be many times what was sent.
        refused = true;
        this.#receiver.malformed(message);
      }
    }
  }

  #take(message: WireMessage, share: number): void {
    // Until it is settled it is for the receiver to say what may come.
    if (this.#credit && message[0] === "pong") {
      if (message[1] !== undefined) this.#credit.earn(message[1]);
      this.#goOn();
    } else if (this.#assembly && isInParts(message)) this.#assembly.take(message);
    else this.#receiver.message(message, share);
  }

  /** What fails here stays inside this connection. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#receiver.failed(error);
    }
  }
}
