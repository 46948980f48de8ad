import type { Offset } from "@eventwire/core";
import type { Listener } from "../witness.js";
import type { Disk } from "./disk.js";
import type { Participant } from "./participant.js";
import { startsWith } from "./starts-with.js";
import { Store } from "./store.js";
import type { Wish } from "./wish.js";

/** What came of an event, and where it was: either without the other only where a bug is planted. */
interface Row {
  readonly id?: string;
  readonly offset: Offset;
}

const nothing = new Uint8Array();

/** A listener whose effects are on the disk, each together with its offset, after which it listens on when it comes back. */
export class Projection {
  readonly #file: string;
  readonly #wish: Wish;
  readonly #witness: Listener;
  readonly #disk: Disk;
  /** Where it listens, while it does. */
  #listening: { readonly program: Participant; readonly stop: () => Promise<void> } | undefined;
  /** Whether it began without anything that it had kept. */
  #knowsNothing = false;
  /** What the witness was told of. */
  #testified: Uint8Array = nothing;

  constructor(file: string, wish: Wish, witness: Listener, disk: Disk) {
    this.#disk = disk;
    this.#file = file;
    this.#wish = wish;
    this.#witness = witness;
  }

  /** Listens on, in a program that may not be the one of before. */
  run(program: Participant): void {
    const store = new Store<Row>(program.process.host, this.#file);
    let stopped = false;
    let running = Promise.resolve();
    const stop = program.listen(
      this.#wish,
      ({ id }, { offset }) => {
        if (!stopped) running = this.#takeEffect(program, store, { id, offset: offset! });
        return running;
      },
      {
        concurrency: 1,
        since: () => this.#lastOffset(program, store),
        onGap: ({ reason }) => {
          program.process.note(`gap ${this.#file} ${reason}`);
          this.#witness.gap(reason);
        },
      },
    );
    program.onPassed((alias) => this.#witness.passed(alias));
    const begins = () => {
      // Until a server far away has answered, it knows of no history but what it had kept.
      if (this.#knowsNothing) this.#witness.knowsNothing();
    };
    stop.ready.then(begins, async (error: unknown) => {
      program.process.note(`${this.#file} does not listen: ${error}`);
      await program.sleep(program.world.chance.between(500, 3_000));
      if (!stopped && program.process.alive) this.run(program);
    });
    this.#listening = {
      program,
      stop: async () => {
        stopped = true;
        stop();
        await running;
      },
    };
  }

  /** Stops, and comes back. */
  async leave(program: Participant): Promise<void> {
    const listening = this.#listening;
    // A program that has just begun listens only when it has started: what listened in the one before is gone.
    if (listening?.program !== program) return;
    this.#listening = undefined;
    program.world.fault("listener-left", this.#file);
    await listening.stop();
    await program.sleep(program.world.chance.span(2_000));
    this.run(program);
  }

  /** Tells the witness what is on the disk, where that is more or less than the last time. */
  testify(): void {
    const bytes = this.#disk.read(this.#file);
    if (!startsWith(bytes, this.#testified)) {
      this.#testified = nothing;
      this.#witness.anew();
    }
    const { rows, end } = Store.read<Row>(bytes, this.#testified.length);
    this.#testified = bytes.subarray(0, end);
    for (const { id, offset } of rows) if (id !== undefined) this.#witness.got(id, offset);
  }

  async #takeEffect(program: Participant, store: Store<Row>, { id, offset }: Required<Row>): Promise<void> {
    const { world, process, bugs } = program;
    const { chance } = world;
    if (!world.healed && chance.of(0.03)) {
      world.fault("listener-slow", this.#file);
      await program.sleep(chance.between(500, 10_000));
    }
    const pause = () => program.sleep(chance.between(5, 100));
    if (bugs.has("offset-before-effect")) await store.add({ offset }, pause);
    await store.add({ id, offset }, pause);
    process.note(`effect ${this.#file} ${id} ${offset}`);
  }

  async #lastOffset(program: Participant, store: Store<Row>): Promise<Offset | "start"> {
    const rows = await store.open();
    program.process.note(`resumes ${this.#file} after ${rows.at(-1)?.offset}`);
    const last = rows.at(-1);
    this.#knowsNothing = !last;
    if (!last) this.#witness.knowsNothing();
    return last?.offset ?? "start";
  }
}
