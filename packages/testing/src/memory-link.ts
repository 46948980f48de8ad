import type { CloseReason, Link, LinkFacts, LinkReceiver, Runtime } from "@eventwire/core";

/** What may be on its way, in bytes, before a sender is asked to wait for `drain`. */
const highWater = 65_536;
const encoder = new TextEncoder();

export const lost: CloseReason = { code: "Lost", message: "The connection was lost.", retryable: true };

/** Makes the two ends of a connection in memory, the client's first. Nothing arrives in the turn in which it was sent. */
export function memoryPair(facts: LinkFacts, runtime: Runtime): readonly [MemoryLink, MemoryLink] {
  const near = new MemoryLink(facts, runtime);
  const far = new MemoryLink(facts, runtime);
  near.other = far;
  far.other = near;
  return [near, far];
}

/** One end of a connection in memory. */
export class MemoryLink implements Link {
  readonly facts: LinkFacts;
  readonly #runtime: Runtime;
  /** What the other end has sent, and the end of it all as its last entry. */
  #inbox: (string | Uint8Array | CloseReason)[] = [];
  other: MemoryLink | undefined;
  onEnd: ((reason: CloseReason) => void) | undefined;
  #receiver: LinkReceiver | undefined;
  #ended = false;
  #scheduled = false;
  #paused = false;
  #blocked = false;
  #onItsWay = 0;

  constructor(facts: LinkFacts, runtime: Runtime) {
    this.facts = facts;
    this.#runtime = runtime;
  }

  get bufferedBytes(): number {
    return this.#onItsWay;
  }

  open(receiver: LinkReceiver): void {
    this.#receiver = receiver;
    this.#schedule();
  }

  send(frame: string | Uint8Array): boolean {
    if (this.#ended) return true;
    this.#onItsWay += sizeOf(frame);
    this.other?.put(frame);
    this.#blocked = this.#onItsWay > highWater;
    return !this.#blocked;
  }

  /** Ends both sides; what was sent before still arrives. */
  close(reason: CloseReason): void {
    if (this.#ended) return;
    this.end(reason);
    this.other?.put({ ...lost, retryable: reason.retryable });
  }

  /** Ends this side at once: what has not arrived is lost. */
  end(reason: CloseReason): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#inbox = [];
    this.#receiver?.closed(reason);
    this.onEnd?.(reason);
  }

  /** Holds what comes, or gives it. */
  set paused(paused: boolean) {
    this.#paused = paused;
    this.#schedule();
  }

  put(entry: string | Uint8Array | CloseReason): void {
    this.#inbox.push(entry);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#paused || !this.#receiver) return;
    this.#scheduled = true;
    this.#runtime.microtask(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    while (!this.#ended && !this.#paused && this.#receiver) {
      const entry = this.#inbox.shift();
      if (entry === undefined) return;
      if (isFrame(entry)) {
        this.#receiver.frame(entry);
        this.other?.arrived(sizeOf(entry));
      } else this.end(entry);
    }
  }

  arrived(bytes: number): void {
    this.#onItsWay -= bytes;
    if (!this.#blocked || this.#onItsWay > 0 || this.#ended) return;
    this.#blocked = false;
    this.#receiver?.drain();
  }
}

function isFrame(entry: string | Uint8Array | CloseReason): entry is string | Uint8Array {
  return typeof entry === "string" || entry instanceof Uint8Array;
}

function sizeOf(frame: string | Uint8Array): number {
  return typeof frame === "string" ? encoder.encode(frame).byteLength : frame.byteLength;
}
