import type { Plant } from "./plants.js";

/** What a process is started with, as JSON. */
export interface Role {
  readonly folder: string;
  readonly pipe: string;
  readonly place: number;
  /** How many processes there were in the place before it. */
  readonly start: number;
  /** From when on time is in a hurry, in milliseconds since the Unix epoch. */
  readonly since: number;
  readonly plant: Plant | undefined;
  /** Of a client: where it finds a server. Who has none is one, on the file that they share. */
  readonly link?: ClientLink | undefined;
}

export interface ClientLink {
  readonly port: number;
  readonly transports: readonly ("polling" | "websocket")[];
}

/** What a process is told. */
export type Order =
  /** To append as this epoch of the producer that numbers what it appends. */
  | { readonly type: "produce"; readonly epoch: number }
  /** To look again at who may do what: something has changed. */
  | { readonly type: "reauthorize" }
  /** To have its credentials taken anew: it may do again what it might not. */
  | { readonly type: "refresh" }
  /** To have the log let go of what is before a number. */
  | { readonly type: "trim"; readonly before: number }
  /** To emit nothing more, and say when all that was is known to be in the log or not. */
  | { readonly type: "rest" }
  /** To emit what comes after all else. */
  | { readonly type: "conclude" }
  /** To send its clients to others, and then to close. */
  | { readonly type: "drain" }
  | { readonly type: "close" };
