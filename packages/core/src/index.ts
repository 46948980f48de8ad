export type {
  Bus,
  Emitted,
  HandlerContext,
  IterateOptions,
  Listening,
  ListenOptions,
  NotDoneBy,
  NotSentBy,
  Sendable,
  TaskContext,
} from "./bus.js";
export type { BusOptions } from "./bus-core.js";
export {
  type Contract,
  type Data,
  type DeliveryOf,
  defineContract,
  type ErrorsOf,
  type EventName,
  type InputOf,
  type KeyOf,
  type Named,
  type OutputOf,
  type RequestName,
  type SentBy,
  type TaskName,
} from "./contract.js";
export { createBus } from "./create-bus.js";
export type {
  Definition,
  Definitions,
  Delivery,
  EventDefinition,
  From,
  RequestDefinition,
  Side,
  TaskDefinition,
} from "./definition.js";
export { AbortedError } from "./errors/aborted-error.js";
export { ClosedError } from "./errors/closed-error.js";
export { DeclaredError } from "./errors/declared-error.js";
export { DeniedError } from "./errors/denied-error.js";
export { DisconnectedError } from "./errors/disconnected-error.js";
export { EventwireError } from "./errors/eventwire-error.js";
export { GapError } from "./errors/gap-error.js";
export { InternalError } from "./errors/internal-error.js";
export { InvalidError, type Issue } from "./errors/invalid-error.js";
export { ListenerError } from "./errors/listener-error.js";
export { MisuseError } from "./errors/misuse-error.js";
export { NoHandlerError } from "./errors/no-handler-error.js";
export { OverflowError } from "./errors/overflow-error.js";
export { TimeoutError } from "./errors/timeout-error.js";
export { UnsupportedError } from "./errors/unsupported-error.js";
export { type EventOptions, event } from "./event.js";
export type { Gap } from "./gap.js";
export type { Key } from "./key.js";
export type { CloseReason, Link, LinkFacts, LinkReceiver, LinkSource } from "./link.js";
export type { Context, Message, MessageOf, MessagesByPattern, Offset, Peer, Receipt } from "./message.js";
export type { Matching, Pattern } from "./pattern.js";
export type { Failure, Reply, RequestFailure, RequestFailureCode, Result } from "./reply.js";
export { type RequestOptions, request } from "./request.js";
export { type Runtime, systemRuntime } from "./runtime.js";
export { type Input, type Output, type Repeatable, type Schema, unchecked } from "./schema.js";
export type { Subscription } from "./subscription.js";
export { type TaskOptions, task } from "./task.js";
