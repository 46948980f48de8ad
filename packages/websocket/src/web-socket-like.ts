/** What is used of a WebSocket: the browser's own, Node's, or that of ws. */
export interface WebSocketLike {
  readonly bufferedAmount: number;
  binaryType: string;
  /** Browsers ignore `sent`; ws calls it when the frame has left the process. */
  send(frame: string | Uint8Array<ArrayBuffer>, sent: () => void): void;
  close(code?: number, reason?: string): void;
  /** Ends the connection without waiting for the other side, where that exists. */
  terminate?(): void;
  addEventListener(type: "open", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "error", listener: (event: object) => void): void;
  addEventListener(
    type: "close",
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
}

/** A class of WebSockets. */
export type WebSocketConstructor = new (url: string, protocol: string) => WebSocketLike;
