import { join } from "node:path";

/** How the server is to run. */
export interface Settings {
  /** The address to listen on. Default 127.0.0.1: this machine only. */
  readonly host: string;
  /** 0 to 65535; 0 takes any free one. Default 4200. */
  readonly port: number;
  /** Simulated seconds a second, 1 to 3600. Default 180. */
  readonly speed: number;
  /** The folder of the log, made where there is none. A log has one hub, so the default is a folder for each port. */
  readonly data: string;
}

/** A setting that cannot be used; the message says which, and what it may be. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/**
 * Reads HOST, PORT, SPEED and DATA from the environment.
 *
 * @param folder where logs are by default.
 * @throws {SettingsError} when one of them makes no sense.
 */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  folder: string,
): Settings {
  const port = wholeNumber("PORT", environment.PORT, { least: 0, most: 65_535, otherwise: 4_200 });
  return {
    host: environment.HOST?.trim() || "127.0.0.1",
    port,
    speed: wholeNumber("SPEED", environment.SPEED, { least: 1, most: 3_600, otherwise: 180 }),
    data: environment.DATA?.trim() || join(folder, String(port)),
  };
}

interface Range {
  least: number;
  most: number;
  otherwise: number;
}

function wholeNumber(name: string, text: string | undefined, { least, most, otherwise }: Range): number {
  if (text === undefined || text.trim() === "") return otherwise;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new SettingsError(`${name} is "${text}", but it must be a whole number from ${least} to ${most}.`);
}
