import fc from "fast-check";
import {
  bufferCount,
  bufferTime,
  count,
  filter,
  finalize,
  map,
  type Observable,
  take,
  tap,
  throwError,
  VirtualTimeScheduler,
} from "rxjs";
import { describe, expect, it, vi } from "vitest";
import { createLetters, createRefused, marbles } from "../../fixtures/letters.js";
import { read, unhandledErrors } from "../../fixtures/read.js";
import { MisuseError } from "../index.js";
import { perKey } from "../rxjs.js";

/** Windows of so many letters, each as a text. */
const windows = (length: number) => (letters: Observable<string>) =>
  letters.pipe(
    bufferCount(length),
    map((window) => `${window.join("")} `),
  );

describe("perKey", () => {
  it("windows each key by count, and gives what a window holds at the end", () => {
    marbles(({ bus, signal, emit, expectObservable }) => {
      const values = { 1: "aA ", 2: "bB ", 3: "a ", 4: "c " };
      emit("                                                              -a-b-A-B-c-a--|");
      expectObservable(perKey(bus, "letter.written", windows(2), { signal })).toBe(
        "-----1-2------(43|)",
        values,
      );
    });
  });

  it("windows each key by time, from its first event", () => {
    marbles(({ bus, signal, emit, expectObservable }) => {
      const texts = (letters: Observable<string>) =>
        letters.pipe(
          bufferTime(4),
          map((window) => window.join("")),
          filter((text) => text !== ""),
        );
      const values = { 1: "aA", 2: "b", 3: "B", 4: "a" };
      emit("                                                                  -a--bA---B-a---|");
      expectObservable(perKey(bus, "letter.written", texts, { signal })).toBe("-----1--2---34-|", values);
    });
  });

  it("gives the key to who wants it", () => {
    const { bus, write } = createLetters();
    const numbered = perKey(bus, "letter.written", (letters, key) =>
      letters.pipe(map((letter, index) => `${key}${index}${letter} `)),
    );
    const { line } = read(numbered);
    write("a", "B", "A");
    expect(line()).toBe("a0a b0B a1A ");
  });

  it("gives only the key that is asked for", () => {
    const { bus, write } = createLetters();
    const { line } = read(perKey(bus, "letter.written", windows(2), { key: "b" }));
    write("a", "b", "A", "B");
    expect(line()).toBe("bB ");
  });

  it("ends a key that has had no event for its age, and begins it again at its next", () => {
    marbles(({ bus, signal, emit, expectObservable }) => {
      const values = { 1: "a2", 2: "b2", 3: "a1" };
      const sums = (letters: Observable<string>, key: string) =>
        letters.pipe(
          count(),
          map((length) => `${key}${length}`),
        );
      const counts = perKey(bus, "letter.written", sums, { signal, age: 5 });
      emit("                              -a--A-b--b---------a--|");
      expectObservable(counts).toBe("---------1----2-------(3|)", values);
    });
  });

  it("ends the key whose last event is the oldest to make room, so that nothing that it held is lost", () => {
    const { bus, write } = createLetters();
    const { line } = read(perKey(bus, "letter.written", windows(3), { keys: 2 }));
    write("a", "b", "A", "c");
    expect(line()).toBe("b ");
    write("b");
    expect(line()).toBe("b aA ");
    write("B", "b", "c");
    expect(line()).toBe("b aA bBb ");
  });

  it("loses nothing, whatever the windows and the number of keys", async () => {
    const letter = fc.constantFrom(..."abcdef");
    const size = fc.integer({ min: 1, max: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(letter), size, size, async (letters, length, keys) => {
        const { bus, write } = createLetters();
        const given: string[] = [];
        let [open, mostOpen] = [0, 0];
        perKey(
          bus,
          "letter.written",
          (letters) => {
            open += 1;
            mostOpen = Math.max(mostOpen, open);
            return letters.pipe(
              finalize(() => {
                open -= 1;
              }),
              bufferCount(length),
            );
          },
          { keys },
        ).subscribe((window) => given.push(...window));
        write(...letters);
        await bus.close();
        for (const one of "abcdef") {
          const ofKey = (other: string) => other === one;
          expect(given.filter(ofKey)).toEqual(letters.filter(ofKey));
        }
        expect(open).toBe(0);
        expect(mostOpen).toBeLessThanOrEqual(keys);
      }),
    );
  });

  it("loses nothing that a subscriber emits while a key ends", () => {
    marbles(({ bus, signal, emit, expectObservable }) => {
      const ends = perKey(
        bus,
        "letter.written",
        (letters) =>
          letters.pipe(
            count(),
            tap(() => {
              if (!again) bus.emit("letter.written", "A");
              again = true;
            }),
            map(String),
          ),
        { signal, age: 3 },
      );
      let again = false;
      emit("                         -a---------|");
      expectObservable(ends).toBe("  ----1--1---|");
    });
  });

  it("gives nothing more of a key whose project has ended, until the key begins again", () => {
    const { bus, write } = createLetters();
    const { line } = read(perKey(bus, "letter.written", take(1), { keys: 1 }));
    write("a", "A", "b", "A");
    expect(line()).toBe("abA");
  });

  it("listens on its own for each subscriber, and not after", () => {
    const { bus, write } = createLetters();
    const listen = vi.spyOn(bus, "on");
    const pairs = perKey(bus, "letter.written", windows(2));
    const early = read(pairs);
    write("a");
    const late = read(pairs);
    write("a", "a");
    expect([early.line(), late.line(), listen.mock.calls.length]).toEqual(["aa ", "aa ", 2]);
    early.stop();
    write("a");
    expect([early.line(), late.line()]).toEqual(["aa ", "aa "]);
    late.stop();
  });

  it("has one timer a key, and leaves none behind", () => {
    const { bus, write } = createLetters();
    const scheduler = new VirtualTimeScheduler();
    const { stop } = read(perKey(bus, "letter.written", windows(1), { age: 1_000, keys: 2, scheduler }));
    write("a", "b", "A", "c");
    expect(scheduler.actions).toHaveLength(2);
    stop();
    expect(scheduler.actions).toHaveLength(0);
  });

  it("completes when the bus closes, after what the keys' operators still give", async () => {
    const { bus, write } = createLetters();
    const { line } = read(perKey(bus, "letter.written", windows(3)));
    write("a", "b", "A");
    await bus.close();
    expect(line()).toBe("b aA |");
  });

  it("errors when listening is refused", async () => {
    const { bus, listening } = createRefused("letter.written");
    const { line } = read(perKey(bus, "letter.written", windows(1)));
    await vi.waitFor(() => expect(line()).toBe("#Denied"));
    expect(listening.size).toBe(0);
  });

  it("errors with what a project throws or gives, and stops listening", () => {
    const { bus, write, errors } = createLetters();
    const failing = perKey(bus, "letter.written", (_, key) => {
      if (key === "a") throw "thrown";
      return throwError(() => "given");
    });
    const [first, second] = [read(failing), read(failing)];
    write("b", "a");
    expect([first.line(), second.line(), errors]).toEqual(["#given", "#given", []]);
    const third = read(failing);
    write("a");
    expect(third.line()).toBe("#thrown");
  });

  it("leaves a subscriber that throws to RxJS, and goes on for the bus", async () => {
    const { bus, write, errors } = createLetters();
    const unhandled = unhandledErrors();
    perKey(bus, "letter.written", windows(1)).subscribe(() => {
      throw new Error("from a subscriber");
    });
    const { line } = read(perKey(bus, "letter.written", windows(1)));
    write("a", "a");
    expect([line(), errors]).toEqual(["a a ", []]);
    await vi.waitFor(() => expect(unhandled).toHaveLength(2));
  });

  it("refuses limits that are none, and errors for a name without a key", () => {
    const { bus } = createLetters();
    expect(() => perKey(bus, "letter.written", windows(1), { age: 0 })).toThrow(MisuseError);
    expect(read(perKey(bus, "office.opened" as "letter.sent", windows(1))).line()).toBe("#Misuse");
  });
});
