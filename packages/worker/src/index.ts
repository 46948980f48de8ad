export type {
  Addressed,
  Allow,
  CachedQuestion,
  CachedRule,
  ClientBus,
  ConnectedPeer,
  Connection,
  ConnectionState,
  Counters,
  EmitQuestion,
  ExplainQuestion,
  Explanation,
  GroupQuestion,
  Hub,
  Limits,
  ListenQuestion,
  Principal,
  Rate,
  ReconnectOptions,
  RequestQuestion,
  Rule,
  Status,
  Verdict,
} from "@eventwire/wire";
export { everyKey } from "@eventwire/wire";
export { type ConnectOptions, connect } from "./connect.js";
export type { EmittingEndpoint, ListeningEndpoint, MessageEndpoint, SharedScope } from "./endpoint.js";
export { type ServeOptions, serve } from "./serve.js";
