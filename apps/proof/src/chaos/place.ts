import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Order } from "./role.js";

export interface PlaceEvents {
  /** It has ended, and nobody has told it to. */
  fell(how: string): void;
}

/** How a process has ended: by a code of its own, or a signal. */
type End = number | NodeJS.Signals | undefined;

/** A place for one process after the other, which are told orders of one kind. */
export class Place<Told extends { readonly type: string } = Order> {
  readonly index: number;
  /** Whether the process is at work. */
  ready = false;
  /** At which port it serves clients. */
  port: number | undefined;
  /** How much was acknowledged to its processes. */
  acknowledged = 0;
  stopped = false;
  readonly #program: URL;
  readonly #role: object;
  readonly #events: PlaceEvents;
  #start = 0;
  #child: ChildProcess | undefined;
  #exited: Promise<End> = Promise.resolve(undefined);
  #mayEnd = false;

  /** @param role what its processes are started with, as JSON, beside the number of the place and that of the process in it. */
  constructor(index: number, program: URL, role: object, events: PlaceEvents) {
    this.index = index;
    this.#program = program;
    this.#role = role;
    this.#events = events;
  }

  get alive(): boolean {
    return this.#child !== undefined;
  }

  /** Whether it is at work, and does not stand still. */
  get awake(): boolean {
    return this.ready && !this.stopped;
  }

  start(): void {
    if (this.#child) return;
    this.#start += 1;
    this.ready = false;
    this.stopped = false;
    this.#mayEnd = false;
    const role = { ...this.#role, place: this.index, start: this.#start };
    const child = fork(this.#program, [JSON.stringify(role)], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      const end = (how: string, by: End) => {
        this.#child = undefined;
        this.ready = false;
        if (!this.#mayEnd) this.#events.fell(how);
        resolve(by);
      };
      child.once("exit", (code, signal) => end(`ended with ${signal ?? code}`, signal ?? code ?? undefined));
      child.on("error", (error) => {
        // One that never began has no other end.
        if (child.pid === undefined) end(error.message, undefined);
        // Else of a process that was killed before it was told.
        else if (!this.#mayEnd) this.#events.fell(error.message);
      });
    });
  }

  tell(order: Told): void {
    if (order.type === "close" || order.type === "drain") this.#mayEnd = true;
    if (this.#child?.connected) this.#child.send(order, () => undefined);
  }

  /** Resolves when it has ended, with whether that was why. */
  async kill(): Promise<boolean> {
    const child = this.#child;
    if (!child) return false;
    this.#mayEnd = true;
    child.kill("SIGKILL");
    return (await this.#exited) === "SIGKILL";
  }

  /** Ends in good order. Resolves with whether it has, within so many milliseconds. */
  async close(patience: number, order: Told): Promise<boolean> {
    this.ready = false;
    this.tell(order);
    const timer = setTimeout(() => void this.kill(), patience);
    const end = await this.#exited;
    clearTimeout(timer);
    return end === 0;
  }

  stop(): void {
    this.stopped = true;
    this.#child?.kill("SIGSTOP");
  }

  go(): void {
    this.stopped = false;
    this.#child?.kill("SIGCONT");
  }

  /** Resolves when it goes on after so many milliseconds, with whether it does: not where it was killed meanwhile. */
  async standStill(milliseconds: number): Promise<boolean> {
    const child = this.#child;
    this.stop();
    await sleep(milliseconds);
    if (!child || this.#child !== child) return false;
    this.go();
    return true;
  }
}
