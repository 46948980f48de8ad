import type { Offset } from "@eventwire/core";
import type { Listener } from "../witness.js";
import type { Program } from "./program.js";
import { Store } from "./store.js";
import type { Wish } from "./wish.js";
import type { World } from "./world.js";

/** What came of an event, and where it was: either without the other only where a bug is planted. */
interface Row {
  readonly id?: string;
  readonly offset: Offset;
}

/** A listener whose effects are on the disk, each together with its offset, after which it listens on when it comes back. */
export class Projection {
  readonly #file: string;
  readonly #wish: Wish;
  readonly #witness: Listener;
  /** While it listens. */
  #stop: (() => Promise<void>) | undefined;
  /** How many rows the witness was told. */
  #testified = 0;

  constructor(file: string, wish: Wish, witness: Listener) {
    this.#file = file;
    this.#wish = wish;
    this.#witness = witness;
  }

  /** Listens on, in a program that may not be the one of before. */
  run(program: Program): void {
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
    this.#stop = async () => {
      stopped = true;
      stop();
      await running;
    };
  }

  /** Stops, and comes back. */
  async leave(program: Program): Promise<void> {
    const stop = this.#stop;
    if (!stop) return;
    this.#stop = undefined;
    program.world.fault("listener-left", this.#file);
    await stop();
    await program.sleep(program.world.chance.span(2_000));
    this.run(program);
  }

  /** Tells the witness what is on the disk, where that is more or less than the last time. */
  testify({ disk }: World): void {
    const rows = Store.rows<Row>(disk.read(this.#file));
    if (rows.length === this.#testified) return;
    this.#testified = rows.length;
    this.#witness.anew();
    for (const { id, offset } of rows) if (id !== undefined) this.#witness.got(id, offset);
  }

  async #takeEffect(program: Program, store: Store<Row>, { id, offset }: Required<Row>): Promise<void> {
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

  async #lastOffset(program: Program, store: Store<Row>): Promise<Offset | "start"> {
    const rows = await store.open();
    program.process.note(`resumes ${this.#file} after ${rows.at(-1)?.offset}`);
    const last = rows.at(-1);
    if (!last) this.#witness.knowsNothing();
    return last?.offset ?? "start";
  }
}
