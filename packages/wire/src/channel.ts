import {
  type CloseReason,
  type Frame,
  InvalidError,
  type Link,
  type LinkReceiver,
  OverflowError,
  type Runtime,
} from "@eventwire/core";
import { Assembly, type AssemblyReceiver, type Reading } from "./assembly.js";
import { Backlog } from "./backlog.js";
import { Batch } from "./batch.js";
import type { Binary } from "./binary.js";
import type { BinaryReader } from "./binary-reader.js";
import type { Counting } from "./counters.js";
import { Credit } from "./credit.js";
import { type Flushed, Flushes } from "./flushes.js";
import { FrameOutput } from "./frame-output.js";
import { decodeFrame, encodeMessage } from "./frames.js";
import { Liveness, type LivenessActions } from "./liveness.js";
import { isInParts, maxMessages, type Ping, type WireMessage } from "./messages.js";
import { Outgoing, smallFrame } from "./outgoing.js";
import type { PackedFrame } from "./packed-frame.js";
import { partFrameBytes } from "./parts.js";
import type { Beginning } from "./subject.js";
import { textFrame } from "./text-frame.js";
import { frameSize } from "./utf8.js";

export interface ChannelReceiver {
  /** @param bytes its share of the frame that it came in. */
  message(message: WireMessage, bytes: number): void;
  /** A frame, or a message in one, that cannot be read. */
  malformed(error: InvalidError | OverflowError): void;
  closed(reason: CloseReason): void;
  /** There is room again, which there was not when {@link Channel.roomy} was asked. */
  roomy?(): void;
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

/** As long as no more than so many bytes gather in a turn there is room for what can be read again. */
const roomyBytes = 262_144;

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
export class Channel implements LinkReceiver, LivenessActions, Flushed, Reading {
  readonly link: Link;
  readonly #runtime: Runtime;
  readonly #receiver: ChannelReceiver;
  readonly #counting: Counting;
  readonly #limits: ChannelLimits;
  readonly #flushes: Flushes;
  readonly #output: FrameOutput;
  /** The nonce of a hello that is not answered yet: a goodbye repeats it. */
  hailed: string | undefined;
  /** Reads MessagePack, where that was agreed. */
  reader: BinaryReader | undefined;
  #frameBytes: number;
  /** What this turn brings: in a list that others may share, and where it is for this peer alone and of bytes. */
  #start: Batch;
  #batch: Batch;
  #frame: PackedFrame | undefined;
  /** What could not be sent in its turn. */
  #backlog: Backlog | undefined;
  /** What comes in parts, where both sides speak them. */
  #assembly: Assembly | undefined;
  /** Where the link may not notice that the other side is gone. */
  #liveness: Liveness | undefined;
  /** Whether the last turn brought more than a small frame: the next one then probably does too. */
  #bursts = false;
  #scheduled = false;
  #duePong: Ping | undefined;
  /** Whether somebody waits for room. */
  #roomWanted = false;
  #closed = false;

  constructor(
    link: Link,
    runtime: Runtime,
    counting: Counting,
    limits: ChannelLimits,
    receiver: ChannelReceiver,
    { start = new Batch(), flushes = new Flushes(runtime) }: SharedChannels = {},
  ) {
    this.link = link;
    this.#runtime = runtime;
    this.#counting = counting;
    this.#limits = limits;
    this.#receiver = receiver;
    this.#start = start;
    this.#batch = start;
    this.#flushes = flushes;
    this.#output = new FrameOutput(link, runtime, counting, flushes, this);
    this.#frameBytes = limits.frameBytes;
  }

  /** The largest frame that the other side takes. */
  get maxFrameBytes(): number {
    return this.#output.maxFrameBytes;
  }

  set maxFrameBytes(bytes: number) {
    this.#output.maxFrameBytes = bytes;
  }

  /** The largest message that carries data, in bytes: what the other side takes, and what may wait here. */
  get maxMessageBytes(): number {
    return Math.min(this.#output.maxMessageBytes, this.#limits.bufferedBytes);
  }

  /** Begins to receive. */
  open(): void {
    this.link.open(this);
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
    this.#output.credit = new Credit();
    if (!this.link.facts.halfOpen || heartbeat === Infinity) return;
    this.#liveness ??= new Liveness(this.#runtime, this);
    this.#liveness.watch(heartbeat);
  }

  /**
   * The other side reads MessagePack.
   *
   * @param start where the batches of all channels begin that may share such frames. Default: there are no others.
   */
  pack(binary: Binary, start?: Batch): void {
    this.#output.binary = binary;
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
    this.#assembly = new Assembly(this.#runtime, ours, this, receiver);
    this.#output.speakParts(theirs);
  }

  /** Answers a ping, by one answer for all of a turn: it says that what came before the last one has been taken. */
  answer(ping: Ping): void {
    if (ping[1] !== undefined || !this.#duePong) this.#duePong = ping;
    if (!this.#scheduled) this.#schedule();
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
    const beginning: Beginning = message.slice(0, message[0] === "given" ? 3 : 2) as never;
    const output = this.#output;
    if (!output.binary || !this.#packs) {
      this.#send(new Outgoing(undefined, encodeMessage(message, name), beginning));
      return;
    }
    // What one peer has a server say takes no numbers from what others are sent, and tells nobody what they were.
    const table = this.#frame ? output.binary.table : output.ownShapes;
    this.#send(Outgoing.packed(output.binary, message, name, beginning, table));
  }

  /** Stops sending a message that nobody wants any more. @returns whether it had not been sent to its end. */
  withdraw(beginning: Beginning): boolean {
    if (!this.#backlog?.withdraw(beginning)) return false;
    this.#schedule();
    return true;
  }

  /**
   * Sends an event, in the form that suits what else is sent in this turn. To be called while it is emitted.
   *
   * @throws {InvalidError} when it cannot be encoded.
   * @throws {OverflowError} as {@link sendEncoded} does.
   */
  sendEvent(event: Outgoing): void {
    if (this.#closed) return;
    const output = this.#output;
    const { binary } = output;
    const packs = binary && (this.#packs || event.large);
    if (packs && output.speaksParts && output.partFrameBytes === partFrameBytes && event.huge) {
      event.parts(binary, partFrameBytes);
      // It may take less than it weighs, and is then sent whole: that has to be made while its data is there.
      if (event.bytes + 2 <= output.wholeBytes) event.encode(binary);
    } else if (packs && this.#frame?.writing === false && this.#open && !this.#backlog?.queue.holds(event)) {
      if (this.#refuses) this.#checkRoom(0);
      this.#write(event);
      return;
    } else event.encode(packs ? binary : undefined);
    this.#put(event, this.#refuses);
  }

  /**
   * Sends what the log has: of a turn in one frame with the rest, and shared where others get the same.
   *
   * @throws {OverflowError} as {@link sendEncoded} does.
   */
  sendStored(stored: Outgoing): void {
    this.#put(stored, false);
  }

  /** Whether what could as well be read later may be sent now. Where not, the receiver is told when it may. */
  get roomy(): boolean {
    const roomy = this.#isRoomy;
    if (!roomy) this.#roomWanted = true;
    return roomy;
  }

  get #isRoomy(): boolean {
    return !this.#closed && !this.#waits && !this.#output.blocked && this.#batch.size < roomyBytes;
  }

  /** Whether more is to be sent than leaves in this turn. */
  get busy(): boolean {
    if (this.#closed) return false;
    return this.#output.full || this.#waits || this.link.bufferedBytes > 0;
  }

  /** Sends what waits and says why, then closes. */
  close(reason: CloseReason): void {
    if (this.#closed) return;
    this.#guard(() => {
      this.#flushTurn();
      // Nothing waits for a drain any more.
      this.#backlog?.sendAll();
      const { hailed } = this;
      const goodbye: WireMessage = hailed === undefined ? ["goodbye", reason] : ["goodbye", reason, hailed];
      this.#output.send(`[${encodeMessage(goodbye)}]`);
    });
    this.#end();
    this.link.close(reason);
  }

  /** Sends what this turn has brought; not to be called but by {@link Flushes}. */
  flush(): void {
    this.#scheduled = false;
    if (!this.#closed) this.#guard(() => this.#flush());
  }

  /** The peer is too slow: what waits for it goes. */
  giveUp(message: string): void {
    this.#backlog = undefined;
    this.close({ code: "Slow", message, retryable: true });
  }

  /** Asks the other side for a sign of life. */
  ask(): void {
    this.send(["ping"]);
  }

  /** It gave none. */
  lost(reason: CloseReason): void {
    this.link.close(reason);
  }

  /** What the link calls. */
  frame(frame: Frame): void {
    this.#liveness?.came();
    this.#output.heard();
    if (!this.#closed) this.#guard(() => this.#receive(frame));
  }

  drain(): void {
    this.#liveness?.took();
    this.#output.full = false;
    if (this.#duePong && !this.#closed) this.#schedule();
    this.#goOn();
  }

  doubt(): void {
    if (this.#closed || !this.#output.credit) return;
    this.#liveness ??= new Liveness(this.#runtime, this);
    this.#liveness.doubt();
  }

  closed(reason: CloseReason): void {
    this.#end();
    this.#guard(() => this.#receiver.closed(reason));
  }

  /** Whether who sends is told that too much waits, and not the receiver that something is missing. */
  get #refuses(): boolean {
    return this.#limits.whenFull === "refuse";
  }

  /** Whether something could not be sent in its turn, or is to be told of what was given up. */
  get #waits(): boolean {
    return this.#backlog?.empty === false;
  }

  /** Whether what comes leaves in this turn. */
  get #open(): boolean {
    return this.#backlog?.queue.idle !== false && !this.#output.blocked;
  }

  /** Whether what comes is better packed, whatever it is. */
  get #packs(): boolean {
    return this.#bursts || this.#batch.size > smallFrame;
  }

  /** Whether an event is being written: to read its data may call code that sends. */
  get #writing(): boolean {
    return this.#frame?.writing === true;
  }

  /** Of requests and answers. */
  #send(message: Outgoing): void {
    this.#put(message, this.#refuses);
    // What is asked while an event is written leaves behind it.
    if (this.#batch.size > enough && this.#open && !this.#writing) this.#guard(() => this.#flushTurn());
  }

  #put(message: Outgoing, refusing: boolean): void {
    if (this.#closed) return;
    const inParts = message.atMost + 2 > this.#output.wholeBytes && this.#goesInParts(message);
    if (refusing) this.#checkRoom(message.size);
    // What came before it in this turn is not to be held back by it.
    if (inParts && !this.#writing) this.#guard(() => this.#flushTurn());
    if (inParts || !this.#open || this.#backlog?.queue.holds(message)) this.#wait(message, inParts);
    else if (this.#frame?.count && !this.#writing) this.#write(message);
    else this.#batch = this.#batch.next(message);
    if (!this.#output.blocked) this.#schedule();
  }

  /**
   * Adds to the frame of this turn, which is for this peer alone.
   *
   * @throws {InvalidError} when it cannot be encoded.
   * @throws {OverflowError} when it is more than the other side takes.
   */
  #write(message: Outgoing): void {
    const frame = this.#frame!;
    const output = this.#output;
    const binary = output.binary!;
    for (const before of this.#takeBatch()) this.#write(before);
    if (!this.#open) {
      message.encode(binary);
      this.#put(message, false);
      return;
    }
    if (frame.add(message, output.maxFrameBytes, output.wholeBytes)) {
      this.#schedule();
    } else if (frame.count > 0) {
      this.#flushFrame();
      this.#write(message);
    } else {
      message.encode(binary);
      if (message.bytes + 2 > output.wholeBytes) this.#put(message, false);
      else output.sendMade(message.packed ? binary.frame([message]) : textFrame([message]), message.shapes);
    }
  }

  /** @throws {OverflowError} when it is more than the other side takes, or more than may wait here. */
  #goesInParts({ bytes }: Outgoing): boolean {
    const { maxMessageBytes, speaksParts, wholeBytes } = this.#output;
    if (bytes + 2 <= wholeBytes) return false;
    // Without parts it has to fit into a frame, with what is around it.
    if (bytes > maxMessageBytes || !speaksParts)
      throw new OverflowError(
        `A message of ${bytes} bytes is over the ${maxMessageBytes} that the other side takes.`,
      );
    const { bufferedBytes } = this.#limits;
    if (bytes > bufferedBytes)
      throw new OverflowError(`A message of ${bytes} bytes is over the ${bufferedBytes} that may wait here.`);
    return true;
  }

  #checkRoom(more: number): void {
    const { bufferedBytes } = this.#limits;
    const waiting = this.#batch.size + (this.#frame?.length ?? 0) + (this.#backlog?.queue.size ?? 0) + more;
    // What is far from the bound need not be counted to the byte.
    if (waiting * 2 < bufferedBytes || waiting + this.link.bufferedBytes <= bufferedBytes) return;
    throw new OverflowError(
      `A message was not sent: over ${bufferedBytes} bytes would wait for the connection.`,
    );
  }

  #wait(message: Outgoing, inParts = false): void {
    if (this.#closed) return;
    // Where what is too much is refused before, only the protocol's own may wait beyond that.
    const bufferedBytes = this.#limits.bufferedBytes * (this.#refuses ? 2 : 1);
    const limit = Math.max(0, bufferedBytes - this.link.bufferedBytes);
    this.#backlog ??= new Backlog(this.#runtime, this.#output, this.#refuses);
    if (this.#backlog.queue.push(message, this.#runtime.monotonic(), limit, inParts)) return;
    this.giveUp(`Over ${bufferedBytes} bytes waited for this peer: it reads too slowly.`);
  }

  #end(): void {
    this.#closed = true;
    this.#liveness?.end();
    this.#assembly?.end();
    this.#output.end();
    this.#backlog = undefined;
    this.#batch = this.#start;
    this.#frame = undefined;
  }

  #schedule(): void {
    if (this.#scheduled) {
      this.#flushes.touch();
      return;
    }
    this.#scheduled = true;
    if (this.#output.streams) this.#flushes.gather(this);
    else this.#flushes.soon(this);
  }

  #goOn(): void {
    if (this.#output.blocked || this.#closed) return;
    this.#output.relax();
    if (this.#waits) this.#schedule();
    else this.#forgetBacklog();
    this.#tellRoom();
  }

  #tellRoom(): void {
    if (!this.#roomWanted || !this.#isRoomy) return;
    this.#roomWanted = false;
    this.#guard(() => this.#receiver.roomy?.());
  }

  #flush(): void {
    this.#answerPing();
    this.#flushTurn();
    if (this.#backlog?.send()) this.#runtime.macrotask(() => this.#goOn());
    else this.#forgetBacklog();
    this.#tellRoom();
  }

  #forgetBacklog(): void {
    if (this.#backlog?.over) this.#backlog = undefined;
  }

  #answerPing(): void {
    const ping = this.#duePong;
    // Where the link is full it is answered when that has drained, once for all that came.
    if (!ping || this.#output.full) return;
    this.#duePong = undefined;
    const pong: WireMessage = ping[1] === undefined ? ["pong"] : ["pong", ping[1]];
    // It does not wait for a pong itself: two sides that both send much would wait for each other.
    if (this.#output.credit?.exhausted) this.#output.send(`[${encodeMessage(pong)}]`);
    else this.send(pong);
  }

  /** What is in the batch came after what is in the frame: who writes into that has taken what came before. */
  #flushTurn(): void {
    if (this.#frame?.count) this.#flushFrame();
    this.#flushBatch();
  }

  #flushFrame(): void {
    const frame = this.#frame!;
    this.#bursts = frame.length > smallFrame;
    this.#output.tell(frame.shapes);
    this.#output.send(frame.take());
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
    const output = this.#output;
    this.#batch = this.#start;
    this.#start.forget();
    this.#bursts = batch.size > smallFrame;
    if (batch.count <= maxMessages && batch.atMost <= output.maxFrameBytes) {
      output.sendMade(batch.frame(output.binary), batch.shapes);
    } else for (const message of batch.messages()) this.#wait(message);
  }

  #receive(frame: Frame): void {
    const bytes = frameSize(frame);
    this.#counting.frameCame(bytes);
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
    const { credit } = this.#output;
    if (credit && message[0] === "pong") {
      if (message[1] !== undefined) credit.earn(message[1]);
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
