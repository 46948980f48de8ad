/** The part of the Web Locks API that is used: `navigator.locks`. */
export interface Locks {
  request(
    name: string,
    options: { readonly mode?: "exclusive" | "shared"; readonly signal?: AbortSignal },
    callback: () => unknown,
  ): Promise<unknown>;
}

/** The platform's, where it has them: browsers on secure pages, and Node from 24 on. */
export function platformLocks(): Locks | undefined {
  return (globalThis as { readonly navigator?: { readonly locks?: Locks } }).navigator?.locks;
}

/**
 * A lock that is held for as long as this end lives. When its page or worker is gone, however it ended, the platform gives the
 * lock to whoever waits for it: no message port tells that, and a frozen page keeps its locks.
 */
export class Presence {
  readonly #locks: Locks;
  readonly #name: string;
  #release: (() => void) | undefined;
  #left = false;

  /** @param known told whether it is held; where the platform refuses, as it does to pages without an origin, it is not. */
  constructor(locks: Locks, name: string, known: (held: boolean) => void) {
    this.#locks = locks;
    this.#name = name;
    const held = () =>
      new Promise<void>((release) => {
        if (this.#left) {
          release();
          return;
        }
        this.#release = release;
        known(true);
      });
    locks.request(name, {}, held).catch(() => {
      if (!this.#left) known(false);
    });
  }

  get name(): string {
    return this.#name;
  }

  /** Calls `gone` once the end that holds `name` is gone, unless the result was called before. */
  watch(name: string, gone: () => void): () => void {
    const controller = new AbortController();
    // Shared, for a server is watched by many.
    const options = { mode: "shared", signal: controller.signal } as const;
    this.#locks.request(name, options, gone).catch(stopped);
    return () => controller.abort();
  }

  leave(): void {
    this.#left = true;
    this.#release?.();
  }
}

/** Nobody watches any more: a request for a lock that is aborted rejects. */
function stopped(): undefined {
  return undefined;
}
