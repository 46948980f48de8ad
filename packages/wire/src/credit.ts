/** How many bytes may be on their way to a peer that has not said it took them. */
const window = 1_000_000;
/** After how many bytes it is asked. */
const stride = window / 4;

/**
 * How much a peer may be sent before it says that it took what came. So what is on its way stays bounded, whatever the buffers
 * between the two sides hold, and what waits here can still give way to what is newer.
 */
export class Credit {
  #sent = 0;
  #asked = 0;
  #taken = 0;

  /** How many bytes were sent. */
  get sent(): number {
    return this.#sent;
  }

  /** How many of them the peer has taken, as far as it has said. */
  get taken(): number {
    return this.#taken;
  }

  /** Whether no more may be sent for now. */
  get exhausted(): boolean {
    return this.#sent - this.#taken >= window;
  }

  /** How much has been sent, and how much of it the peer has said it took, together: it rises with either. */
  get moved(): number {
    return this.#sent + this.#taken;
  }

  /**
   * @param asks whether to ask the peer in any case.
   * @returns what to ask the peer to repeat when it has come so far; `undefined` where there is no need yet.
   */
  spend(bytes: number, asks = false): number | undefined {
    this.#sent += bytes;
    if (!asks && this.#sent - this.#asked < stride) return undefined;
    this.#asked = this.#sent;
    return this.#asked;
  }

  /** The peer has taken so much. It cannot have taken more than was asked. */
  earn(taken: number): void {
    if (taken <= this.#asked) this.#taken = Math.max(this.#taken, taken);
  }
}
