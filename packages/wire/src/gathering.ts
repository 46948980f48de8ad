import type { Batch } from "./batch.js";
import type { Binary } from "./binary.js";
import type { FrameOutput } from "./frame-output.js";
import { maxMessages } from "./messages.js";
import { type Outgoing, smallFrame } from "./outgoing.js";
import type { PackedFrame } from "./packed-frame.js";
import { textFrame } from "./text-frame.js";

export interface GatheringActions {
  /** Whether what comes leaves in this turn. */
  readonly flowing: boolean;
  /** Something is to leave when the turn ends. */
  schedule(): void;
  /** It does not go where it was to be written, and is sent as any other. */
  put(message: Outgoing): void;
  /** It is one of more than a frame holds, and leaves as the other side takes them. */
  wait(message: Outgoing): void;
}

/**
 * What one turn brings for one peer, until it leaves: in a list that others may share, and where it is for this peer alone and of bytes, in a
 * frame that is written as it comes.
 */
export class Gathering {
  readonly #output: FrameOutput;
  readonly #actions: GatheringActions;
  #start: Batch;
  #batch: Batch;
  #frame: PackedFrame | undefined;
  /** Whether the last turn brought more than a small frame: the next one then probably does too. */
  #bursts = false;

  /** @param start where the lists of all begin that may share frames. */
  constructor(output: FrameOutput, start: Batch, actions: GatheringActions) {
    this.#output = output;
    this.#start = start;
    this.#batch = start;
    this.#actions = actions;
  }

  /** The other side reads MessagePack, as those do that begin at the same place; without one, there are no others. */
  pack(binary: Binary, start: Batch | undefined): void {
    if (!start) this.#frame = binary.open();
    else {
      this.#start = start;
      if (this.#batch.count === 0) this.#batch = start;
    }
  }

  /** What is in the list, in about as many bytes. */
  get listed(): number {
    return this.#batch.size;
  }

  /** What there is in all, in about as many bytes. */
  get size(): number {
    return this.#batch.size + (this.#frame?.length ?? 0);
  }

  /** Whether what comes is better packed, whatever it is. */
  get packs(): boolean {
    return this.#bursts || this.#batch.size > smallFrame;
  }

  /** Whether bytes are for this peer alone. */
  get alone(): boolean {
    return this.#frame !== undefined;
  }

  /** Whether an event is being written: to read its data may call code that sends. */
  get writing(): boolean {
    return this.#frame?.writing === true;
  }

  add(message: Outgoing): void {
    if (this.#frame?.count && !this.writing) this.write(message);
    else this.#batch = this.#batch.next(message);
  }

  /**
   * Adds to the frame, which is for this peer alone.
   *
   * @throws {InvalidError} when it cannot be encoded.
   * @throws {OverflowError} when it is more than the other side takes.
   */
  write(message: Outgoing): void {
    const frame = this.#frame!;
    const output = this.#output;
    const binary = output.binary!;
    for (const before of this.#takeBatch()) this.write(before);
    if (!this.#actions.flowing) {
      message.encode(binary);
      this.#actions.put(message);
      return;
    }
    if (frame.add(message, output.maxFrameBytes, output.wholeBytes)) {
      this.#actions.schedule();
    } else if (frame.count > 0) {
      this.#flushFrame();
      this.write(message);
    } else {
      message.encode(binary);
      if (message.bytes + 2 > output.wholeBytes) this.#actions.put(message);
      else output.sendMade(message.packed ? binary.frame([message]) : textFrame([message]), message.shapes);
    }
  }

  /** Sends it. What is in the list came after what is in the frame: who writes into that has taken what came before. */
  flush(): void {
    if (this.#frame?.count) this.#flushFrame();
    this.#flushBatch();
  }

  /** Forgets it. */
  clear(): void {
    this.#batch = this.#start;
    this.#frame = undefined;
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
    } else for (const message of batch.messages()) this.#actions.wait(message);
  }
}
