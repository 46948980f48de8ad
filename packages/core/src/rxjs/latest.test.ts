import fc from "fast-check";
import { first, take } from "rxjs";
import { describe, expect, it, vi } from "vitest";
import { createLetters, createRefused, type letters, marbles } from "../../fixtures/letters.js";
import { read, unhandledErrors } from "../../fixtures/read.js";
import { type Listening, MisuseError } from "../index.js";
import { latest } from "../rxjs.js";

describe("latest, to a subscriber that comes later", () => {
  it("gives the newest of each key first, in the order in which they came, then what comes", () => {
    marbles(({ bus, signal, emit, expectObservable }) => {
      const written = latest(bus, "letter.written", { signal });
      emit("                             -a-b-A------c-b-|");
      expectObservable(written).toBe("   -a-b-A------c-b-|");
      expectObservable(written, "------^").toBe("------(bA)--c-b-|");
    });
  });

  it("gives only what has come of the key that is asked for", () => {
    marbles(({ bus, signal, emit, expectObservable }) => {
      const written = latest(bus, "letter.written", { signal, key: "a" });
      emit("                               -a-b-A------c-a-|");
      expectObservable(written).toBe("     -a---A--------a-|");
      expectObservable(written, "------^").toBe("------A-------a-|");
    });
  });

  it("gives what is left when the oldest key had to make room", () => {
    marbles(({ bus, signal, emit, expectObservable }) => {
      const written = latest(bus, "letter.written", { signal, keys: 2 });
      emit("                                 -a-b-A-c--------|");
      expectObservable(written).toBe("       -a-b-A-c--------|");
      expectObservable(written, "--------^").toBe("--------(Ac)----|");
    });
  });

  it("gives no key that has had no event for its age", () => {
    marbles(({ bus, signal, emit, expectObservable }) => {
      const written = latest(bus, "letter.written", { signal, age: 5 });
      emit("                                -a-b--A-------------|");
      expectObservable(written).toBe("      -a-b--A-------------|");
      expectObservable(written, "-------^").toBe("-------(bA)---------|");
      expectObservable(written, "--------^").toBe("--------A-----------|");
      expectObservable(written, "-----------^").toBe("--------------------|");
    });
  });

  it("gives the newest of each key as a model says, however many keys there are", () => {
    const letter = fc.constantFrom(..."aAbBcCdDeE");
    fc.assert(
      fc.property(
        fc.array(letter),
        fc.array(letter),
        fc.integer({ min: 1, max: 6 }),
        (before, after, keys) => {
          const { bus, write } = createLetters();
          const written = latest(bus, "letter.written", { keys });
          const early = read(written);
          write(...before);
          const late = read(written);
          write(...after);
          const newest = before.filter((one, index) => {
            const later = before.slice(index + 1);
            return later.every((other) => other.toLowerCase() !== one.toLowerCase());
          });
          expect(early.line()).toBe([...before, ...after].join(""));
          expect(late.line()).toBe([...newest.slice(-keys), ...after].join(""));
        },
      ),
    );
  });

  it("loses and repeats nothing that its own emits bring while it gets what was there", () => {
    const { bus, write } = createLetters();
    const written = latest(bus, "letter.written");
    const early = read(written);
    write("a", "b", "c");
    const line: string[] = [];
    written.subscribe((letter) => {
      line.push(letter);
      if (letter === "b") write("A", "C", "d");
    });
    expect(line.join("")).toBe("abACd");
    expect(early.line()).toBe("abcACd");
  });

  it("loses nothing where the last of the others leaves while it gets what was there", () => {
    const { bus, write } = createLetters();
    const written = latest(bus, "letter.written");
    const early = written.subscribe();
    write("a", "b");
    const line: string[] = [];
    const late = written.subscribe((letter) => {
      line.push(letter);
      early.unsubscribe();
      if (letter === "a") write("c");
    });
    write("d");
    expect(line.join("")).toBe("abcd");
    late.unsubscribe();
    expect(read(written).line()).toBe("");
  });

  it("stops in the middle of what was there when it leaves", () => {
    const { bus, write } = createLetters();
    const written = latest(bus, "letter.written");
    read(written);
    write("a", "b", "c");
    expect(read(written.pipe(take(2))).line()).toBe("ab|");
    expect(read(written.pipe(first())).line()).toBe("a|");
  });
});

describe("latest, on its bus", () => {
  it("listens once for all its subscribers, and stops with the last of them", () => {
    const { bus, write } = createLetters();
    const listen = vi.spyOn(bus, "on");
    const written = latest(bus, "letter.written");
    expect(listen).not.toHaveBeenCalled();
    const readers = [read(written), read(written), read(written)];
    expect(listen).toHaveBeenCalledOnce();
    readers[0]!.stop();
    readers[1]!.stop();
    write("a");
    expect(readers.map(({ line }) => line())).toEqual(["", "", "a"]);
    readers[2]!.stop();
    write("b");
    expect(read(written).line()).toBe("");
    expect(listen).toHaveBeenCalledTimes(2);
  });

  it("keeps one event for each of so many keys, of however many that come", () => {
    const { bus } = createLetters();
    const parcels = latest(bus, "parcel.sent", { keys: 100 });
    const kept: number[] = [];
    parcels.subscribe();
    for (let number = 0; number < 20_000; number++) bus.emit("parcel.sent", { number });
    parcels.subscribe(({ number }) => kept.push(number));
    expect(kept).toEqual(Array.from({ length: 100 }, (_, index) => 19_900 + index));
  });

  it("keeps 10,000 keys unless it is told otherwise", () => {
    const { bus } = createLetters();
    const parcels = latest(bus, "parcel.sent");
    const kept: number[] = [];
    parcels.subscribe();
    for (let number = 0; number < 10_001; number++) bus.emit("parcel.sent", { number });
    parcels.subscribe(({ number }) => kept.push(number));
    expect([kept.length, kept[0]]).toEqual([10_000, 1]);
  });

  it("gives what a subscriber emits to all of them in one order", () => {
    const { bus, write } = createLetters();
    const written = latest(bus, "letter.written");
    const before = read(written);
    written.subscribe((letter) => {
      if (letter === "a") write("b", "c");
    });
    const after = read(written);
    write("a", "d");
    expect([before.line(), after.line()]).toEqual(["abcd", "abcd"]);
  });

  it("leaves a subscriber that throws to RxJS, and goes on for the others and for the bus", async () => {
    const { bus, write, errors } = createLetters();
    const unhandled = unhandledErrors();
    const written = latest(bus, "letter.written");
    written.subscribe(() => {
      throw new Error("from a subscriber");
    });
    const other = read(written);
    write("a", "b");
    expect(other.line()).toBe("ab");
    await vi.waitFor(() => expect(unhandled).toHaveLength(2));
    expect(errors).toEqual([]);
  });
});

describe("latest, at its end", () => {
  it("completes when the bus closes; who comes after gets nothing but that", async () => {
    const { bus, write } = createLetters();
    const written = latest(bus, "letter.written");
    const early = read(written);
    let again: ReturnType<typeof read> | undefined;
    written.subscribe({
      complete: () => {
        again = read(written);
      },
    });
    write("a");
    await bus.close();
    expect([early.line(), again?.line(), read(written).line()]).toEqual(["a|", "|", "|"]);
  });

  it("errors for every subscriber when listening is refused, and asks again for the next", async () => {
    const { bus, listening } = createRefused("letter.written");
    const written = latest(bus, "letter.written");
    const readers = [read(written), read(written)];
    await vi.waitFor(() => expect(readers.map(({ line }) => line())).toEqual(["#Denied", "#Denied"]));
    expect(listening.size).toBe(0);
    const next = read(written);
    await vi.waitFor(() => expect(next.line()).toBe("#Denied"));
  });

  it("errors for a name without a key, and for one that the contract lacks", () => {
    const bus: Listening<typeof letters> = createLetters().bus;
    expect(read(latest(bus, "office.opened" as "letter.sent")).line()).toBe("#Misuse");
    expect(read(latest(bus, "letter.lost" as "letter.sent")).line()).toBe("#Misuse");
    expect(read(latest({} as typeof bus, "letter.sent")).line()).toBe("#Misuse");
  });

  it.each([{ keys: 0 }, { keys: 1.5 }, { keys: Number.NaN }, { age: 0 }, { age: -1 }, { age: Number.NaN }])(
    "refuses %o",
    (options) => {
      const { bus } = createLetters();
      expect(() => latest(bus, "letter.written", options)).toThrow(MisuseError);
    },
  );
});
