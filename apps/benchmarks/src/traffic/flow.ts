/** How long nothing may arrive before what is missing counts as lost, in milliseconds. */
const patience = 5_000;

/** Counts what is on its way, and lets the sender wait until it is less. */
export class Flow {
  readonly #most: number;
  readonly #receivers: number;
  #sent = 0;
  #done = 0;
  #refused = 0;
  #failure: string | undefined;
  #bound = 0;
  #wake: (() => void) | undefined;

  /**
   * @param most how many may be on their way, to all receivers together: enough to fill the pipe, and no memory.
   * @param receivers how many get each.
   */
  constructor(most: number, receivers = 1) {
    this.#most = most;
    this.#receivers = receivers;
  }

  get sent(): number {
    return this.#sent;
  }

  get full(): boolean {
    return this.#underWay >= this.#most || this.#failure !== undefined;
  }

  sending(): number {
    return this.#sent++;
  }

  /** So many were received or refused, by all receivers together. */
  told(done: number): void {
    this.#done = done;
    this.#look();
  }

  /** One was refused here, or this end was told that it was. */
  refused(): void {
    this.#refused += 1;
    this.#look();
  }

  /** Nothing more is waited for. */
  failed(why: string): void {
    this.#failure ??= why;
    this.#look();
  }

  /** Waits until there is room for as many again. */
  room(): Promise<void> {
    return this.#until(this.#most >> 1);
  }

  /** Waits until nothing is on its way. */
  drained(): Promise<void> {
    return this.#until(0);
  }

  get #underWay(): number {
    return this.#sent * this.#receivers - this.#done - this.#refused;
  }

  #until(bound: number): Promise<void> {
    this.#bound = bound;
    return new Promise((resolve, reject) => {
      let seen = this.#done + this.#refused;
      const watch = setInterval(() => {
        const now = this.#done + this.#refused;
        if (now === seen)
          this.failed(`Of ${this.#sent * this.#receivers} deliveries ${this.#underWay} were lost.`);
        seen = now;
      }, patience);
      this.#wake = () => {
        clearInterval(watch);
        this.#wake = undefined;
        if (this.#failure !== undefined) reject(new Error(this.#failure));
        else resolve();
      };
      this.#look();
    });
  }

  #look(): void {
    if (this.#failure !== undefined || this.#underWay <= this.#bound) this.#wake?.();
  }
}
