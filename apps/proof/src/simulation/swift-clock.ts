import { VirtualClock } from "@eventwire/queue/virtual-clock";

/** After how many timers the event loop turns, for what is not the simulation's, such as modules that load. */
const turnAfter = 50;

/** Goes from timer to timer within one turn of the event loop, which in a simulation has nothing else to do. */
export class SwiftClock extends VirtualClock {
  readonly #now = Promise.resolve();
  #settled = 0;

  override microtask(callback: () => void): void {
    void this.#now.then(callback);
  }

  /** What waits for the next tick runs when no microtask is left. */
  override async settle(): Promise<void> {
    this.#settled += 1;
    await new Promise<void>((resolve) => process.nextTick(resolve));
    if (this.macrotasks > 0 || this.#settled % turnAfter === 0) await super.settle();
  }
}
