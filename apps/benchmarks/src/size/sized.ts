import type { Imported } from "./bundle-size.js";

/** What the size suite asks of an implementation: what a page imports of it, for each row that it has. */
export interface Sized {
  readonly version: string;
  readonly imported: Readonly<Record<string, Imported>>;
  /** By what its sizes are multiplied. */
  readonly factor?: number;
}
