import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** All clients are connections of one user, so that each may take the outbox that another has left. */
export const user = "shop";

/** Whether a client may listen: what servers look up, as in a database that they share. */
export class Permits {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  holds(client: number): boolean {
    return !existsSync(this.#path(client));
  }

  withdraw(client: number): void {
    writeFileSync(this.#path(client), "");
  }

  giveBack(client: number): void {
    rmSync(this.#path(client), { force: true });
  }

  #path(client: number): string {
    return join(this.#folder, `denied-${client}`);
  }
}
