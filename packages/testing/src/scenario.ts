import {
  type Bus,
  type Contract,
  type Data,
  type ErrorsOf,
  type EventName,
  type InputOf,
  MisuseError,
  type OutputOf,
  type RequestFailureCode,
  type RequestName,
  type StreamedName,
} from "@eventwire/core";
import type { VirtualClock, VirtualClockOptions } from "@eventwire/queue/virtual-clock";
import type { Expected } from "./partial.js";
import { Play } from "./scenario/play.js";
import { type Step, steps } from "./scenario/steps.js";

/** What a client sends with an event, if a scenario wants it to come from one. */
export interface FromClient {
  /** Who it is, as `authenticate` would have answered. */
  readonly user: unknown;
}

/** An event that happens: its name and data. */
export type Happening<C extends Contract> = {
  [N in EventName<C>]: readonly [name: N, data: Data<C, N>, from?: FromClient];
}[EventName<C>];

/** A request that is asked: its name and input. */
export type Question<C extends Contract> = {
  [N in RequestName<C>]: readonly [name: N, input: InputOf<C, N>];
}[RequestName<C>];

/** An event that is to be emitted: its name, and some of its data. */
export type Outcome<C extends Contract, N extends EventName<C>> = readonly [
  name: N,
  data?: Expected<Data<C, N>>,
];

/** The events of these names that are to be emitted, in this order. */
export type Outcomes<C extends Contract, Names extends readonly EventName<C>[]> = {
  readonly [Index in keyof Names]: Outcome<C, Names[Index]>;
};

/** What is tested: subscribes its listeners and handlers to a bus. Where it waits for a time, it has to be the clock's. */
export type Reaction<C extends Contract> = (bus: Bus<C, "server">, clock: VirtualClock) => unknown;

/**
 * A story of what happens to a reaction and what it does about that, told in one chain and awaited. It fails with an
 * {@link ExpectationError} that tells the story so far.
 *
 * Nothing goes unnoticed: each event that the reaction emits has to be expected, in order and at its time, and so has each
 * error that is reported, and each failure of a request.
 */
export interface Scenario<C extends Contract> extends Promise<void> {
  /** These events have happened. What the reaction emits at once because of them is of no interest. */
  given(...events: readonly Happening<C>[]): Scenario<C>;
  /** These events happen, or requests are asked, one after the other. */
  when(...messages: readonly (Happening<C> | Question<C>)[]): Scenario<C>;
  /** So many milliseconds pass. What is expected next is emitted exactly then, and nothing before. */
  after(milliseconds: number): Scenario<C>;
  /** So many milliseconds pass. What is expected next is emitted at some time in them. */
  within(milliseconds: number): Scenario<C>;
  /** The reaction has emitted these events and no others since the last expectation. */
  expect<const Names extends readonly [EventName<C>, ...EventName<C>[]]>(
    ...events: Outcomes<C, Names>
  ): Scenario<C>;
  /** The reaction has emitted nothing since the last expectation. */
  expectNothing(): Scenario<C>;
  /** An error of this code was reported, such as `"ListenerFailed"`; its message, or that of its cause, has this text. */
  expectError(code: string, text?: string | RegExp): Scenario<C>;
  /** The oldest request of this name without an expectation was answered so; a streamed one with all of these items. */
  expectAnswer<N extends RequestName<C>>(
    name: N,
    answer: Expected<N extends StreamedName<C> ? readonly OutputOf<C, N>[] : OutputOf<C, N>>,
  ): Scenario<C>;
  /** The oldest request of this name without an expectation failed with this code. */
  expectFailure<N extends RequestName<C>, Code extends (keyof ErrorsOf<C, N> & string) | RequestFailureCode>(
    name: N,
    code: Code,
    detail?: Code extends keyof ErrorsOf<C, N> ? Expected<ErrorsOf<C, N>[Code]> : never,
  ): Scenario<C>;
}

/**
 * Begins a scenario: a fresh bus on a virtual clock, with what `reaction` subscribes to it.
 *
 * @example
 * ```ts
 * await scenario(shop, askForReviews)
 *   .given(["order.placed", order])
 *   .when(["payment.received", { order: "o1", amount: 20 }])
 *   .expect(["order.confirmed", { order: "o1" }])
 *   .after(7 * 86_400_000)
 *   .expect(["review.requested", { order: "o1" }]);
 * ```
 */
export function scenario<C extends Contract>(
  contract: C,
  reaction: Reaction<C>,
  options: VirtualClockOptions = {},
): Scenario<C> {
  const told: Step[] = [];
  let begun = false;
  // Begun in a later turn, when the chain is complete; and also if nobody awaits it, so that it cannot pass unseen.
  const outcome = Promise.resolve().then(() => {
    begun = true;
    return new Play(contract, reaction as unknown as Reaction<Contract>, options).perform(told);
  });
  const tell = (step: Step) => {
    if (begun) throw new MisuseError("This scenario has begun. Tell it in one chain, then await it.");
    told.push(step);
    return result;
  };
  const result = Object.assign(outcome, steps(tell)) as unknown as Scenario<C>;
  return result;
}
