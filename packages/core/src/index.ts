export {
  AbortedError,
  type AsyncStore,
  ClosedError,
  EventwireError,
  MisuseError,
  OverflowError,
  type Runtime,
  systemRuntime,
} from "@eventwire/queue";
export type {
  Append,
  Appended,
  AppendedEvent,
  Broker,
  BrokerFeatures,
  ClaimedTask,
  CursorSave,
  DeadTask,
  EnqueuedTask,
  HeldCursor,
  Log,
  LogPage,
  LogQuery,
  LogRecord,
  NewTask,
  Producer,
  Settlement,
  Signals,
  TaskCounts,
  TaskLimit,
  TaskOutcome,
  TaskQuery,
  TaskState,
  Tasks,
  Write,
  Written,
} from "./broker.js";
export type {
  Answer,
  Askable,
  AskedOfPeers,
  Bus,
  Emitted,
  Handleable,
  HandlerContext,
  IterateOptions,
  Listening,
  ListenOptions,
  NotDoneBy,
  NotSentBy,
  RequestHandler,
  RequestingOptions,
  Sendable,
} from "./bus.js";
export type { BusOptions } from "./bus-core.js";
export type { Cause, Caused } from "./cause.js";
export {
  type AskedOfClients,
  type Contract,
  type Data,
  type DeliveryOf,
  type DurableName,
  defineContract,
  type ErrorsOf,
  type EventName,
  type InputOf,
  type KeyOf,
  type Named,
  type OutputOf,
  type RequestName,
  type ResultOf,
  type SentBy,
  type StreamedName,
  type TaskName,
} from "./contract.js";
export { type CreateBusOptions, createBus } from "./create-bus.js";
export type {
  Definition,
  Definitions,
  Delivery,
  EventDefinition,
  From,
  Overflow,
  RequestDefinition,
  Side,
  TaskDefinition,
  TaskRate,
} from "./definition.js";
export type { BrokerError } from "./errors/broker-error.js";
export type { CancelledError } from "./errors/cancelled-error.js";
export type { DeadError } from "./errors/dead-error.js";
export { DeclaredError } from "./errors/declared-error.js";
export { DeniedError } from "./errors/denied-error.js";
export { DisconnectedError } from "./errors/disconnected-error.js";
export { GapError } from "./errors/gap-error.js";
export { InternalError } from "./errors/internal-error.js";
export { InvalidError, type Issue } from "./errors/invalid-error.js";
export type { LeaseLostError } from "./errors/lease-lost-error.js";
export { ListenerError } from "./errors/listener-error.js";
export { NoHandlerError } from "./errors/no-handler-error.js";
export type { OutcomeUnknownError } from "./errors/outcome-unknown-error.js";
export type { TaskDeadError } from "./errors/task-dead-error.js";
export { TimeoutError } from "./errors/timeout-error.js";
export { UnavailableError } from "./errors/unavailable-error.js";
export type { UnknownTaskError } from "./errors/unknown-task-error.js";
export { UnsupportedError } from "./errors/unsupported-error.js";
export { type EventOptions, event } from "./event.js";
export type { Gap } from "./gap.js";
export type { DeadEvent, DeadEventOf, Group, GroupLag, GroupOptions, LagOptions } from "./group.js";
export type { Inspection, Observer } from "./inspection.js";
export type { Key } from "./key.js";
export type {
  CloseReason,
  Frame,
  Link,
  LinkFacts,
  LinkReceiver,
  LinkSource,
} from "./link.js";
export type {
  Context,
  Message,
  MessageOf,
  MessagesByPattern,
  Offset,
  Peer,
  Receipt,
  RequestMessage,
} from "./message.js";
export type { Middleware, RequestOf, TaskOf } from "./middleware.js";
export type { OpenOutbox, OutboxEntry, OutboxState, OutboxStore } from "./outbox.js";
export type { Matching, Pattern } from "./pattern.js";
export type { Released, ReleaseOptions } from "./released.js";
export type { Failure, Reply, RequestFailure, RequestFailureCode, Result } from "./reply.js";
export { type RequestOptions, request, type StreamOptions } from "./request.js";
export { type Input, type Output, type Repeatable, type Schema, unchecked } from "./schema.js";
export { shardCount, shardOf } from "./shard.js";
export type { Position, Since } from "./since.js";
export type { Subscription } from "./subscription.js";
export { type ResultOfSchema, type TaskOptions, task } from "./task.js";
export type { BatchResult, BatchTask, OnDone, TaskContext, WorkerResult } from "./task-context.js";
export type {
  BatchOptions,
  DeadLetter,
  EnqueueOptions,
  TaskQueue,
  TaskReceipt,
  TaskStatus,
  WorkOptions,
} from "./work.js";
