import type { CloseReason, Runtime } from "@eventwire/core";
import type { AllFaults } from "./faults.js";

export type Frame = string | Uint8Array;

/** How much comes out in one turn of the event loop, in bytes. */
const turnful = 65_536;
/** What a frame counts beside its bytes, so that many empty ones are much as well. */
const overhead = 64;

/** Why nothing comes out of a pipe for now: its receiver has not begun, a test holds it, or the network is silent. */
export type Hold = "unopened" | "paused" | "silent";

/** The surroundings of a pipe. */
export interface PipeOptions {
  readonly runtime: Runtime;
  /** Gives the chance of a network: a number of at least 0 and less than 1. */
  readonly chance: () => number;
  readonly reliable: boolean;
  readonly faults: () => AllFaults;
  /** A frame has come out at the far end. */
  readonly arrived: (frame: Frame) => void;
  /** What the sender said last has come out. */
  readonly ended: (reason: CloseReason) => void;
  /** So many bytes are no longer on their way. */
  readonly left: (bytes: number) => void;
  /** Nothing comes out any more, and the sender does not know. */
  readonly fellSilent: () => void;
  /** The connection breaks here. */
  readonly broke: () => void;
}

interface Entry {
  readonly content: Frame | CloseReason;
  readonly bytes: number;
  /** When it may come out, on the monotonic clock. */
  readonly due: number;
}

/** One direction of a connection: what is put in comes out later, and as the faults of its network have it. */
export class Pipe {
  readonly #options: PipeOptions;
  readonly #holds = new Set<Hold>(["unopened"]);
  /** By when they are due. */
  #entries: Entry[] = [];
  /** When all that was put in so far has passed the narrowest place. */
  #free = 0;
  #lastDue = 0;
  #wakeAt = Number.POSITIVE_INFINITY;
  #cancelWake: (() => void) | undefined;
  /** A frame was lost of which a reliable link must not lose one: what is behind it never comes out. */
  #severed = false;
  #stopped = false;
  #ended = false;

  constructor(options: PipeOptions) {
    this.#options = options;
  }

  get severed(): boolean {
    return this.#severed;
  }

  send(frame: Frame, bytes: number): void {
    const { runtime, reliable, broke, fellSilent, left } = this.#options;
    if (this.#stopped || this.#severed || this.#ended) return;
    const { cut, drop, duplicate } = this.#options.faults();
    if (this.#happens(cut)) {
      this.#severed = true;
      // A network does not call back in the sender's own turn.
      runtime.microtask(broke);
    } else if (this.#happens(drop)) {
      if (!reliable) left(bytes);
      else {
        this.#severed = true;
        fellSilent();
      }
    } else if (!reliable && this.#holds.has("silent")) {
      left(bytes);
    } else {
      this.#put(frame, bytes);
      if (!reliable && this.#happens(duplicate)) this.#put(frame, 0);
    }
  }

  /** The last that comes out, behind all that was sent. */
  end(reason: CloseReason): void {
    const lost = this.#severed || (!this.#options.reliable && this.#holds.has("silent"));
    if (!this.#stopped && !this.#ended && !lost) this.#put(reason, 0);
    this.#ended = true;
  }

  /** Nothing comes out any more: the receiver has ended. */
  stop(): void {
    this.#stopped = true;
    this.#entries = [];
    this.#cancelWake?.();
  }

  hold(why: Hold): void {
    this.#holds.add(why);
  }

  release(why: Hold): void {
    if (this.#holds.delete(why)) this.#wake();
  }

  #happens(chance: number): boolean {
    return chance > 0 && this.#options.chance() < chance;
  }

  /** How long a frame of this size is on its way if it is sent now. */
  #delay(bytes: number): number {
    const { latency, jitter, bandwidth, reorder } = this.#options.faults();
    const now = this.#options.runtime.monotonic();
    this.#free = Math.max(now, this.#free) + (bytes / bandwidth) * 1_000;
    const drawn = jitter > 0 ? jitter * this.#options.chance() : 0;
    const late = this.#happens(reorder) ? Math.max(1, latency + jitter) : 0;
    return this.#free - now + latency + drawn + late;
  }

  #put(content: Frame | CloseReason, bytes: number): void {
    const { runtime, reliable } = this.#options;
    let due = runtime.monotonic() + this.#delay(bytes);
    if (reliable) due = this.#lastDue = Math.max(due, this.#lastDue);
    const index = this.#entries.findLastIndex((entry) => entry.due <= due) + 1;
    this.#entries.splice(index, 0, { content, bytes, due });
    this.#wake();
  }

  /** Delivers what is due, now or when it is. */
  #wake(): void {
    const [first] = this.#entries;
    if (!first || this.#holds.size > 0 || this.#wakeAt <= first.due) return;
    const { runtime } = this.#options;
    const wait = first.due - runtime.monotonic();
    this.#schedule(first.due, (deliver) => {
      if (wait > 0) return runtime.timer(deliver, wait);
      runtime.microtask(deliver);
      return undefined;
    });
  }

  #schedule(due: number, start: (deliver: () => void) => (() => void) | undefined): void {
    this.#cancelWake?.();
    this.#wakeAt = due;
    let current = true;
    const cancel = start(() => {
      if (current) this.#deliver();
    });
    this.#cancelWake = () => {
      current = false;
      cancel?.();
      this.#wakeAt = Number.POSITIVE_INFINITY;
      this.#cancelWake = undefined;
    };
  }

  #deliver(): void {
    this.#cancelWake?.();
    const { runtime, arrived, ended, left } = this.#options;
    for (let delivered = 0; this.#holds.size === 0 && this.#entries.length > 0; ) {
      if (this.#entries[0]!.due > runtime.monotonic()) break;
      if (delivered >= turnful) {
        // What comes meanwhile waits as well.
        this.#schedule(Number.NEGATIVE_INFINITY, (deliver) => void runtime.macrotask(deliver));
        return;
      }
      const { content, bytes } = this.#entries.shift()!;
      delivered += bytes + overhead;
      if (!isFrame(content)) ended(content);
      else {
        arrived(content);
        left(bytes);
      }
    }
    this.#wake();
  }
}

function isFrame(content: Frame | CloseReason): content is Frame {
  return typeof content === "string" || content instanceof Uint8Array;
}
