import type { EventwireError } from "@eventwire/queue";
import type { ListenerError } from "./errors/listener-error.js";
import type { Gap } from "./gap.js";
import type { Key } from "./key.js";
import type { CloseReason } from "./link.js";
import type { Context, Offset, Peer, RequestMessage } from "./message.js";

interface WithMessage {
  readonly message: Context & { readonly data: unknown };
}

interface Listened {
  /** The name or pattern that is listened to. */
  readonly pattern: string;
  readonly key: Key | undefined;
}

interface WithRequest {
  readonly request: RequestMessage;
}

interface Took {
  /** How long it took, in milliseconds. */
  readonly milliseconds: number;
}

interface WithTask {
  readonly id: string;
  readonly name: string;
  readonly key: Key | undefined;
}

interface Tried extends WithTask {
  /** 1 at first. */
  readonly attempt: number;
}

interface WithShard {
  readonly group: string;
  /** What the group listens to. */
  readonly pattern: string;
  /** From 0 to `shardCount` - 1. */
  readonly shard: number;
}

interface TriedByGroup extends Tried, Took {
  readonly group: string;
  readonly error: unknown;
}

interface WithPeer {
  readonly peer: Peer;
  /** Such as `"socket.io"`. */
  readonly transport: string;
}

/** What a bus tells those who observe it: a union by `type`. */
export type Inspection =
  /** An event was emitted here, or came from a peer. Told inside emit, before anybody else gets it. */
  | ({ readonly type: "emitted" } & WithMessage)
  /** A live or volatile event has reached all its listeners here, their asynchronous work not counted. */
  | ({ readonly type: "delivered"; readonly listeners: number } & WithMessage & Took)
  | { readonly type: "listener.failed"; readonly error: ListenerError }
  /** Events that a listener can never get. */
  | { readonly type: "gap"; readonly gap: Gap }
  | ({ readonly type: "listening.started" } & Listened)
  | ({ readonly type: "listening.refused"; readonly error: unknown } & Listened)
  | ({ readonly type: "listening.ended" } & Listened)
  | { readonly type: "handling.started"; readonly name: string }
  | { readonly type: "handling.ended"; readonly name: string }
  /** A request was asked on this bus, or came from a peer. */
  | ({ readonly type: "request.asked" } & WithRequest)
  /** `output` is `undefined` where it is streamed, and has ended. */
  | ({ readonly type: "request.answered"; readonly output: unknown } & WithRequest & Took)
  | ({ readonly type: "request.failed"; readonly error: unknown } & WithRequest & Took)
  | ({ readonly type: "task.enqueued"; readonly duplicate: boolean } & WithTask)
  | ({ readonly type: "task.started" } & Tried)
  | ({ readonly type: "task.done" } & Tried & Took)
  /** Somebody has cancelled it while it was under way here. */
  | ({ readonly type: "task.cancelled" } & Tried & Took)
  /** Its worker has handed it back: nobody is given it for `delay` milliseconds. */
  | ({ readonly type: "task.released"; readonly delay: number } & Tried & Took)
  /** It failed, and is tried again after `delay` milliseconds. */
  | ({ readonly type: "task.retried"; readonly error: unknown; readonly delay: number } & Tried & Took)
  /** It failed for the last time. */
  | ({ readonly type: "task.died"; readonly error: unknown } & Tried & Took)
  /** A member of a group of listeners has taken a shard of the group's events, to do them here. */
  | ({ readonly type: "shard.gained" } & WithShard)
  /** It has given the shard back, or its lease was over: another member does its events. */
  | ({ readonly type: "shard.lost"; readonly reason: "released" | "lease" } & WithShard)
  /** An event failed in a group, and is tried again after `delay` milliseconds. */
  | ({ readonly type: "event.retried"; readonly delay: number } & TriedByGroup)
  /** An event failed in a group for the last time. */
  | ({ readonly type: "event.died" } & TriedByGroup)
  /** A durable event is in the log. */
  | {
      readonly type: "log.appended";
      readonly id: string;
      readonly name: string;
      readonly offset: Offset | undefined;
    }
  /** A client has opened an outbox; `entries` were left behind in it. */
  | { readonly type: "outbox.opened"; readonly entries: number }
  /** An outbox of a client is another user's, as the server says: its entries stay until that user is back. */
  | { readonly type: "outbox.aside"; readonly entries: number }
  /** A client's outbox has let go of a durable event that its server's log will not have, or may not have. */
  | {
      readonly type: "outbox.failed";
      readonly id: string;
      readonly name: string;
      readonly error: EventwireError;
    }
  | ({ readonly type: "link.opened" } & WithPeer)
  | ({ readonly type: "link.closed"; readonly reason: CloseReason } & WithPeer)
  /** An error reached `onError` that no other inspection tells of. */
  | { readonly type: "reported"; readonly error: EventwireError };

/** Called at once, inside what it is told of; it must return soon, and is no place for a promise. */
export type Observer = (inspection: Inspection) => void;
