import type { SocketOptions } from "socket.io-client";
import { isSame } from "./is-same.js";

/** Socket.IO's own option: what an opening carries, or a function that gives it. */
export type Auth = SocketOptions["auth"];
type Ask = (give: (data: object) => void) => void;

/** What an opening would carry now. */
export function ask(auth: Auth, socket?: unknown): Promise<object | undefined> {
  return new Promise((resolve) => {
    if (typeof auth === "function") (auth as Ask).call(socket, resolve);
    else resolve(auth);
  });
}

/** What a socket opens with to say who it is, and whether that still is what it would open with. */
export class OpeningAuth {
  readonly #auth: Auth;
  #carried: object | undefined;

  constructor(auth: Auth) {
    this.#auth = auth;
  }

  /** To be given to the socket. */
  get option(): Auth {
    const auth = this.#auth;
    if (auth === undefined) return undefined;
    return (give) => {
      const carry = (data: object) => {
        // The application may go on to change its own.
        this.#carried = { ...data };
        give(data);
      };
      if (typeof auth === "function") (auth as Ask)(carry);
      else carry(auth);
    };
  }

  async isCurrent(): Promise<boolean> {
    return isSame(await ask(this.#auth), this.#carried);
  }
}
