import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** How a process stands. */
export interface ProcessState {
  readonly name: string;
  readonly kind: ProcessKind;
  /** `waiting`: it ended without being told to, and is started again in a moment. */
  readonly state: "running" | "stopping" | "stopped" | "waiting";
  readonly pid: number | undefined;
  /** How often it ended without being told to. */
  readonly losses: number;
}
export type ProcessKind = "hub" | "vendor" | "driver";

export interface SupervisedOptions {
  readonly name: string;
  readonly kind: ProcessKind;
  /** The program, a module. */
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Told of each message of the process. */
  readonly onMessage?: (message: unknown) => void;
}

/** From a loss until it is started again: the first of a row, and the longest, in milliseconds. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 8_000;
/** What ran for so long was no failed start. */
const SOUND = 5_000;
/** What has not ended for so long after it was told to is killed. */
const GRACE = 8_000;

/** A process that is started again whenever it ends without being told to. */
export class Supervised {
  readonly #options: SupervisedOptions;
  #child: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;
  #losses = 0;
  #pause = FIRST_PAUSE;

  constructor(options: SupervisedOptions) {
    this.#options = options;
  }

  get state(): ProcessState {
    const { name, kind } = this.#options;
    const running = this.#stopping ? "stopping" : "running";
    const state = this.#child ? running : this.#timer ? "waiting" : "stopped";
    return { name, kind, state, pid: this.#child?.pid, losses: this.#losses };
  }

  /** Starts it, unless it runs. */
  start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#child) return;
    const { program, environment, onMessage } = this.#options;
    const started = performance.now();
    const child = fork(program, { env: { ...process.env, ...environment }, execArgv: [] });
    this.#child = child;
    this.#stopping = false;
    if (onMessage) child.on("message", onMessage);
    child.once("exit", () => this.#ended(performance.now() - started));
  }

  /** Has it end in order; resolves when it has. It stays so until it is started. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const child = this.#child;
    if (!child) return;
    const ended = once(child, "exit");
    this.#stopping = true;
    child.kill("SIGTERM");
    const impatience = setTimeout(() => child.kill("SIGKILL"), GRACE);
    await ended;
    clearTimeout(impatience);
  }

  /** Ends it as a crash does: nothing that it would have done gets done. It is started again. */
  kill(): void {
    this.#child?.kill("SIGKILL");
  }

  #ended(ran: number): void {
    this.#child = undefined;
    if (this.#stopping) return;
    this.#losses += 1;
    this.#pause = ran > SOUND ? FIRST_PAUSE : Math.min(LONGEST_PAUSE, this.#pause * 2);
    this.#timer = setTimeout(() => this.start(), this.#pause);
  }
}
