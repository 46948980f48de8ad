import { figuresOf, ours, type Suite, type Versioned } from "./suite.js";

/**
 * The versions of all that a suite will measure, as one line. Loads each of them, and so rejects when a peer is missing
 * that was not left out on purpose: before anything is measured, for a comparison without it would mislead.
 */
export async function versionLine(suite: Suite<Versioned>, without: readonly string[]): Promise<string> {
  const versions: string[] = [`${ours} ${(await suite.ours()).version}`];
  const missing: string[] = [];
  for (const [name, load] of Object.entries(suite.peers)) {
    if (without.includes(name)) continue;
    await load().then(
      ({ version }) => versions.push(`${name} ${version}`),
      (error: Error) => missing.push(`${name} (${error.message})`),
    );
  }
  if (missing.length === 0) return `${suite.name}: ${versions.join(", ")}`;
  throw new Error(
    `${suite.name}: missing peers: ${missing.join("; ")}. Install them, or leave each out with --without NAME.`,
  );
}

/** Throws when a row that is to be measured is a row of no suite. */
export function requireKnownRows(suites: readonly Suite<Versioned>[], only: readonly string[]): void {
  const rows = suites.flatMap((suite) => suite.rows.flatMap(figuresOf).map(({ name }) => name));
  const unknown = only.filter((name) => !rows.includes(name));
  if (unknown.length > 0)
    throw new Error(`--row: no row is called ${unknown.join("; ")}. There are: ${rows.join("; ")}.`);
}

/** Throws when a name that is to be left out is the name of no peer, since what was meant would then be measured. */
export function requireKnownPeers(suites: readonly Suite<Versioned>[], without: readonly string[]): void {
  const peers = suites.flatMap((suite) => Object.keys(suite.peers));
  const unknown = without.filter((name) => !peers.includes(name));
  if (unknown.length > 0)
    throw new Error(`--without: no peer is called ${unknown.join(", ")}. There are: ${peers.join(", ")}.`);
}
