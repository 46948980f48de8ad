import type { Chain } from "./cause.js";
import type { RequestMessage } from "./message.js";

/** A request that was asked on a bus. */
export interface Asked {
  readonly request: RequestMessage;
  /** What it leads to is caused by. */
  readonly chain: Chain;
}
