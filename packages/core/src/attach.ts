import { MisuseError } from "@eventwire/queue";
import type { Bus, Listening } from "./bus.js";
import { BusCore, type BusOptions, type Uplink } from "./bus-core.js";
import { ClientKeeper } from "./client-keeper.js";
import type { Contract } from "./contract.js";
import type { Side } from "./definition.js";
import { coreOf, EventBus, typed } from "./event-bus.js";

export { type Rate, TokenBucket } from "@eventwire/queue";
/** For those who join buses over a link, or a bus and a database: the inside of a bus, below its types. Applications need none of it. */
export { isAsyncFunction } from "./ambient.js";
export { type Asking, type AskOptions, ask } from "./ask.js";
export type { Asked } from "./asked.js";
export { appendOf, textFlaw } from "./backing/admission.js";
export { decodeBody } from "./backing/body.js";
export { checkEnqueueOptions } from "./backing/enqueue-options.js";
export type { Following, Selection, Sink } from "./backing/feed.js";
export { Interrupted } from "./backing/interrupted.js";
export { isJournal } from "./backing/journal.js";
export { isPassing } from "./backing/passing.js";
export { offsetOf, type Place, placeOf } from "./backing/place.js";
export { StoredMessage } from "./backing/stored-message.js";
export { RemoteTask } from "./backing/task-message.js";
export type * from "./backing/task-wire.js";
export { decodeState, decodeWhole, type TenureState } from "./backing/tenure-state.js";
export type {
  Backing,
  FollowingFrom,
  FollowStart,
  JoinedMember,
  NewWork,
  RemoteWorker,
} from "./backing.js";
export type { Begun } from "./begun.js";
export {
  BusCore,
  type BusOptions,
  type Ends,
  type FollowWish,
  type GroupWorker,
  type JoinWish,
  type Membership,
  type Uplink,
} from "./bus-core.js";
export { Cancellation } from "./cancellation.js";
export { type Cause, Chain, idOf, maxCauses } from "./cause.js";
export { defaultLease, shortestLease } from "./check-work.js";
export { requestDefinition } from "./contract.js";
export { defaultTimeout, withDeadline, within } from "./deadline.js";
export type { Definition, EventDefinition, RequestDefinition, TaskDefinition } from "./definition.js";
export { clientMark } from "./dispatcher.js";
export { CancelledError } from "./errors/cancelled-error.js";
export { describe } from "./errors/describe.js";
export { unhandledGap } from "./errors/gap-error.js";
export { inWords } from "./errors/invalid-error.js";
export { OutcomeUnknownError } from "./errors/outcome-unknown-error.js";
export { TaskDeadError } from "./errors/task-dead-error.js";
export { UnknownTaskError } from "./errors/unknown-task-error.js";
export { decodeJson, encodeJson, isPlain } from "./json.js";
export type { Logged } from "./keeper.js";
export { isKey } from "./key.js";
export { maxDepth } from "./max-depth.js";
export { EventMessage } from "./message.js";
export { matches } from "./pattern.js";
export { isUnchecked } from "./schema.js";
export { subscription } from "./subscription.js";
export { type Items, pour, type Taker } from "./taker.js";
export { isThenable } from "./thenable.js";
export type { Tap, Topic } from "./topic.js";
export { examine, plainIssues, validate } from "./validate.js";

/** The core of a bus, through which links tap what it emits and bring in what came. */
export function attach(bus: Listening<Contract> | Bus<Contract, Side>): BusCore {
  const core = (bus as Partial<EventBus>)[coreOf];
  if (core) return core;
  throw new MisuseError("This is not a bus made by createBus() or by a link's connect().");
}

/** Creates the bus of a client, whose other half is across `uplink`. */
export function createClientBus<C extends Contract>(
  contract: C,
  options: BusOptions,
  uplinkOf: (core: BusCore) => Uplink,
): Bus<C, "client"> {
  const core = new BusCore(contract, "client", options, (core) => {
    const uplink = uplinkOf(core);
    return { uplink, keeper: new ClientKeeper(core, uplink) };
  });
  return typed(new EventBus(core, contract));
}
