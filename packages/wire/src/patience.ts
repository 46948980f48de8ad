import type { Runtime } from "@eventwire/core";

/** How long a peer that is sent something may take nothing of it, in milliseconds. */
const patience = 30_000;
/** How often it is looked at meanwhile. */
const looks = 6;

/**
 * Watches, from when it is made, a peer that has to take some of what it was sent before it is sent more. However slow it is, it is
 * waited for as long as it takes something; what it took last counts to within five seconds.
 */
export class Patience {
  readonly #runtime: Runtime;
  readonly #taken: () => number;
  readonly #lost: (message: string) => void;
  /** The most that was ever taken, and how many looks have found no more. */
  #most: number;
  #vain = 0;
  #cancel: () => void;

  /**
   * @param taken how much the peer, or what is between, has taken so far. It need not begin at 0.
   * @param lost told once the patience has been lost, and why.
   */
  constructor(runtime: Runtime, taken: () => number, lost: (message: string) => void) {
    this.#runtime = runtime;
    this.#taken = taken;
    this.#lost = lost;
    this.#most = taken();
    this.#cancel = this.#wait();
  }

  /** There is nothing to wait for any more. */
  end(): void {
    this.#cancel();
  }

  #wait(): () => void {
    return this.#runtime.timer(() => this.#look(), patience / looks);
  }

  #look(): void {
    const taken = this.#taken();
    this.#vain = taken > this.#most ? 0 : this.#vain + 1;
    this.#most = Math.max(taken, this.#most);
    if (this.#vain < looks) this.#cancel = this.#wait();
    else this.#lost(`This peer has taken nothing for ${patience} ms.`);
  }
}
