import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createControl } from "./control.js";
import { createGateway } from "./gateway.js";
import { pageFiles } from "./page-files.js";
import { type Settings, SettingsError } from "./settings.js";
import { type ProcessKind, type ProcessState, Supervised } from "./supervised.js";

/** The service at work. */
export interface ParcelService {
  /** Where it is, such as `http://127.0.0.1:4300`. */
  readonly url: string;
  /** What an operator has to show. */
  readonly key: string;
  processes(): readonly ProcessState[];
  /** Ends all of its processes in order: the drivers first, so that what they have under way is done. */
  close(): Promise<void>;
}

const VENDORS = ["acorn", "harbor", "juniper", "lantern", "meadow", "quarry"];
const DRIVERS = ["dana", "eli", "faye", "gus", "hana", "ivan", "jo", "kim"];

/**
 * Starts the service: the hub, vendors and drivers, each in a process of its own that is started again when it is lost, behind one address.
 *
 * @param dist the folder of the built programs and pages.
 * @throws {SettingsError} when the port cannot be had.
 */
export async function startParcels(settings: Settings, dist: string): Promise<ParcelService> {
  const { host, port, data, speed } = settings;
  const vendors = VENDORS.slice(0, settings.vendors);
  const drivers = DRIVERS.slice(0, settings.drivers);
  const page = await pageFiles(join(dist, "page"));
  await mkdir(data, { recursive: true });
  const key = await keyIn(join(data, "operator.key"));

  let hub: number | undefined;
  const processes = new Map<string, Supervised>();
  const gateway = createGateway({ page, control: createControl(processes, key), hub: () => hub });
  await listen(gateway, port, host);
  const url = urlOf(gateway.address() as AddressInfo);

  const add = (name: string, kind: ProcessKind, onMessage?: (message: unknown) => void) => {
    const environment = {
      PARCELS_URL: url,
      PARCELS_NAME: name,
      PARCELS_KEY: key,
      PARCELS_DATA: data,
      PARCELS_SPEED: String(speed),
      PARCELS_STAFF: [...vendors, ...drivers].join(),
    };
    const program = join(dist, `${kind}.js`);
    processes.set(
      name,
      new Supervised({ name, kind, program, environment, ...(onMessage && { onMessage }) }),
    );
  };
  add("hub", "hub", (message) => {
    hub = (message as { port: number }).port;
  });
  for (const name of vendors) add(name, "vendor");
  for (const name of drivers) add(name, "driver");
  for (const process of processes.values()) process.start();

  return {
    url,
    key,
    processes: () => [...processes.values()].map(({ state }) => state),
    async close() {
      const all = [...processes.values()];
      await Promise.all(all.filter(({ state }) => state.kind !== "hub").map((process) => process.stop()));
      await processes.get("hub")!.stop();
      gateway.closeAllConnections();
      gateway.close();
    },
  };
}

/** The same over restarts, so that the address of the operators' page stays as it is. */
async function keyIn(path: string): Promise<string> {
  try {
    await writeFile(path, randomBytes(18).toString("base64url"), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return readFile(path, "utf8");
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new SettingsError(`PORT ${port} of HOST ${host} cannot be listened to: ${code}.`, { cause });
  }
}

/** An address to open in a browser; a server on every address is reached by this machine's name. */
function urlOf({ address, family, port }: AddressInfo): string {
  if (address === "0.0.0.0" || address === "::") return `http://localhost:${port}`;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
