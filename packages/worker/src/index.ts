export type {
  Addressed,
  Allow,
  ClientBus,
  ConnectedPeer,
  Connection,
  ConnectionState,
  Counters,
  EmitQuestion,
  Hub,
  Limits,
  ListenQuestion,
  Principal,
  ReconnectOptions,
  RequestQuestion,
  Rule,
  Status,
} from "@eventwire/wire";
export { type ConnectOptions, connect } from "./connect.js";
export type { EmittingEndpoint, ListeningEndpoint, MessageEndpoint, SharedScope } from "./endpoint.js";
export { type ServeOptions, serve } from "./serve.js";
