import { packageVersion } from "../harness/package-version.js";
import { actApart } from "../processes/act-apart.js";
import type { Actor } from "../processes/actor.js";
import type { ClientsEnd } from "./clients-end.js";
import type { ServerEnd } from "./server-end.js";

/** An implementation as the fanout suite loads it: what starts its ends. */
export interface FanoutImplementation {
  readonly version: string;
  /** @param doubled whether everything is to be done twice. */
  server(doubled?: boolean): Promise<Actor<ServerEnd>>;
  clients(doubled?: boolean): Promise<Actor<ClientsEnd>>;
}

/**
 * An implementation whose server is a process, and whose clients are one.
 *
 * @param module its path in the source, such as `peers/fanout/ws`: what it exports as `fanout` is loaded there alone.
 * @param installed the package that must be there, and whose version is reported.
 */
export async function fanoutApart(module: string, installed: string): Promise<FanoutImplementation> {
  const url = (path: string) => new URL(path, import.meta.url).href;
  const argument = (doubled: boolean) => ({ module: url(`../${module}.js`), doubled });
  return {
    version: packageVersion(installed),
    server: (doubled = false) => actApart(url("./server-end.js"), argument(doubled), "server"),
    clients: (doubled = false) => actApart(url("./clients-end.js"), argument(doubled), "clients"),
  };
}
