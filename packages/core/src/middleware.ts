import type { HandlerContext } from "./bus.js";
import type {
  Contract,
  Data,
  ErrorsOf,
  EventName,
  InputOf,
  KeyOf,
  RequestName,
  TaskName,
} from "./contract.js";
import type { MessageOf } from "./message.js";
import type { TaskContext } from "./task-context.js";

/** Each request of a contract, as a discriminated union by `name`. */
export type RequestOf<C extends Contract, N extends RequestName<C> = RequestName<C>> = N extends unknown
  ? HandlerContext<ErrorsOf<C, N>> & { readonly name: N; readonly input: InputOf<C, N> }
  : never;

/** Each task of a contract, as a discriminated union by `name`. */
export type TaskOf<C extends Contract, N extends TaskName<C> = TaskName<C>> = N extends unknown
  ? TaskContext<N, KeyOf<C, N>, C> & { readonly data: Data<C, N> }
  : never;

/**
 * What runs around emits, handlers and workers: for logging, metrics, validation and tracing. Each must call `next`
 * exactly once, or throw to refuse; its own result means nothing, so that it can forget neither an answer nor a failure.
 * The one that is used first is the outermost.
 */
export interface Middleware<C extends Contract = Contract> {
  /**
   * Around an emit on this bus, what peers emit not included: before anybody gets the event. What it throws, emit throws.
   * It is synchronous; what a promise that it returns rejects with is reported. What it emits itself passes no middleware,
   * and so cannot come back to it.
   */
  readonly emit?: ((message: MessageOf<C, EventName<C>>, next: () => void) => void) | undefined;
  /** Around the handler of a request, a peer's too. `next` resolves with the answer, of a streamed one when it has ended; what it throws fails the request. */
  readonly handle?: ((request: RequestOf<C>, next: () => Promise<unknown>) => unknown) | undefined;
  /** Around the worker of a task, at each attempt. What it throws fails the attempt. */
  readonly work?: ((task: TaskOf<C>, next: () => Promise<unknown>) => unknown) | undefined;
}
