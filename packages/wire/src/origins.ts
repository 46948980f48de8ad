import type { LinkFacts } from "@eventwire/core";

/** The pages that may connect, by their origin (`https://example.com`); `"*"` for every page. */
export type Origins = "*" | readonly string[] | ((origin: string) => boolean);

/**
 * Whether the page that opened a link may. Without `origins` only a page of the same host may. Where there is no Origin
 * header it was no page, or one of the same origin, and authentication alone decides; unless the browser says by
 * Sec-Fetch-Site that it was another.
 */
export function allowsOrigin(origins: Origins | undefined, { headers }: LinkFacts): boolean {
  const origin = headers?.origin;
  if (origin !== undefined && typeof origin !== "string") return false;
  if (origins === "*") return true;
  // Browsers leave the Origin out where a page asks without reading the answer, such as by a script element.
  if (origin === undefined) return isNoOtherSite(headers?.["sec-fetch-site"]);
  // Only true allows: a promise that was forgotten must not.
  if (typeof origins === "function") return origins(origin) === true;
  // A text has includes() too, which would allow every part of it.
  if (origins !== undefined) return Array.isArray(origins) && origins.includes(origin);
  const host = headers?.host;
  return typeof host === "string" && hostOf(origin) === host.toLowerCase();
}

function isNoOtherSite(site: string | readonly string[] | undefined): boolean {
  return site === undefined || site === "same-origin" || site === "none";
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    // A browser says "null" for a page without an origin of its own.
    return undefined;
  }
}
