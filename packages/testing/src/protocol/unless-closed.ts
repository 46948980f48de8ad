import { ClosedError } from "@eventwire/core";

/** What ends because its bus does has nobody left to tell. */
export function unlessClosed(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    if (!(error instanceof ClosedError)) throw error;
  }
}
