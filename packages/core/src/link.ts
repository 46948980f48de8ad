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
  /** What the other end gave to say who it is. */
  readonly auth?: unknown;
  /** The largest frame that either side may send, in bytes. */
  readonly maxFrameBytes: number;
  /** Whether what is accepted arrives unless the link closes. */
  readonly reliable: boolean;
}

/** What a link calls. None of these may throw. */
export interface LinkReceiver {
  frame(frame: string | Uint8Array): void;
  /** It may be sent on again, after `send` gave false. */
  drain(): void;
  /** Exactly once, and the last call. */
  closed(reason: CloseReason): void;
}

/**
 * The port to one connection between two buses, such as Socket.IO, WebSocket, a worker or memory. It keeps order and is
 * gapless until closed: losing one frame closes it.
 */
export interface Link {
  readonly facts: LinkFacts;
  /** Begins to receive. Called once; frames that came before wait for it. */
  open(receiver: LinkReceiver): void;
  /**
   * Accepts a frame while the link is open, and drops it after. The frame is not modified afterwards.
   *
   * @returns false when the sender should wait for `drain`.
   */
  send(frame: string | Uint8Array): boolean;
  /** What was accepted and has not left this process, in bytes. */
  readonly bufferedBytes: number;
  /** Idempotent. What was accepted before still leaves, where the transport can. */
  close(reason: CloseReason): void;
}

/** Where links come from: those that connect to a server, or a client's own, one after the other. */
export interface LinkSource {
  /**
   * Gives each link as it comes.
   *
   * @param onFailure told when a connection could not be made, and whether another will be tried.
   * @returns what ends the source: no further links come, and a client's stops connecting.
   */
  listen(onLink: (link: Link) => void, onFailure?: (reason: CloseReason) => void): () => void;
}
