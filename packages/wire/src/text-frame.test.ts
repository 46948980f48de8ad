import { InvalidError } from "@eventwire/core";
import { decodeJson, encodeJson } from "@eventwire/core/attach";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrame } from "./frames.js";
import { eventsOf, type WireMessage } from "./messages.js";
import { type EventHead, Outgoing } from "./outgoing.js";
import { idOf, runEnd, textFrame } from "./text-frame.js";

function event(data: unknown, head: Partial<EventHead> = {}): Outgoing {
  const made = {
    name: "a",
    key: undefined,
    delivery: "live",
    overflow: "drop-oldest",
    prefix: "p",
    number: 1,
    time: 5,
  } as const;
  return new Outgoing({ ...made, ...head }, encodeJson(data, "a"));
}

const other = (message: WireMessage) => new Outgoing(undefined, JSON.stringify(message));

/** Each event by itself, as a receiver takes them. */
function read(frame: string): readonly WireMessage[] {
  return decodeFrame(frame).flatMap((message) => {
    if (message instanceof InvalidError) throw message;
    return message[0] === "events" ? [...eventsOf(message)] : [message];
  });
}

describe("a frame of text", () => {
  it("has one event as it is, and those in a row as one message", () => {
    expect(textFrame([event("x", { number: 333 })])).toBe('[["event","a","x","p.99",5]]');
    expect(
      textFrame([event("x", { number: 9 }), event("y", { number: 10 }), event("z", { number: 50 })]),
    ).toBe('[["events","a","p",5,9,"x",1,"y",40,"z"]]');
    expect(textFrame([])).toBe("[]");
  });

  it("says no time of a client's events", () => {
    expect(textFrame([event("x", { time: undefined })])).toBe('[["event","a","x","p.1"]]');
    expect(textFrame([event("x", { time: undefined }), event("y", { time: undefined, number: 2 })])).toBe(
      '[["events","a","p",null,1,"x",1,"y"]]',
    );
  });

  it("keeps the id that a client chose, whatever is in it", () => {
    const id = `"],["goodbye\\"`;
    expect(read(textFrame([event("x", { prefix: id, number: undefined })]))).toEqual([
      ["event", "a", "x", id, 5],
    ]);
    const run = [event("x", { prefix: id }), event("y", { prefix: id, number: 2 })];
    expect(read(textFrame(run))).toEqual([
      ["event", "a", "x", `${id}.1`, 5],
      ["event", "a", "y", `${id}.2`, 5],
    ]);
  });

  it.each<[string, Partial<EventHead>]>([
    ["of another name", { name: "b", number: 2 }],
    ["of another bus", { prefix: "q", number: 2 }],
    ["at another time", { time: 6, number: 2 }],
    ["with the same number", { number: 1 }],
    ["with a lower number", { number: 0 }],
    ["without a number", { number: undefined }],
  ])("ends a run before an event %s", (_, head) => {
    expect(runEnd([event("x"), event("y", head)], 0)).toBe(1);
  });

  it("ends a run where the numbers fall, however high they began", () => {
    expect(runEnd([event("x"), event("y", { number: 5 }), event("z", { number: 3 })], 0)).toBe(2);
  });

  it("ends a run before what is no event", () => {
    expect(runEnd([event("x"), other(["listening", 1]), event("y", { number: 2 })], 0)).toBe(1);
  });

  it("is read as what was put in, in order", () => {
    const message = fc.oneof(
      { weight: 1, arbitrary: fc.nat(9).map((ref) => ["listening", ref] as const) },
      {
        weight: 5,
        arbitrary: fc.record({
          name: fc.constantFrom("a", "b"),
          prefix: fc.constantFrom("p", "q"),
          number: fc.option(fc.nat(40), { nil: undefined }),
          time: fc.constantFrom(5, 6, undefined),
          data: fc.jsonValue({ maxDepth: 2 }),
        }),
      },
    );
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 20 }), (messages) => {
        const outgoing = messages.map((one) => {
          if ("data" in one) return event(one.data, one);
          return other(one);
        });
        const expected = messages.map((one, index) => {
          if (!("data" in one)) return [...one];
          const event = [
            "event",
            one.name,
            decodeJson(encodeJson(one.data, one.name)),
            idOf(outgoing[index]!.head!),
          ];
          return one.time === undefined ? event : [...event, one.time];
        });
        expect(JSON.stringify(read(textFrame(outgoing)))).toBe(JSON.stringify(expected));
      }),
    );
  });
});
