import { packageVersion } from "../harness/package-version.js";
import { actApart } from "./act-apart.js";
import type { Actor } from "./actor.js";

/** An implementation of what crosses a connection: what starts its two ends. */
export interface Ends<Server, Client = Server> {
  readonly version: string;
  /** @param doubled whether everything is to be done twice. */
  server(doubled?: boolean): Promise<Actor<Server>>;
  client(doubled?: boolean): Promise<Actor<Client>>;
}

/** Where the parts of an implementation are: modules of this program by their path, without an ending. */
export interface Parts {
  /** What the two processes begin with, which may be the same module: its `act` loads the implementation. */
  readonly server: string;
  readonly client: string;
  readonly implementation: string;
  /** The package that must be there, and whose version is reported. */
  readonly installed: string;
}

/** Ends that are processes, so that the one that measures loads nothing of what is measured. */
export async function endsApart<Server, Client = Server>(parts: Parts): Promise<Ends<Server, Client>> {
  const url = (path: string) => new URL(`../${path}.js`, import.meta.url).href;
  const argument = (doubled: boolean) => ({ module: url(parts.implementation), doubled });
  return {
    version: packageVersion(parts.installed),
    server: (doubled = false) => actApart(url(parts.server), argument(doubled), "server"),
    client: (doubled = false) => actApart(url(parts.client), argument(doubled), "client"),
  };
}

/** The same implementation, doing everything twice. */
export function doubled<Server, Client>({
  version,
  server,
  client,
}: Ends<Server, Client>): Ends<Server, Client> {
  return { version, server: () => server(true), client: () => client(true) };
}
