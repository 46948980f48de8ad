import type { LinkEnd } from "./link-end.js";
import type { LinkPair } from "./link-stage.js";

/** One of the two ways through a link. */
export interface Way {
  /** To end a sentence with. */
  readonly title: "from client to server" | "from server to client";
  readonly ends: (pair: LinkPair) => { readonly from: LinkEnd; readonly to: LinkEnd };
}

const ways: readonly Way[] = [
  { title: "from client to server", ends: ({ client, server }) => ({ from: client, to: server }) },
  { title: "from server to client", ends: ({ client, server }) => ({ from: server, to: client }) },
];

/** Declares what holds both ways, once for each. */
export function eachWay(declare: (way: Way) => void): void {
  for (const way of ways) declare(way);
}

/** Which of the two does something. */
export interface Side {
  readonly title: "the client" | "the server";
  readonly ends: (pair: LinkPair) => { readonly own: LinkEnd; readonly other: LinkEnd };
}

const sides: readonly Side[] = [
  { title: "the client", ends: ({ client, server }) => ({ own: client, other: server }) },
  { title: "the server", ends: ({ client, server }) => ({ own: server, other: client }) },
];

/** Declares what holds whichever of the two does it. */
export function eachSide(declare: (side: Side) => void): void {
  for (const side of sides) declare(side);
}
