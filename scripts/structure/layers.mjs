import { isPublished } from "./repository.mjs";

/** @import { Workspace } from "./repository.mjs" */

const link = ["outbox", "wire", "core", "queue"];
const broker = ["core"];

/**
 * Which packages a package builds on. Everything points one way, from the transports and brokers down to the queue, so
 * that the inner packages can be read, tested and used without the outer ones.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const layers = {
  queue: [],
  core: ["queue"],
  wire: ["core", "queue"],
  outbox: ["core"],
  "socket.io": link,
  "socket.io-client": link,
  websocket: link,
  worker: link,
  sqlite: broker,
  cron: broker,
  redis: broker,
  nats: broker,
  postgres: broker,
  testing: ["core", "wire", "queue"],
};

/** The private package of what tests of several packages share; it builds on none of them. */
const sharedByTests = "programs";
/** That of what the samples' pages look like alike, which their builds take in. */
const sharedByPages = "styles";

/**
 * Whether one workspace may use another. Private ones may use every published package; nothing may use a private one, but tests what
 * they share, and private ones the styles of pages. An adapter's tests, and only they, may take the test kit; what the kit is made of cannot.
 *
 * @param {Workspace} from
 * @param {Workspace} to
 * @param {{ development: boolean }} purpose
 */
export function mayUse(from, to, { development }) {
  if (from.title === sharedByTests || from.title === sharedByPages) return false;
  if (to.title === sharedByTests) return development;
  if (to.title === sharedByPages) return !isPublished(from);
  if (!isPublished(to)) return false;
  if (!isPublished(from) || layers[from.title]?.includes(to.title)) return true;
  return development && to.title === "testing" && !layers.testing?.includes(from.title);
}

/** The packages that run anywhere, so know no platform, and that take time and chance from the injected runtime. */
export const neutral = ["queue", "core", "wire"];

/** The one file that may touch the platform's clock, timers and random source. */
export const runtimeFile = "packages/queue/src/runtime.ts";
