/** Why a connection ended. */
export interface CloseReason {
  /** Stable, such as `"Denied"`; what a program branches on. */
  readonly code: string;
  /** What happened, for people. */
  readonly message: string;
  /** Whether connecting again may help. */
  readonly retryable: boolean;
}

/** What is known of a connection before anything is said over it. */
export interface LinkFacts {
  /** Such as `"websocket"`, `"polling"` or `"memory"`. */
  readonly transport: string;
  /** Where the other end is, such as its IP address. */
  readonly address?: string | undefined;
  /** The headers of the request that opened it, by lower-case name, where there was one. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
  /** What the other end gave to say who it is, where the transport's own opening has a place for that. Else its hello has. */
  readonly auth?: unknown;
  /**
   * The largest frame that either side may send, in bytes of UTF-8. A larger one arrives whole or ends the link. It holds
   * for text without control characters, as JSON is; some transports write those longer.
   */
  readonly maxFrameBytes: number;
  /** Whether what is accepted arrives unless the link closes. */
  readonly reliable: boolean;
  /**
   * Whether the other end may be gone, or be silent for good, without the transport noticing. The two ends then ask each
   * other for signs of life. Default false: the transport closes the link itself.
   */
  readonly halfOpen?: boolean | undefined;
}

/** What crosses a link as one: a text, or bytes. A text that begins with `[` is a JSON array. */
export type Frame = string | Uint8Array;

/** What a link calls. None of these may throw: one that does ends this link, with the code `"Internal"`, and no other. */
export interface LinkReceiver {
  /** Bytes that were given stay what they are. */
  frame(frame: Frame): void;
  /** It may be sent on again: once after `send` gave false, never without, and never from within `send`. */
  drain(): void;
  /**
   * Something says that the other end may be gone unnoticed, such as a page that is seen again after a sleep: the receiver may
   * ask it at once. A link need never call it.
   */
  doubt?(): void;
  /** Exactly once, and the last call. */
  closed(reason: CloseReason): void;
}

/**
 * The port to one connection between two buses, such as Socket.IO, WebSocket, a worker or memory. It keeps order and is
 * gapless until closed: losing one frame closes it. A long burst is received in parts, so that other work has its turns.
 *
 * `testLink` of `@eventwire/testing/link` tests every sentence here.
 */
export interface Link {
  readonly facts: LinkFacts;
  /**
   * Begins to receive. Called once, in the call that gives the link or later: frames that came before wait for it, and so
   * does the end of a link that has ended meanwhile.
   */
  open(receiver: LinkReceiver): void;
  /**
   * Accepts a frame from when the link is given until it has closed, and drops it after. The frame is not modified: not
   * by the link, and not by the sender afterwards.
   *
   * @returns false when the sender should wait for `drain`; the frame was accepted nevertheless. Always true once closed.
   */
  send(frame: Frame): boolean;
  /** What was accepted and has not left this process, in bytes. 0 once closed. */
  readonly bufferedBytes: number;
  /**
   * Ends the link for both: `closed` is called here with this reason, at the other end with one of its own. Idempotent;
   * the first reason counts. What was accepted before still leaves, where the transport can.
   */
  close(reason: CloseReason): void;
}

/**
 * Where links come from: those that connect to a server, or a client's own, one after the other. A client speaks first: its
 * server may learn of a link only by the link's first frame.
 */
export interface LinkSource {
  /**
   * Gives each link as it comes. One listener at a time, and another one once that has ended. A client connects again
   * after a loss, and after either end has closed the link with a retryable reason, and gives the new link when the old one
   * has ended.
   *
   * @param onFailure told when a client's connection could not be made, and whether another will be tried; or why a server
   * takes no further links.
   * @returns what ends the source, idempotent: no further links come, those that are there stay, and a client's stops
   * connecting.
   * @throws {MisuseError} when it is listened to already.
   */
  listen(onLink: (link: Link) => void, onFailure?: (reason: CloseReason) => void): () => void;
}
