export type {
  ClientBus,
  ClientEvents,
  Connection,
  ConnectionState,
  Counters,
  PlainFailure,
  PlainJson,
  PlainRefusal,
  PlainTaskFailure,
  ServerEvents,
  Status,
} from "@eventwire/wire";
export { type ConnectOptions, connect } from "./connect.js";
