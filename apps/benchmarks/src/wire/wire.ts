import type { Position } from "../traffic/positions.js";

/** Sends one position to the other end; many in one turn of the event loop, or one. */
export type Emit = (position: Position) => void;

/** What an end tells its process. */
export interface Receiver {
  /** A position arrived, and its schema accepts it. */
  received(position: Position): void;
  /** A position was refused for its schema: by this end, or by the other one, which says so. */
  refused(): void;
  /** Something else went wrong, and the figure is worth nothing. */
  failed(error: unknown): void;
}

/** How an implementation carries positions between a server and one client, each in a process of its own. */
export interface Wire {
  /**
   * Listens on a free port of the loopback interface; what it emits goes to the client that is connected.
   *
   * @param json whether both ends are to write JSON, where they may choose.
   */
  serve(receiver: Receiver, json?: boolean): Promise<{ readonly address: string; readonly emit: Emit }>;
  /** Resolves when positions can be sent both ways. */
  connect(address: string, receiver: Receiver): Promise<Emit>;
}
