import type { LinkFacts } from "@eventwire/core";

/** The pages that may connect, by their origin (`https://example.com`); `"*"` for every page. */
export type Origins = "*" | readonly string[] | ((origin: string) => boolean);

/**
 * Whether the page that opened a link may. Without `origins` only a page of the same host may. Where there is no Origin
 * header it was no page, and authentication alone decides.
 */
export function allowsOrigin(origins: Origins | undefined, { headers }: LinkFacts): boolean {
  const origin = headers?.origin;
  if (origin === undefined) return true;
  if (typeof origin !== "string") return false;
  if (origins === "*") return true;
  // Only true allows: a promise that was forgotten must not.
  if (typeof origins === "function") return origins(origin) === true;
  // A text has includes() too, which would allow every part of it.
  if (origins !== undefined) return Array.isArray(origins) && origins.includes(origin);
  const host = headers?.host;
  return typeof host === "string" && hostOf(origin) === host.toLowerCase();
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    // A browser says "null" for a page without an origin of its own.
    return undefined;
  }
}
