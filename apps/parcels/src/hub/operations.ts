import type { Bus } from "@eventwire/core";
import type { Projection } from "@eventwire/core/project";
import type { DeadTask, ParcelState, Parcels, Queue } from "../contract.js";

/** The tasks of drivers. */
const TASKS = ["parcel.pickup", "parcel.deliver"] as const;
/** How many of the dead are looked at, the oldest first. */
const MOST = 1_000;

/** What the operators see of the queues, and do about them. */
export class Operations {
  readonly #bus: Bus<Parcels>;
  readonly #board: Projection<string, ParcelState>;
  readonly #closed: Projection<string, true>;
  #delivered = 0;
  #took: number | undefined;
  /** What looks at the dead and what redrives them take turns, so that no parcel is called failed that was just redriven. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(bus: Bus<Parcels>, board: Projection<string, ParcelState>, closed: Projection<string, true>) {
    this.#bus = bus;
    this.#board = board;
    this.#closed = closed;
    bus.on("parcel.delivered", ({ parcel }, { time }) => {
      const state = board.get(parcel);
      this.#delivered += 1;
      if (state) this.#took = time - state.acceptedAt;
    });
  }

  /** Tells the operators how all stands, and the vendors which of their parcels have failed since the last time. */
  async tick(): Promise<void> {
    const queues = await Promise.all([...TASKS].map((task) => this.#queue(task)));
    const [delivered, took] = [this.#delivered, this.#took];
    const closed = [...this.#closed.entries()].map(([place]) => place);
    this.#bus.emit("hub.ticked", { at: Date.now(), queues, delivered, took, closed });
    if (queues.some(({ dead }) => dead > 0)) await this.#inTurn(() => this.#tellFailed());
  }

  /** What has failed for good; a delivery that died with its pickup is not listed beside it. */
  async dead(): Promise<DeadTask[]> {
    const listed = await Promise.all(
      TASKS.map(async (task) => {
        const dead = await this.#bus.tasks(task).dead({ limit: MOST });
        return dead.map(({ data, attempts, reason, diedAt }) => ({
          ...{ task, parcel: data.parcel, attempts, reason, diedAt },
        }));
      }),
    );
    return listed.flat().filter(({ attempts }) => attempts > 0);
  }

  /** Has parcels that failed carried again; resolves with how many. */
  redrive(parcels: readonly string[]): Promise<number> {
    const chosen = new Set(parcels);
    return this.#inTurn(async () => {
      const redriven = new Map<string, { parcel: string; from: string; to: string }>();
      // A delivery that died with its pickup waits for that again.
      for (const task of TASKS) {
        const queue = this.#bus.tasks(task);
        const dead = (await queue.dead({ limit: MOST })).filter(({ data }) => chosen.has(data.parcel));
        await queue.redrive(dead.map(({ id }) => id));
        for (const { data } of dead) redriven.set(data.parcel, data);
      }
      await Promise.all([...redriven.values()].map((parcel) => this.#bus.emit("parcel.redriven", parcel)));
      return redriven.size;
    });
  }

  /** A dead task tells nobody: it is looked for. What was told before the hub ended is on the board. */
  async #tellFailed(): Promise<void> {
    const untold = (await this.dead()).filter(({ parcel }) => this.#board.get(parcel)?.status !== "failed");
    await Promise.all(
      untold.map(({ parcel, reason }) => this.#bus.emit("parcel.failed", { parcel, reason })),
    );
  }

  async #queue(task: (typeof TASKS)[number]): Promise<Queue> {
    const { waiting, delayed, blocked, claimed, dead, oldest } = await this.#bus.tasks(task).counts();
    const age = oldest === undefined ? 0 : Math.max(0, Date.now() - oldest);
    return { task, waiting, delayed, blocked, active: claimed, dead, oldest: age };
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
