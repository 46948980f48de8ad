import fc from "fast-check";
import { map } from "rxjs";
import { describe, expect, it, vi } from "vitest";
import { createLetters, createRefused, marbles } from "../../fixtures/letters.js";
import { read, unhandledErrors } from "../../fixtures/read.js";
import { MisuseError } from "../index.js";
import { join } from "../rxjs.js";

const parts = { written: "letter.written", sent: "letter.sent" } as const;

/** Joined letters as one: what was written, then what was sent. */
const both = map(({ written, sent }: { readonly written: string; readonly sent: string }) => written + sent);

const values = { 1: "aa", 2: "aA", 3: "AA", 4: "bB", 5: "Aa" };

describe("join", () => {
  it("gives the newest of all names, once they have come for a key, and at each change", () => {
    marbles(({ bus, signal, emit, expectObservable }) => {
      emit("                                                   -a---b--A----|");
      emit("                                                   --a-A--B--a--|", "letter.sent");
      expectObservable(join(bus, parts, { signal }).pipe(both)).toBe("--1-2--43-5--|", values);
    });
  });

  it("gives one who subscribes later what is joined first, not what waits for its other half", () => {
    marbles(({ bus, signal, emit, expectObservable }) => {
      const joined = join(bus, parts, { signal }).pipe(both);
      emit("                                -ab---c------A--|");
      emit("                                --aB-----------b|", "letter.sent");
      expectObservable(joined).toBe("       --14---------6-7|", { ...values, 6: "Aa", 7: "bb" });
      expectObservable(joined, "-------^").toBe("-------(14)--6-7|", { ...values, 6: "Aa", 7: "bb" });
    });
  });

  it("joins only the key that is asked for", () => {
    marbles(({ bus, signal, emit, expectObservable }) => {
      emit("                                              -a---b---A---|");
      emit("                                              --a-B---A----|", "letter.sent");
      expectObservable(join(bus, parts, { signal, key: "a" }).pipe(both)).toBe("--1-----23---|", values);
    });
  });

  it("forgets both halves of a key that has had no event for its age", () => {
    marbles(({ bus, signal, emit, expectObservable }) => {
      emit("                                              -a----------a------|");
      emit("                                              --a------A----A----|", "letter.sent");
      expectObservable(join(bus, parts, { signal, age: 5 }).pipe(both)).toBe("--1---------2-2----|", values);
    });
  });

  it("gives what a model says, however few keys are kept", () => {
    const letter = fc.constantFrom(..."aAbBcC");
    const name = fc.constantFrom("letter.written" as const, "letter.sent" as const);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, letter)), fc.integer({ min: 1, max: 4 }), (events, keys) => {
        const { bus } = createLetters();
        const { line } = read(join(bus, parts, { keys }).pipe(both));
        const expected: string[] = [];
        let kept: { key: string; "letter.written"?: string; "letter.sent"?: string }[] = [];
        for (const [name, letter] of events) {
          bus.emit(name, letter);
          const key = letter.toLowerCase();
          const now = { ...kept.find((one) => one.key === key), key, [name]: letter };
          kept = [...kept.filter((one) => one.key !== key), now].slice(-keys);
          if (now["letter.written"] && now["letter.sent"])
            expected.push(now["letter.written"] + now["letter.sent"]);
        }
        expect(line()).toBe(expected.join(""));
      }),
    );
  });

  it("gives each time another object, which nothing changes any more", () => {
    const { bus, write } = createLetters();
    const given: unknown[] = [];
    join(bus, parts).subscribe((joined) => given.push(joined));
    bus.emit("letter.sent", "a");
    write("a", "A");
    expect(given).toEqual([
      { written: "a", sent: "a" },
      { written: "A", sent: "a" },
    ]);
  });

  it("listens once to each name for all its subscribers, and stops with the last of them", () => {
    const { bus, write } = createLetters();
    const listen = vi.spyOn(bus, "on");
    const joined = join(bus, parts).pipe(both);
    const readers = [read(joined), read(joined)];
    expect(listen.mock.calls.map(([name]) => name)).toEqual(["letter.written", "letter.sent"]);
    write("a");
    for (const { stop } of readers) stop();
    bus.emit("letter.sent", "a");
    const { line } = read(joined);
    bus.emit("letter.sent", "a");
    expect([...readers.map(({ line }) => line()), line()]).toEqual(["", "", ""]);
  });

  it("joins the events of one name under two, and more than two names", () => {
    const { bus, write } = createLetters();
    const three = { ...parts, again: "letter.sent" } as const;
    const { line } = read(join(bus, three).pipe(map(({ written, sent, again }) => written + sent + again)));
    write("a");
    bus.emit("letter.sent", "A");
    expect(line()).toBe("aAA");
  });

  it("keeps the order of the bus where a subscriber emits", () => {
    const { bus, write } = createLetters();
    const joined = join(bus, parts).pipe(both);
    joined.subscribe((letters) => {
      if (letters === "aa") write("A", "b");
    });
    const { line } = read(joined);
    write("a");
    bus.emit("letter.sent", "a");
    expect(line()).toBe("aaAa");
  });

  it("leaves a subscriber that throws to RxJS, and goes on for the others and for the bus", async () => {
    const { bus, write, errors } = createLetters();
    const unhandled = unhandledErrors();
    const joined = join(bus, parts).pipe(both);
    joined.subscribe(() => {
      throw new Error("from a subscriber");
    });
    const { line } = read(joined);
    write("a");
    bus.emit("letter.sent", "a");
    expect([line(), errors]).toEqual(["aa", []]);
    await vi.waitFor(() => expect(unhandled).toHaveLength(1));
  });

  it("completes when the bus closes", async () => {
    const { bus } = createLetters();
    const { line } = read(join(bus, parts).pipe(both));
    await bus.close();
    expect(line()).toBe("|");
  });

  it("errors, and stops listening to all of its names, when one of them is refused", async () => {
    const { bus, listening } = createRefused("letter.sent");
    const { line } = read(join(bus, parts).pipe(both));
    expect(listening).toEqual(new Set(["letter.written", "letter.sent"]));
    await vi.waitFor(() => expect(line()).toBe("#Denied"));
    expect(listening.size).toBe(0);
  });

  it("refuses limits that are none, and errors for a name without a key", () => {
    const { bus } = createLetters();
    expect(() => join(bus, parts, { keys: 0 })).toThrow(MisuseError);
    const keyless = join(bus, { ...parts, opened: "office.opened" as "letter.sent" }).pipe(both);
    expect(read(keyless).line()).toBe("#Misuse");
  });
});
