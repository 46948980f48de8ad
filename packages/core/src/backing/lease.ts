import type { Tenure } from "./tenure.js";

/** A cursor of a group that a member holds, which keeps what is done of one shard, or of all. */
export class Lease {
  readonly cursor: string;
  readonly token: number;
  tenures: readonly Tenure[] = [];
  /** When it is over unless it is extended, on the monotonic clock. Until another takes the cursor, it can be. */
  until: number;
  /** Begins nothing more, and is given back once nothing is under way. */
  leaving = false;
  /** Resolves when it was given back. */
  left: Promise<void> | undefined;
  /** Not held any more: what is done has no effect. */
  over = false;
  /** Rises with what there is to save; how far that is saved. */
  version = 0;
  savedVersion = 0;
  /** A save is under way; when the last one began, on the monotonic clock. */
  saving = false;
  savedAt: number;

  constructor(cursor: string, token: number, savedAt: number, until: number) {
    this.cursor = cursor;
    this.token = token;
    this.savedAt = savedAt;
    this.until = until;
  }

  get unsaved(): boolean {
    return this.version > this.savedVersion;
  }

  /** How many events are being worked on. */
  get running(): number {
    return this.tenures.reduce((sum, { running }) => sum + running, 0);
  }
}
