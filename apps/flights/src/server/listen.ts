import { once } from "node:events";
import type { Server } from "node:http";
import { SettingsError } from "./settings.js";

/**
 * Listens, and says in words why it cannot.
 *
 * @throws {SettingsError} when the port is taken or closed to this user, or the host is not an address of this machine.
 */
export async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    const reason = REASONS[(error as NodeJS.ErrnoException).code ?? ""];
    if (!reason) throw error;
    throw new SettingsError(reason(port, host), { cause: error });
  }
}

const REASONS: Readonly<Record<string, (port: number, host: string) => string>> = {
  EADDRINUSE: (port) => `Port ${port} is in use. Choose another with PORT, such as PORT=${port + 1}.`,
  EACCES: (port) => `Port ${port} may not be opened by this user. Choose one above 1023 with PORT.`,
  EADDRNOTAVAIL: (_, host) => `HOST is "${host}", which is not an address of this machine.`,
  ENOTFOUND: (_, host) => `HOST is "${host}", which no name server knows.`,
};
