import { UnavailableError } from "@eventwire/core";

/**
 * Why an outbox cannot be read or written.
 *
 * | reason | what is wrong |
 * | --- | --- |
 * | `Missing` | the platform has not what is needed: no IndexedDB, or no Web Locks on a page that is not secure |
 * | `Blocked` | another page holds the database in an older version; it can be tried again |
 * | `Lost` | what it is kept in was deleted under it, or another one has it by now |
 * | `ReadOnly` | the folder or the file may not be read and written |
 * | `Foreign` | the file is another program's |
 * | `Newer` | a newer version of this package has written it |
 * | `Damaged` | what it holds is not what was written |
 * | `Failed` | the platform failed at it, for what it says; it can be tried again |
 */
export type OutboxUnavailableReason =
  | "Missing"
  | "Blocked"
  | "Lost"
  | "ReadOnly"
  | "Foreign"
  | "Newer"
  | "Damaged"
  | "Failed";

/** What an outbox is kept in did not do what was asked of it. Nothing of that was kept. */
export class OutboxUnavailableError extends UnavailableError {
  readonly reason: OutboxUnavailableReason;
  override readonly retryable: boolean;

  constructor(reason: OutboxUnavailableReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
    this.retryable = reason === "Blocked" || reason === "Failed";
  }
}
