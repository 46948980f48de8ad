import { type ChildProcess, fork } from "node:child_process";
import type { Order, Role } from "./actor.js";

export interface PlaceEvents {
  /** It has ended, and nobody has told it to. */
  fell(how: string): void;
}

/** A place for one process after the other. */
export class Place {
  readonly index: number;
  /** Whether the process has opened the file. */
  ready = false;
  stopped = false;
  readonly #program: URL;
  readonly #role: Omit<Role, "place" | "start">;
  readonly #events: PlaceEvents;
  #start = 0;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #mayEnd = false;

  constructor(index: number, program: URL, role: Omit<Role, "place" | "start">, events: PlaceEvents) {
    this.index = index;
    this.#program = program;
    this.#role = role;
    this.#events = events;
  }

  get alive(): boolean {
    return this.#child !== undefined;
  }

  start(): void {
    if (this.#child) return;
    this.#start += 1;
    this.ready = false;
    this.stopped = false;
    this.#mayEnd = false;
    const role: Role = { ...this.#role, place: this.index, start: this.#start };
    const child = fork(this.#program, [JSON.stringify(role)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child = child;
    // Of a process that was killed before it was told.
    child.on("error", (error) => {
      if (!this.#mayEnd) this.#events.fell(error.message);
    });
    this.#exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.#child = undefined;
        this.ready = false;
        if (!this.#mayEnd) this.#events.fell(`ended with ${signal ?? code}`);
        resolve();
      });
    });
  }

  tell(order: Order): void {
    if (order.type === "close") this.#mayEnd = true;
    if (this.#child?.connected) this.#child.send(order, () => undefined);
  }

  /** Resolves when it has ended. */
  async kill(): Promise<void> {
    this.#mayEnd = true;
    this.#child?.kill("SIGKILL");
    await this.#exited;
  }

  /** Ends in good order. Resolves with whether it has, within so many milliseconds. */
  async close(patience: number): Promise<boolean> {
    this.tell({ type: "close" });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      void this.kill();
    }, patience);
    await this.#exited;
    clearTimeout(timer);
    return !late;
  }

  stop(): void {
    this.stopped = true;
    this.#child?.kill("SIGSTOP");
  }

  go(): void {
    this.stopped = false;
    this.#child?.kill("SIGCONT");
  }
}
