import { defineContract, event, type Named, request, task } from "@eventwire/core";
import { anything, checked, number, record, text, textOrNumber } from "./checked.js";

const said = checked(record({ room: textOrNumber, text }));
const price = checked(record({ symbol: text, amount: number }));
const terms = checked(record({ dividend: number, divisor: number }));

const definitions = defineContract({
  "number.counted": event(checked(number)),
  "word.said": event(said, { key: ({ room }) => room }),
  "price.changed": event(price, { delivery: "volatile", key: ({ symbol }) => symbol }),
  "note.added": event(checked(text), { from: "both" }),
  "note.shared.widely": event(checked(text), { from: "both" }),
  "shout.made": event(said, { from: "both", key: ({ room }) => room }),
  "value.changed": event(checked(anything), { from: "both" }),
  "deed.recorded": event(checked(text), { from: "both", delivery: "durable" }),
  "deed.signed": event(said, { delivery: "durable", key: ({ room }) => room }),
  "deed.agreed": event(said, { from: "both", delivery: "durable", key: ({ room }) => room }),
  "thought.passed": event<{ readonly about: string }>(),
  "parcel.carry": task(checked(text)),
  "letter.copy": task(said, {
    key: ({ room }) => room,
    attempts: 2,
    backoff: { initial: 0 },
    result: checked(text),
  }),
  "division.result": request({
    input: terms,
    output: checked(number),
    errors: { DivisionByZero: checked(record({ dividend: number })) },
  }),
  "value.echo": request({ input: checked(anything), output: checked(anything) }),
  "number.series": request({
    input: checked(record({ from: number, count: number })),
    item: checked(number),
    errors: { SeriesBroken: checked(record({ at: number })) },
  }),
  "note.approval": request({
    input: checked(text),
    output: checked(anything),
    errors: { NoteLost: checked(record({ note: text })) },
    by: "client",
  }),
  "note.lines": request({ input: checked(text), item: checked(text), by: "client" }),
  /** Answered by the suite itself: once it is, what this client said before has been heard. */
  "suite.synchronised": request({ input: checked(number), output: checked(number) }),
}).definitions;

/** What the behavioural suite speaks. */
export interface BehaviourContract extends Named<{ readonly definitions: typeof definitions }> {}
/** The contract to create the buses of a {@link BehaviourHarness} with. */
export const behaviourContract: BehaviourContract = { definitions };

const { "number.counted": counted, "note.added": added, "note.shared.widely": shared } = definitions;
/** The part of the contract that a listener of everything can have: live events with schemas. */
export const livePart = defineContract({
  "number.counted": counted,
  "note.added": added,
  "note.shared.widely": shared,
});
