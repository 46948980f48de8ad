export type {
  ClientBus,
  Connection,
  ConnectionState,
  Counters,
  ReconnectOptions,
  Status,
} from "@eventwire/wire";
export { type ConnectOptions, connect } from "./connect.js";
export type { WebSocketConstructor, WebSocketLike } from "./web-socket-like.js";
