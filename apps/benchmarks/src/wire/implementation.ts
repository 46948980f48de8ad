import { packageVersion } from "../harness/package-version.js";
import { actApart } from "../processes/act-apart.js";
import type { Actor } from "../processes/actor.js";
import type { WireEnd } from "./end.js";

/** An implementation as the wire suite loads it: what starts its ends. */
export interface WireImplementation {
  readonly version: string;
  /** @param doubled whether everything is to be done twice. */
  start(label: "server" | "client", doubled?: boolean): Promise<Actor<WireEnd>>;
}

/**
 * An implementation whose ends are processes.
 *
 * @param module its path in the source, such as `peers/wire/ws`: what it exports as `wire` is loaded by the ends alone.
 * @param installed the package that must be there, and whose version is reported.
 */
export async function wireApart(module: string, installed: string): Promise<WireImplementation> {
  const { href } = new URL(`../${module}.js`, import.meta.url);
  const end = new URL("./end.js", import.meta.url).href;
  return {
    version: packageVersion(installed),
    start: (label, doubled = false) => actApart(end, { module: href, doubled }, label),
  };
}
