import {
  type CloseReason,
  type Frame,
  type Link,
  type LinkReceiver,
  OverflowError,
  type Runtime,
} from "@eventwire/core";
import type { AssemblyReceiver } from "./assembly.js";
import { Backlog } from "./backlog.js";
import { Batch } from "./batch.js";
import type { Binary } from "./binary.js";
import type { BinaryReader } from "./binary-reader.js";
import type { Counting } from "./counters.js";
import { Credit } from "./credit.js";
import { type Flushed, Flushes } from "./flushes.js";
import { FrameInput, type FramePacing, type FrameReceiver } from "./frame-input.js";
import { FrameOutput } from "./frame-output.js";
import { encodeMessage } from "./frames.js";
import { Gathering, type GatheringActions } from "./gathering.js";
import { Liveness, type LivenessActions } from "./liveness.js";
import type { Ping, WireMessage } from "./messages.js";
import { Outgoing } from "./outgoing.js";
import { partFrameBytes } from "./parts.js";
import type { Beginning } from "./subject.js";

export interface ChannelReceiver extends FrameReceiver {
  closed(reason: CloseReason): void;
  /** There is room again, which there was not when {@link Channel.roomy} was asked. */
  roomy?(): void;
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
export class Channel implements LinkReceiver, LivenessActions, Flushed, FramePacing, GatheringActions {
  readonly link: Link;
  readonly #runtime: Runtime;
  readonly #receiver: ChannelReceiver;
  readonly #limits: ChannelLimits;
  readonly #flushes: Flushes;
  readonly #input: FrameInput;
  readonly #output: FrameOutput;
  /** What this turn brings. */
  readonly #gathering: Gathering;
  /** The nonce of a hello that is not answered yet: a goodbye repeats it. */
  hailed: string | undefined;
  /** What could not be sent in its turn. */
  #backlog: Backlog | undefined;
  /** Where the link may not notice that the other side is gone. */
  #liveness: Liveness | undefined;
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
    this.#limits = limits;
    this.#receiver = receiver;
    this.#flushes = flushes;
    this.#input = new FrameInput(runtime, counting, limits.frameBytes, receiver, this);
    this.#output = new FrameOutput(link, runtime, counting, flushes, this);
    this.#gathering = new Gathering(this.#output, start, this);
  }

  /** Reads MessagePack, where that was agreed. */
  set reader(reader: BinaryReader) {
    this.#input.reader = reader;
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
    this.#input.frameBytes = frameBytes;
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
    this.#gathering.pack(binary, start);
  }

  /**
   * Both sides speak parts, from when they know each other on. Where frames are too small for them, none are sent.
   *
   * @param theirs the largest message that the other side takes, in bytes.
   * @param ours the largest one that is taken.
   */
  speakParts(theirs: number, ours: number, receiver: AssemblyReceiver): void {
    if (this.#closed) return;
    this.#input.speakParts(ours, receiver);
    this.#output.speakParts(theirs);
  }

  /** Answers a ping, by one answer for all of a turn: it says that what came before the last one has been taken. */
  answer(ping: Ping): void {
    if (ping[1] !== undefined || !this.#duePong) this.#duePong = ping;
    if (!this.#scheduled) this.schedule();
  }

  /** Of the protocol's own, which is small and never refused for what waits. */
  send(message: WireMessage): void {
    this.put(new Outgoing(undefined, encodeMessage(message), message));
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
    if (!output.binary || !this.#gathering.packs) {
      this.#send(new Outgoing(undefined, encodeMessage(message, name), beginning));
      return;
    }
    // What one peer has a server say takes no numbers from what others are sent, and tells nobody what they were.
    const table = this.#gathering.alone ? output.binary.table : output.ownShapes;
    this.#send(Outgoing.packed(output.binary, message, name, beginning, table));
  }

  /** Stops sending a message that nobody wants any more. @returns whether it had not been sent to its end. */
  withdraw(beginning: Beginning): boolean {
    if (!this.#backlog?.withdraw(beginning)) return false;
    this.schedule();
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
    const gathering = this.#gathering;
    const { binary } = output;
    const packs = binary && (gathering.packs || event.large);
    if (packs && output.speaksParts && output.partFrameBytes === partFrameBytes && event.huge) {
      event.parts(binary, partFrameBytes);
      // It may take less than it weighs, and is then sent whole: that has to be made while its data is there.
      if (event.bytes + 2 <= output.wholeBytes) event.encode(binary);
    } else if (
      packs &&
      gathering.alone &&
      !gathering.writing &&
      this.flowing &&
      !this.#backlog?.queue.holds(event)
    ) {
      if (this.#refuses) this.#checkRoom(0);
      gathering.write(event);
      return;
    } else event.encode(packs ? binary : undefined);
    this.put(event, this.#refuses);
  }

  /**
   * Sends what the log has: of a turn in one frame with the rest, and shared where others get the same.
   *
   * @throws {OverflowError} as {@link sendEncoded} does.
   */
  sendStored(stored: Outgoing): void {
    this.put(stored);
  }

  /** Whether what could as well be read later may be sent now. Where not, the receiver is told when it may. */
  get roomy(): boolean {
    const roomy = this.#isRoomy;
    if (!roomy) this.#roomWanted = true;
    return roomy;
  }

  get #isRoomy(): boolean {
    return !this.#closed && !this.#waits && !this.#output.blocked && this.#gathering.listed < roomyBytes;
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
      this.#gathering.flush();
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
    if (!this.#closed) this.#guard(() => this.#input.receive(frame));
  }

  drain(): void {
    this.#liveness?.took();
    this.#output.full = false;
    if (this.#duePong && !this.#closed) this.schedule();
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

  get flowing(): boolean {
    return this.#backlog?.queue.idle !== false && !this.#output.blocked;
  }

  /** Of requests and answers. */
  #send(message: Outgoing): void {
    this.put(message, this.#refuses);
    const { listed, writing } = this.#gathering;
    // What is asked while an event is written leaves behind it.
    if (listed > enough && this.flowing && !writing) this.#guard(() => this.#gathering.flush());
  }

  put(message: Outgoing, refusing = false): void {
    if (this.#closed) return;
    const gathering = this.#gathering;
    const inParts = this.#output.cuts(message, this.#limits.bufferedBytes);
    if (refusing) this.#checkRoom(message.size);
    // What came before it in this turn is not to be held back by it.
    if (inParts && !gathering.writing) this.#guard(() => gathering.flush());
    if (inParts || !this.flowing || this.#backlog?.queue.holds(message)) this.wait(message, inParts);
    else gathering.add(message);
    if (!this.#output.blocked) this.schedule();
  }

  #checkRoom(more: number): void {
    const { bufferedBytes } = this.#limits;
    const waiting = this.#gathering.size + (this.#backlog?.queue.size ?? 0) + more;
    // What is far from the bound need not be counted to the byte.
    if (waiting * 2 < bufferedBytes || waiting + this.link.bufferedBytes <= bufferedBytes) return;
    throw new OverflowError(
      `A message was not sent: over ${bufferedBytes} bytes would wait for the connection.`,
    );
  }

  wait(message: Outgoing, inParts = false): void {
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
    this.#input.end();
    this.#output.end();
    this.#backlog = undefined;
    this.#gathering.clear();
  }

  schedule(): void {
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
    if (this.#waits) this.schedule();
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
    this.#gathering.flush();
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

  taken(bytes: number | undefined): boolean {
    const { credit } = this.#output;
    if (!credit) return false;
    if (bytes !== undefined) credit.earn(bytes);
    this.#goOn();
    return true;
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
