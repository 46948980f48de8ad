import { join } from "node:path";

/** The file that hubs share. */
export function fileOf(folder: string): string {
  return join(folder, "parcels.db");
}
