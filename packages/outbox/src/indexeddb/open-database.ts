import { systemRuntime } from "@eventwire/core";
import { OutboxUnavailableError } from "../outbox-unavailable-error.js";
import { explain, missing } from "./failures.js";

/** Of the schema: raised with each change of it. */
const version = 1;
/** After how long a browser that says nothing is given up, in milliseconds. */
const patience = 10_000;

/** An outbox in the database. */
export interface Row {
  readonly producer: string;
  /** Who has it, or had it last. */
  readonly holder: string;
  readonly state: {
    readonly epoch: number;
    readonly confirmed: number;
    readonly first: number;
    readonly sent: number;
    readonly user: string | undefined;
  };
}

/** @throws {OutboxUnavailableError} where there is none to be had. */
export function openDatabase(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = requestOf(name);
    let over = false;
    const fail = (error: unknown) => {
      over = true;
      cancel();
      reject(explain(name, error));
    };
    const cancel = systemRuntime.timer(
      () => fail(new Error(`the browser has not opened it within ${patience} ms`)),
      patience,
    );
    request.onupgradeneeded = () => createSchema(request.result);
    request.onblocked = () => {
      const message = `The database "${name}" is held by another page in an older version: close the other tabs of this site.`;
      fail(new OutboxUnavailableError("Blocked", message));
    };
    request.onerror = () => fail(request.error);
    request.onsuccess = () => {
      cancel();
      // What comes when nobody waits any more is in nobody's way.
      if (over) request.result.close();
      else resolve(request.result);
    };
  });
}

function requestOf(name: string): IDBOpenDBRequest {
  const { indexedDB } = globalThis as { readonly indexedDB?: IDBFactory | null };
  if (!indexedDB) throw missing("This platform has no IndexedDB");
  try {
    return indexedDB.open(name, version);
  } catch (error) {
    throw explain(name, error);
  }
}

function createSchema(database: IDBDatabase): void {
  database.createObjectStore("outboxes", { keyPath: "producer" });
  database.createObjectStore("entries", { keyPath: ["producer", "position", "part"] });
}
