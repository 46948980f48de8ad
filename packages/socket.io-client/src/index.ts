export type {
  ClientBus,
  ClientEvents,
  Connection,
  ConnectionState,
  Counters,
  PlainFailure,
  PlainJson,
  PlainRefusal,
  ServerEvents,
  Status,
} from "@eventwire/wire";
export { type ConnectOptions, connect } from "./connect.js";
