import { join } from "node:path";

/** How the service is to run. */
export interface Settings {
  /** The address to listen on. Default 127.0.0.1: this machine only. */
  readonly host: string;
  /** 0 to 65535; 0 takes any free one. Default 4300. */
  readonly port: number;
  /** The folder of the log and of the vendors' books, made where there is none. Default: one for each port. */
  readonly data: string;
  /** How many vendors the service has of its own, 0 to 6. Default 3. */
  readonly vendors: number;
  /** How many drivers, 0 to 8. Default 4. */
  readonly drivers: number;
  /** How many times faster than usual they are, 1 to 100. Default 1. */
  readonly speed: number;
}

/** A setting that cannot be used; the message says which, and what it may be. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/**
 * Reads PORT, HOST, DATA, VENDORS, DRIVERS and SPEED from the environment.
 *
 * @param folder where the data is by default.
 * @throws {SettingsError} when one of them makes no sense.
 */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  folder: string,
): Settings {
  const whole = (name: string, least: number, most: number, otherwise: number) => {
    const text = environment[name]?.trim() || String(otherwise);
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new SettingsError(`${name} is "${text}", but it must be a whole number from ${least} to ${most}.`);
  };
  const port = whole("PORT", 0, 65_535, 4_300);
  return {
    host: environment.HOST?.trim() || "127.0.0.1",
    port,
    data: environment.DATA?.trim() || join(folder, String(port)),
    vendors: whole("VENDORS", 0, 6, 3),
    drivers: whole("DRIVERS", 0, 8, 4),
    speed: whole("SPEED", 1, 100, 1),
  };
}
