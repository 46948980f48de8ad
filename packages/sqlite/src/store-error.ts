import { EventwireError } from "@eventwire/core";

/**
 * What stands between the broker and its file.
 *
 * | code | what is wrong |
 * | --- | --- |
 * | `StoreDriver` | this Node has no SQLite, and the package that brings it is not installed |
 * | `StoreUnavailable` | the file cannot be opened: no such folder, no permission |
 * | `StoreFileSystem` | the file system keeps no write-ahead log, such as one of a network |
 * | `StoreReadOnly` | the file or its folder cannot be written |
 * | `StoreLocked` | another program holds the file for longer than `busyTimeout` |
 * | `StoreFull` | the disk is full |
 * | `StoreForeign` | the file is no database, or another program's |
 * | `StoreNewer` | a newer version of this package has written the file |
 * | `StoreDamaged` | what the file holds is not what was written |
 * | `StoreExists` | a backup would overwrite a file |
 */
export type StoreErrorCode =
  | "StoreDriver"
  | "StoreUnavailable"
  | "StoreFileSystem"
  | "StoreReadOnly"
  | "StoreLocked"
  | "StoreFull"
  | "StoreForeign"
  | "StoreNewer"
  | "StoreDamaged"
  | "StoreExists";

/** The file did not do what was asked of it. Nothing of that was kept. */
export class StoreError extends EventwireError {
  readonly code: StoreErrorCode;
  override readonly retryable: boolean;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.retryable = code === "StoreFull" || code === "StoreLocked";
  }
}
