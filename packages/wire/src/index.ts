export type {
  Allow,
  CachedQuestion,
  CachedRule,
  EmitQuestion,
  EnqueueQuestion,
  GroupQuestion,
  ListenQuestion,
  RequestQuestion,
  Rule,
  TaskQuestion,
  Verdict,
  WorkQuestion,
} from "./allow.js";
export type { ClientOptions } from "./client.js";
export { connectClient } from "./connect-client.js";
export type { ClientBus, Connection } from "./connection.js";
export type { Counters } from "./counters.js";
export { createClient } from "./create-client.js";
export type { Principal } from "./credentials.js";
export { type Attempt, Dialer, hop, type ReconnectOptions } from "./dialer.js";
export { type DrainOptions, drainingCode } from "./draining.js";
export { everyKey } from "./every-key.js";
export type { ExplainQuestion, Explanation } from "./explanation.js";
export type { Failure } from "./failure.js";
export { fingerprint } from "./fingerprint.js";
export { decodeFrame, encodeFrame, encodeMessage } from "./frames.js";
export { type Addressed, createHub, type Hub, type ServeOptions } from "./hub.js";
export { defaultLimits, type Limits } from "./limits.js";
export { type Carrier, highWater, LinkEnd } from "./link-end.js";
export { isBoundedKey } from "./message-shapes.js";
export { eventsOf, protocolVersion, type WireMessage } from "./messages.js";
export { allowsOrigin, type Origins } from "./origins.js";
export type { Outbox, OutboxOptions, OutboxStatus } from "./outbox-options.js";
export type { ConnectedPeer } from "./peer.js";
export type {
  ClientEvents,
  PlainFailure,
  PlainRefusal,
  PlainTaskFailure,
  ServerEvents,
} from "./plain-events.js";
export type { PlainJson } from "./plain-json.js";
export type { Rate } from "./rates.js";
export { receiverFailure } from "./receiver-failure.js";
export {
  type EncodePacket,
  type EnginePacket,
  endEvent,
  frameEvent,
  lanesEvent,
  maxLanes,
  type PacketTaker,
  SocketPackets,
} from "./socket-packets.js";
export type { ConnectionState, Status } from "./status.js";
export { frameSize } from "./utf8.js";
export { type Page, watchWake } from "./wake.js";
