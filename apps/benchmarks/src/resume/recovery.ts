import type { Position } from "../traffic/positions.js";

/** What a client tells its process. */
export interface Viewer {
  received(position: Position): void;
  failed(error: unknown): void;
}

export interface ServeOptions {
  /** Where what must outlive the server is kept: a folder, or the address of a store that runs. */
  readonly store: string;
  /** The port of the loopback interface; 0 for any. */
  readonly port: number;
  readonly failed: (error: unknown) => void;
}

export interface RecoveryServer {
  readonly port: number;
  /** Sends to every client, those that are away too. Resolves when it is kept, as durably as the implementation can. */
  emit(position: Position): Promise<unknown>;
  /** How many clients are connected. */
  connected(): number;
  close(): Promise<unknown>;
}

export interface RecoveryClient {
  /** Loses its connection, and makes no other. */
  cut(): void;
  /** Connects again, and asks for what it missed. */
  resume(): void;
}

/** How an implementation gives its clients what they missed. */
export interface Recovery {
  serve(options: ServeOptions): Promise<RecoveryServer>;
  /** Connects one of many clients of a process. Resolves when it gets what is sent from now on. */
  join(address: string, viewer: Viewer): Promise<RecoveryClient>;
}
