import { fileURLToPath } from "node:url";
import { readSettings, SettingsError } from "./supervisor/settings.js";
import { startParcels } from "./supervisor/start-parcels.js";

try {
  const settings = readSettings(process.env, fileURLToPath(new URL("../.data", import.meta.url)));
  const { url, key, close } = await startParcels(settings, fileURLToPath(new URL(".", import.meta.url)));
  console.log(`Parcels are on their way.
  Operations  ${url}/operations#${key}
  Vendors     ${url}/vendor
  Drivers     ${url}/driver`);
  let ending = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (ending) return;
      ending = true;
      close().then(() => process.exit(0));
    });
  }
} catch (error) {
  console.error(error instanceof SettingsError ? error.message : error);
  process.exitCode = 1;
}
