import type { CloseReason } from "@eventwire/core";

/** Marks what is of this package among whatever else is posted over an endpoint. */
const mark = "eventwire";
/** The longest id and name of a lock. */
const maxName = 100;
/** The longest text of a reason. */
const maxText = 500;

/** What a server tells of itself. */
export interface Serving {
  /** Since when, in milliseconds since the Unix epoch. */
  readonly since: number;
  /** The lock that it holds for as long as it lives, where there are locks. */
  readonly lock?: string | undefined;
}

/** What a client opens a link with. */
export interface Opening {
  /** The id of the server that it is meant for. */
  readonly server: string;
  readonly lock?: string | undefined;
}

/** All that is posted. The id is the server's of `serving`, the client's of `seek`, and the link's of all others. */
export type Packet =
  /** Who serves here? */
  | readonly [kind: "seek", id: string, value?: undefined]
  /** I do. To whoever asks, and unasked by who begins. */
  | readonly [kind: "serving", id: string, value: Serving]
  /** Answered by `opened` or `close`; by nothing where that server is not there any more. */
  | readonly [kind: "open", id: string, value: Opening]
  | readonly [kind: "opened", id: string, value?: undefined]
  | readonly [kind: "frame", id: string, value: unknown]
  /** So many bytes of frames have been taken since the last such packet. */
  | readonly [kind: "took", id: string, value: number]
  /** Either end ends the link, and has sent all it had. */
  | readonly [kind: "close", id: string, value: CloseReason]
  /** The answer to that: all of it has been taken. */
  | readonly [kind: "closed", id: string, value?: undefined];

type Kind = Packet[0];

export function messageOf([kind, id, value]: Packet): unknown {
  return [mark, kind, id, value];
}

/** The packet that `message` is, if it is one. */
export function packetOf(message: unknown): Packet | undefined {
  if (!Array.isArray(message) || message[0] !== mark) return undefined;
  const [, kind, id, value] = message as readonly unknown[];
  if (typeof kind !== "string" || !Object.hasOwn(shapes, kind) || !isName(id)) return undefined;
  return shapes[kind as Kind](value) ? ([kind, id, value] as unknown as Packet) : undefined;
}

const shapes: { readonly [K in Kind]: (value: unknown) => boolean } = {
  seek: () => true,
  serving: (value) => isObject(value) && Number.isFinite(value.since) && isLock(value.lock),
  open: (value) => isObject(value) && isName(value.server) && isLock(value.lock),
  opened: () => true,
  frame: () => true,
  took: (value) => Number.isFinite(value) && (value as number) > 0,
  close: (value) =>
    isObject(value) && isText(value.code) && isText(value.message) && typeof value.retryable === "boolean",
  closed: () => true,
};

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= maxName;
}

/** Of this package: no peer may have this side wait for a lock of the application's own. */
function isLock(value: unknown): boolean {
  return value === undefined || (isName(value) && value.startsWith(`${mark}:`));
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.length <= maxText;
}
