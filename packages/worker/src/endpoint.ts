import { MisuseError } from "@eventwire/core";

/** Of a message, or of something else that befell an endpoint. */
interface PostedEvent extends Event {
  readonly data?: unknown;
}

/** A `MessagePort`, a browser's `Worker`, the scope of one (`self`), or a `BroadcastChannel`; Node's as well. */
export interface ListeningEndpoint {
  postMessage(message: unknown): void;
  addEventListener(type: string, listener: (event: PostedEvent) => void): void;
  removeEventListener(type: string, listener: (event: PostedEvent) => void): void;
}

/** A `Worker` of Node. */
export interface EmittingEndpoint {
  postMessage(message: unknown): void;
  on(event: string, listener: (message: unknown) => void): unknown;
  off(event: string, listener: (message: unknown) => void): unknown;
}

/** What messages are posted over. */
export type MessageEndpoint = ListeningEndpoint | EmittingEndpoint;

/** Of a page that connects to a shared worker. */
export interface ConnectingEvent extends Event {
  readonly ports?: readonly MessagePort[];
}

/** The scope of a shared worker, which is given a port by each page that connects. */
export interface SharedScope {
  onconnect: unknown;
  addEventListener(type: string, listener: (event: ConnectingEvent) => void): void;
  removeEventListener(type: string, listener: (event: ConnectingEvent) => void): void;
}

export interface EndpointReceiver {
  message(message: unknown): void;
  /** Something came that cannot be read: it is lost. */
  unreadable(): void;
  /** The other end is gone for good. Not every endpoint tells. */
  closed(): void;
}

/**
 * Listens to an endpoint, whichever kind it is, until the result is called.
 *
 * @throws {MisuseError} when it is a window, to which pages of any origin may post.
 */
export function listenTo(endpoint: MessageEndpoint, receiver: EndpointReceiver): () => void {
  if ("document" in endpoint) {
    throw new MisuseError(
      "A window is no endpoint, for pages of any origin may post to it. Hand over a port of a MessageChannel.",
    );
  }
  const unreadable = () => receiver.unreadable();
  const closed = () => receiver.closed();
  if ("addEventListener" in endpoint) {
    const message = ({ data }: PostedEvent) => receiver.message(data);
    const listeners = { message, messageerror: unreadable, close: closed };
    for (const [type, listener] of Object.entries(listeners)) endpoint.addEventListener(type, listener);
    // A port holds what comes until it is told to start.
    if ("start" in endpoint) (endpoint as { start(): void }).start();
    return () => {
      for (const [type, listener] of Object.entries(listeners)) endpoint.removeEventListener(type, listener);
    };
  }
  const listeners = {
    message: (data: unknown) => receiver.message(data),
    messageerror: unreadable,
    exit: closed,
  };
  for (const [event, listener] of Object.entries(listeners)) endpoint.on(event, listener);
  return () => {
    for (const [event, listener] of Object.entries(listeners)) endpoint.off(event, listener);
  };
}

/** Whether more than two ends hear what is posted. */
export function isBroadcast(endpoint: MessageEndpoint): boolean {
  return typeof BroadcastChannel === "function" && endpoint instanceof BroadcastChannel;
}

/** Whether it tells that its other end is gone: Node's ports and workers do, and the ports of newer browsers. */
export function tellsOfEnd(endpoint: MessageEndpoint): boolean {
  if (isBroadcast(endpoint)) return false;
  return "onclose" in endpoint || "ref" in endpoint;
}
