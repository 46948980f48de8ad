import type { EntryReader } from "./entry-reader.js";

/** What a log on one machine needs of it. */
export interface Host {
  /** Changes whenever the machine starts. */
  readonly boot: string;
  /** For how long the machine has been up, in milliseconds: the same for all its processes, and never set. */
  uptime(): number;
  readonly files: Files;
  /** What all processes of the machine read journals with. */
  readonly reader: EntryReader;
  /** Waits until nobody else holds the lock of that name. The result lets it go; so does the end of the process. */
  lock(name: string): Promise<() => void>;
  /** Memory that the processes of the machine share, gone when it stops. One object a name, changed under its lock. */
  shared(name: string): SharedMark;
  /** Lets other processes know that something has changed. It may not reach them. */
  notify(name: string): void;
  /** @returns what ends it. */
  onNotify(name: string, hear: () => void): () => void;
}

/** Files of one folder. What was written is there for everyone at once, and survives the machine once it was synced. */
export interface Files {
  /** The bytes from a position on; none where there is no such file. */
  read(file: string, from: number): Promise<Uint8Array>;
  /** Makes the file where there is none. */
  write(file: string, at: number, bytes: Uint8Array): Promise<void>;
  truncate(file: string, length: number): Promise<void>;
  /** When it fails, what was written since the last one may never get to the disk, whatever a later one says. */
  sync(file: string): Promise<void>;
  /** Takes the place of what had that name. */
  rename(from: string, to: string): Promise<void>;
  /** What was made and renamed survives the machine from here on. */
  syncFolder(): Promise<void>;
}

/** How far a journal is committed, as the processes of a machine tell each other. */
export interface SharedMark {
  /** Whether the file was looked through since the machine has started. */
  recovered: boolean;
  /** Rises when another file takes the journal's place. */
  generation: number;
  /** The journal's length; what lies behind it was not committed. */
  committed: number;
  /** Whether something may lie behind it. */
  dirty: boolean;
  /** Whether the folder may name another file after a loss of power. */
  unlisted: boolean;
}

export function newMark(): SharedMark {
  return { recovered: false, generation: 0, committed: 0, dirty: false, unlisted: false };
}
