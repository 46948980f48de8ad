import { textFlaw } from "@eventwire/core/attach";
import type { AssemblyReceiver } from "./assembly.js";
import type { Binary } from "./binary.js";
import { BinaryReader } from "./binary-reader.js";
import type { Channel } from "./channel.js";
import type { Principal } from "./credentials.js";
import { type Limits, mostMessageBytes } from "./limits.js";
import { type Hello, protocolVersion } from "./messages.js";
import type { TraitsEntry } from "./traits.js";

export interface WelcomingHost {
  readonly limits: Limits;
  readonly fingerprint: string;
  /** What the contract has, in parts that fit into frames. */
  readonly traits: readonly (readonly TraitsEntry[])[];
  /** Makes MessagePack, where it is spoken. */
  readonly binary: Binary | undefined;
}

export interface Welcomed extends AssemblyReceiver {
  readonly id: string;
  /** The largest frame that is taken of it. */
  readonly frameBytes: number;
}

/** Answers a hello: from here on both sides know what the other one takes, and in which form. */
export function welcome(
  host: WelcomingHost,
  channel: Channel,
  peer: Welcomed,
  user: Principal,
  hello: Hello[1],
): void {
  const { fingerprint, limits, traits } = host;
  const { link, contract, codecs = [], maxMessageBytes: theirs } = hello;
  const { frameBytes } = peer;
  const codec = host.binary && codecs.includes("messagepack") ? "messagepack" : undefined;
  if (codec) channel.reader = new BinaryReader();
  const ours = Math.min(limits.messageBytes, mostMessageBytes);
  channel.send([
    "welcome",
    {
      protocol: protocolVersion,
      link,
      contract: fingerprint,
      peer: peer.id,
      maxFrameBytes: frameBytes,
      codec,
      maxMessageBytes: theirs === undefined ? undefined : ours,
      ...(limits.outboxes > 0 ? { outboxes: limits.outboxes, user: ownerOf(user) } : undefined),
    },
  ]);
  channel.settle(frameBytes, limits.heartbeat);
  if (theirs !== undefined) channel.speakParts(theirs, ours, peer);
  if (contract !== fingerprint) for (const part of traits) channel.send(["contract", part]);
}

/** Who may have outboxes: of an id that no log takes there are none, and it may be more than fits into the welcome. */
function ownerOf({ id }: Principal): string | undefined {
  return typeof id === "string" && textFlaw(id) === undefined ? id : undefined;
}
