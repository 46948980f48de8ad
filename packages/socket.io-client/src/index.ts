export type { ClientBus, Connection, ConnectionState, Counters, Status } from "@eventwire/wire";
export { type ConnectOptions, connect } from "./connect.js";
