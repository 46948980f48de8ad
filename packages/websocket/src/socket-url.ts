import { MisuseError } from "@eventwire/core";

/**
 * The URL that a WebSocket takes.
 *
 * @param base what a relative one is relative to. Default: the page's own, where there is a page.
 * @throws {MisuseError} when it cannot be one, or holds credentials.
 */
export function socketUrl(url: string | URL, base = pageUrl()): URL {
  let parsed: URL;
  try {
    parsed = new URL(url, base);
  } catch {
    throw new MisuseError(`"${url}" is not a URL.`);
  }
  if (parsed.username || parsed.password) {
    throw new MisuseError("A URL must hold no credentials, for it ends up in logs. Pass them as { auth }.");
  }
  // The same place: browsers once knew no other names, and take no fragment.
  parsed.protocol = parsed.protocol.replace(/^http/, "ws");
  parsed.hash = "";
  if (!/^wss?:$/.test(parsed.protocol))
    throw new MisuseError(`"${url}" is not a URL of ws, wss, http or https.`);
  return parsed;
}

/** Whether it leads nowhere but to this machine, for which no network is needed. */
export function isLocal({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}

function pageUrl(): string | undefined {
  return (globalThis as { readonly location?: { readonly href: string } }).location?.href;
}
