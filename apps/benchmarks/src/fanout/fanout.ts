import type { WebSocket } from "ws";
import type { Position } from "../traffic/positions.js";

/** What a client that looks at what it gets tells its process. */
export interface Viewer {
  received(position: Position): void;
  failed(error: unknown): void;
}

/** How an implementation sends positions from a server to all of its clients. */
export interface Fanout {
  /** Listens on a free port of the loopback interface. */
  serve(failed: (error: unknown) => void): Promise<{
    readonly address: string;
    /** Sends to every client. */
    emit(position: Position): void;
  }>;
  /**
   * Connects one of many clients of a process.
   *
   * @returns its WebSocket, once it gets what is sent from now on.
   */
  join(address: string, viewer: Viewer): Promise<WebSocket>;
}
