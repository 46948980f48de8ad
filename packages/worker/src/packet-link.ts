import type { CloseReason, LinkFacts } from "@eventwire/core";
import { type Carrier, frameSize, type LinkEnd } from "@eventwire/wire";
import type { Exchange } from "./exchange.js";

/** The largest frame, in bytes. Nothing between two ends of one machine asks for less. */
const maxFrameBytes = 16_777_216;
/** How long the other end may take to say that it has taken all, in milliseconds. Only a lock waits for it. */
const patience = 5_000;
/** How long what was posted last by an end that is gone may still be on its way, in milliseconds. */
const grace = 100;

export interface PacketLinkOptions {
  readonly id: string;
  readonly transport: string;
  /** The lock that the other end holds, where it holds one. */
  readonly theirLock: string | undefined;
  /** Whether the endpoint tells that its other end is gone. */
  readonly told: boolean;
  /** Told when the page or worker at the other end is gone. */
  readonly onGone?: () => void;
}

/**
 * One end of a link whose frames are packets of an exchange. They are copied and not transferred: one encoded frame may be
 * on its way to many.
 *
 * A port takes whatever is posted, so what waits is what the other end has not said that it took.
 *
 * @param connected makes the link around the carrier.
 */
export function packetLink(
  exchange: Exchange,
  { id, transport, theirLock, told, onGone }: PacketLinkOptions,
  connected: (carrier: Carrier) => LinkEnd,
): LinkEnd {
  const { runtime } = exchange;
  let waiting = 0;
  let taken = 0;
  let cancelTimer: (() => void) | undefined;

  const lose = (message: string) => {
    // Also where it was closed here already: nobody will say any more that all was taken.
    forget();
    link.end({ code: "Lost", message, retryable: true });
  };
  const stopWatching = exchange.watch(theirLock, () => {
    cancelTimer?.();
    cancelTimer = runtime.timer(() => {
      lose("The other end is gone.");
      onGone?.();
    }, grace);
  });
  const forget = () => {
    cancelTimer?.();
    stopWatching?.();
    exchange.remove(id);
  };
  const facts: LinkFacts = {
    transport,
    maxFrameBytes,
    reliable: true,
    halfOpen: !told && !stopWatching,
  };
  /** Once for all that comes in one turn. */
  const acknowledge = (bytes: number) => {
    if (bytes === 0) return;
    if (taken === 0) {
      runtime.macrotask(() => {
        if (exchange.has(id)) exchange.post("took", id, taken);
        taken = 0;
      });
    }
    taken += bytes;
  };

  exchange.add(id, {
    take([kind, , value]) {
      switch (kind) {
        case "frame":
          if (isFrame(value)) acknowledge(frameSize(value));
          link.receive(value);
          return;
        case "took":
          waiting = Math.max(0, waiting - value);
          link.drained();
          return;
        case "close":
          exchange.post("closed", id);
          forget();
          link.end(value);
          return;
        case "closed":
          forget();
          return;
        default:
      }
    },
    lost: lose,
  });
  const link = connected({
    facts,
    get bufferedBytes() {
      return waiting;
    },
    write(frame) {
      waiting += frameSize(frame);
      exchange.post("frame", id, typeof frame === "string" ? frame : alone(frame));
    },
    ended(reason, here) {
      if (!here) return;
      exchange.post("close", id, shortened(reason));
      cancelTimer?.();
      if (exchange.lock === undefined) forget();
      else cancelTimer = runtime.timer(forget, patience);
    },
  });
  return link;
}

function isFrame(value: unknown): value is string | Uint8Array {
  return typeof value === "string" || value instanceof Uint8Array;
}

/** Cloning a part of a buffer clones all of it, whatever else is in there. */
function alone(bytes: Uint8Array): Uint8Array {
  const { buffer, byteLength } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? bytes : new Uint8Array(bytes);
}

function shortened({ code, message, retryable }: CloseReason): CloseReason {
  return { code: code.slice(0, 100), message: message.slice(0, 500), retryable };
}
