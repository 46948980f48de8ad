import { MisuseError } from "@eventwire/core";
import type { WebSocket } from "ws";

const defaultMost = 10_000;

/** Counts the connections that are open, up to a limit. */
export class Connections {
  readonly #most: number;
  #open = 0;

  /** @throws {MisuseError} when `most` is no limit. */
  constructor(most: number = defaultMost) {
    if (!(most >= 1)) throw new MisuseError("maxConnections must be a number of at least 1.");
    this.#most = most;
  }

  get full(): boolean {
    return this.#open >= this.#most;
  }

  add(socket: WebSocket): void {
    this.#open += 1;
    socket.once("close", () => {
      this.#open -= 1;
    });
  }
}
