import { fileURLToPath } from "node:url";
import { startFlights } from "./app.js";
import { readSettings, SettingsError } from "./server/settings.js";

try {
  const settings = readSettings(process.env, fileURLToPath(new URL("../.data", import.meta.url)));
  const flights = await startFlights(settings);
  console.log(
    `The flights of 2001 are in the air at ${flights.url} (${settings.speed} times faster than life)`,
  );
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end(flights.close()));
} catch (error) {
  console.error(error instanceof SettingsError ? error.message : error);
  process.exitCode = 1;
}

/** Ends the process when all is closed; what still hangs after two seconds must not keep it. */
function end(closed: Promise<void>): void {
  setTimeout(() => {
    console.error("Not everything closed within 2 seconds.");
    process.exit(1);
  }, 2_000).unref();
  closed.then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}
