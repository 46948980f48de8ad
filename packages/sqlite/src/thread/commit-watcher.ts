import { type FSWatcher, watch } from "node:fs";

/** How often to look without having been told, in milliseconds: some file systems tell nothing, and any may fail to. */
const pollEvery = 20;
/** How often to look once the write-ahead log is being written, in milliseconds. */
const lookEvery = 1;

export interface CommitWatcherOptions {
  /** In milliseconds. Default 20. */
  readonly pollEvery?: number;
  /** Default: that of `node:fs`. */
  readonly watch?: typeof watch;
}

/**
 * Has somebody look for what any process has committed, soon after it was. The system tells when the write-ahead log is written;
 * but that a commit counts, once it is synced, is written in shared memory only, so from then on it is looked for again and again.
 */
export class CommitWatcher {
  readonly #wal: string;
  readonly #look: () => boolean;
  readonly #pollEvery: number;
  readonly #watch: typeof watch;
  #polling: NodeJS.Timeout | undefined;
  #watcher: FSWatcher | undefined;
  #looking: NodeJS.Timeout | undefined;

  /**
   * @param path the database's.
   * @param look returns whether there was a commit since it was last called.
   */
  constructor(path: string, look: () => boolean, options: CommitWatcherOptions = {}) {
    this.#wal = `${path}-wal`;
    this.#look = look;
    this.#pollEvery = options.pollEvery ?? pollEvery;
    this.#watch = options.watch ?? watch;
  }

  start(): void {
    this.stop();
    this.#polling = setInterval(this.#look, this.#pollEvery);
    try {
      const watcher = this.#watch(this.#wal, { persistent: false }, (change) => {
        // Another file may come in its place: who watches this one hears nothing any more.
        if (change === "rename") this.#unwatch();
        else this.#lookOut();
      });
      watcher.on("error", () => this.#unwatch());
      this.#watcher = watcher;
    } catch {
      // The system watches no file of this disk, or no more files: what there is is found by polling.
    }
    this.#look();
  }

  stop(): void {
    clearInterval(this.#polling);
    this.#unwatch();
  }

  #unwatch(): void {
    clearTimeout(this.#looking);
    this.#looking = undefined;
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  /** Until the commit is there; what takes longer than polling does is left to that. */
  #lookOut(): void {
    if (this.#looking !== undefined) return;
    const until = performance.now() + this.#pollEvery;
    const look = () => {
      const found = this.#look();
      this.#looking = found || performance.now() >= until ? undefined : setTimeout(look, lookEvery);
    };
    look();
  }
}
