import type { EventwireError, Runtime } from "@eventwire/core";
import { withDeadline } from "@eventwire/core/attach";
import type { Auth } from "./messages.js";

/** What the server is sent fresh credentials over: one link. */
export interface RefreshChannel {
  send(message: Auth): void;
}

/** How long `auth` and the server may take together, in milliseconds. */
const patience = 20_000;

/** Sends the server fresh credentials, once however many ask for it meanwhile. */
export class Refreshing {
  readonly #runtime: Runtime;
  readonly #nextRef: () => number;
  readonly #auth: () => unknown;
  #underWay: Promise<void> | undefined;
  #ref: number | undefined;
  #settle: ((error?: EventwireError) => void) | undefined;

  /** @param auth gives the credentials of now; may give a promise. */
  constructor(runtime: Runtime, nextRef: () => number, auth: () => unknown) {
    this.#runtime = runtime;
    this.#nextRef = nextRef;
    this.#auth = auth;
  }

  /** Resolves when the server has taken them, or the link is gone: the next one begins with asking for credentials. */
  refresh(channel: RefreshChannel): Promise<void> {
    this.#underWay ??= withDeadline(this.#runtime, "auth", { timeout: patience }, () =>
      this.#send(channel),
    ).finally(() => {
      this.#underWay = undefined;
      this.#ref = undefined;
      this.#settle = undefined;
    });
    return this.#underWay;
  }

  /** The server has answered. @returns whether it was asked by this number. */
  answered(ref: number, error?: EventwireError): boolean {
    if (ref !== this.#ref) return false;
    this.#settle?.(error);
    return true;
  }

  /** The link is gone. */
  lost(): void {
    this.#settle?.();
  }

  #send(channel: RefreshChannel): Promise<void> {
    return new Promise((resolve, reject) => {
      let over = false;
      this.#settle = (error) => {
        over = true;
        if (error) reject(error);
        else resolve();
      };
      void (async () => {
        const auth = await this.#auth();
        // The link they were meant for may be gone by now.
        if (over) return;
        this.#ref = this.#nextRef();
        channel.send(["auth", this.#ref, auth]);
      })().catch(reject);
    });
  }
}
