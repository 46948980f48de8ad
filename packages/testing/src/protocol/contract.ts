import { defineContract, event, type Named, request, task } from "@eventwire/core";
import { anything, checked, number, record, text, textOrNumber } from "../behaviour/checked.js";
import { fussy } from "./fussy.js";

const said = checked(record({ room: textOrNumber, text }));
const block = checked(record({ key: text, text }));
const badge = checked(record({ badge: text }));
const stock = { key: ({ symbol }: { symbol: string }) => symbol };
const byKey = { key: ({ key }: { key: string }) => key };

const definitions = defineContract({
  "note.added": event(checked(text), { from: "both" }),
  "word.said": event(said, { from: "both", key: ({ room }) => room }),
  "value.changed": event(checked(anything), { from: "both" }),
  "number.counted": event(checked(number)),
  "price.changed": event(checked(record({ symbol: text, amount: number })), {
    delivery: "volatile",
    ...stock,
  }),
  "bell.rung": event(checked(number), { from: "client" }),
  "fuss.made": event(fussy, { from: "both" }),
  "deed.recorded": event(checked(text), { from: "both", delivery: "durable" }),
  "deed.signed": event(said, { delivery: "durable", key: ({ room }) => room }),
  "deed.sealed": event(checked(text), { delivery: "durable" }),
  "deed.guarded": event(checked(text), { delivery: "durable" }),
  "deed.weighed": event(checked(text), { from: "both", delivery: "durable" }),
  "deed.rationed": event(checked(text), { from: "both", delivery: "durable" }),
  "thought.passed": event<string>(),
  "parcel.carry": task(checked(text), { attempts: 3, backoff: { initial: 0 }, keep: 60_000 }),
  "parcel.keep": task(checked(text)),
  // What the rules of the application are about.
  "vault.opened": event(checked(text), { from: "both" }),
  "door.opened": event(checked(text), { from: "both" }),
  "guard.changed": event(checked(text), { from: "both" }),
  "alarm.raised": event(checked(text), { from: "both" }),
  // What becomes of what is too much.
  "block.sent": event(block, byKey),
  "block.kept": event(block, { overflow: "drop-newest", ...byKey }),
  "block.owed": event(block, { overflow: "disconnect", ...byKey }),
  "wait.ended": event(checked(text)),
  "value.echo": request({ input: checked(anything), output: checked(anything) }),
  "value.series": request({ input: checked(anything), item: checked(anything) }),
  "value.wait": request({ input: checked(text), output: checked(text) }),
  "badge.find": request({ input: badge, output: badge }),
  "division.result": request({
    input: checked(record({ dividend: number, divisor: number })),
    output: checked(number),
    errors: { DivisionByZero: checked(record({ dividend: number })) },
  }),
  "text.repeat": request({ input: checked(number), output: checked(text) }),
  "secret.told": request({ input: checked(text), output: checked(text) }),
  "lie.told": request({ input: checked(text), output: checked(text) }),
  "nobody.answers": request({ input: checked(text), output: checked(text) }),
  "vault.code": request({ input: checked(text), output: checked(text) }),
  "lamp.state": request({ input: checked(text), output: checked(text), from: "server" }),
  "number.series": request({
    input: checked(record({ from: number, count: number })),
    item: checked(number),
    errors: { SeriesBroken: checked(record({ at: number })) },
  }),
  "guard.confirm": request({
    input: badge,
    output: checked(anything),
    errors: { Asleep: checked(record({ since: number })) },
    by: "client",
  }),
  "guard.watch": request({ input: badge, item: badge, by: "client" }),
  "gauge.read": request({ input: checked(text), output: checked(number), idempotent: true }),
  // Has the client of the suite do what no frame of the protocol asks for, and tells what it learned.
  "suite.told": event(checked(anything)),
  "suite.learned": event(checked(anything), { from: "client" }),
  // Answered for the suite: each makes the server do what no frame of the protocol asks for.
  "suite.emit": request({ input: checked(anything), output: checked(anything) }),
  "suite.ask": request({ input: checked(anything), output: checked(anything) }),
  "suite.decide": request({ input: checked(anything), output: checked(anything) }),
  "suite.wait": request({ input: checked(anything), output: checked(anything) }),
  "suite.forbid": request({ input: checked(anything), output: checked(anything) }),
  "suite.leave": request({ input: checked(text), output: checked(anything) }),
}).definitions;

/** What the server, or the client, of the protocol's suite speaks. */
export interface ProtocolContract extends Named<{ readonly definitions: typeof definitions }> {}
/** The contract to create the bus of a {@link ProtocolHarness} with. */
export const protocolContract: ProtocolContract = { definitions };
