import { OverflowError } from "@eventwire/core";
import type { Failure } from "./failure.js";

/**
 * Sends a failure; where it does not fit into a frame, its code alone.
 *
 * @throws {OverflowError} when that does not fit either.
 */
export function sendFitting(failure: Failure, send: (shown: Failure) => void): void {
  try {
    send(failure);
  } catch (error) {
    if (!(error instanceof OverflowError)) throw error;
    send({ code: failure.code, message: "The reason does not fit into a frame." });
  }
}
