import {
  bufferCount,
  bufferTime,
  lastValueFrom,
  map,
  merge,
  type Observable,
  share,
  take,
  toArray,
} from "rxjs";
import { describe, expect, it, vi } from "vitest";
import { type board, countAbortListeners, createBoard } from "../../fixtures/board.js";
import { createRefused, marbles } from "../../fixtures/letters.js";
import { read, unhandledErrors } from "../../fixtures/read.js";
import { attach } from "../attach.js";
import type { Listening } from "../index.js";
import { stream } from "../rxjs.js";

/** Writes what an observable does as a line of marbles: a letter an event, `|` its completion, `#` its error. */
function observe(source: Observable<unknown>) {
  const marbles: string[] = [];
  const subscription = source.subscribe({
    next: (value) => marbles.push(String(value)),
    error: (error: { code: string }) => marbles.push(`#${error.code}`),
    complete: () => marbles.push("|"),
  });
  return { subscription, marbles: () => marbles.join("-") };
}

describe("stream", () => {
  it("gives the events of a name in order, from the subscription on", () => {
    const { bus } = createBoard();
    const chat = stream(bus, "chat.said");
    bus.emit("chat.said", "too early");
    const { marbles } = observe(chat);
    for (const text of ["a", "b", "c"]) bus.emit("chat.said", text);
    expect(marbles()).toBe("a-b-c");
  });

  it("gives the messages of a pattern, across names, in order", () => {
    const { bus } = createBoard();
    const { marbles } = observe(stream(bus, "room.*").pipe(map((message) => message.name)));
    bus.emit("room.opened", { name: "r" });
    bus.emit("chat.said", "x");
    bus.emit("room.floor.cleaned", 1);
    expect(marbles()).toBe("room.opened-room.floor.cleaned");
  });

  it("gives the events of its key only", () => {
    const { bus } = createBoard();
    const { marbles } = observe(stream(bus, "room.opened", { key: "b" }).pipe(map(({ name }) => name)));
    for (const name of ["a", "b", "c", "b"]) bus.emit("room.opened", { name });
    expect(marbles()).toBe("b-b");
  });

  it("gives every subscriber the same, each from its own begin", () => {
    const { bus } = createBoard();
    const chat = stream(bus, "chat.said");
    const first = observe(chat);
    bus.emit("chat.said", "a");
    const second = observe(chat);
    bus.emit("chat.said", "b");
    expect([first.marbles(), second.marbles()]).toEqual(["a-b", "b"]);
  });

  it("stops when unsubscribed, also within an event", () => {
    const { bus } = createBoard();
    const { subscription, marbles } = observe(stream(bus, "chat.said"));
    bus.emit("chat.said", "a");
    subscription.unsubscribe();
    bus.emit("chat.said", "b");
    expect(marbles()).toBe("a");
    const taken = observe(stream(bus, "chat.said").pipe(take(1)));
    bus.emit("chat.said", "c");
    bus.emit("chat.said", "d");
    expect(taken.marbles()).toBe("c-|");
  });

  it("completes when the bus closes, and at once when it is closed", async () => {
    const { bus } = createBoard();
    const { marbles } = observe(stream(bus, "chat.said"));
    bus.emit("chat.said", "a");
    await bus.close();
    expect(marbles()).toBe("a-|");
    expect(observe(stream(bus, "chat.said")).marbles()).toBe("|");
  });

  it("completes when its signal aborts, and at once when it has", () => {
    const { bus } = createBoard();
    const controller = new AbortController();
    const chat = stream(bus, "chat.said", { signal: controller.signal });
    const { marbles } = observe(chat);
    bus.emit("chat.said", "a");
    controller.abort();
    bus.emit("chat.said", "b");
    expect(marbles()).toBe("a-|");
    expect(observe(chat).marbles()).toBe("|");
  });

  it("leaves no listener on its signal", () => {
    const { bus } = createBoard();
    const { signal } = new AbortController();
    const count = countAbortListeners(signal);
    const { subscription } = observe(stream(bus, "chat.said", { signal }));
    expect(count()).toBeGreaterThan(0);
    subscription.unsubscribe();
    expect(count()).toBe(0);
  });

  it("leaves nothing with its bus when it is unsubscribed", () => {
    const { bus } = createBoard();
    const core = attach(bus);
    const { onClose } = core;
    let waiting = 0;
    vi.spyOn(core, "onClose").mockImplementation((end) => {
      const forget = onClose.call(core, end);
      waiting += 1;
      return () => {
        waiting -= 1;
        forget();
      };
    });
    const { subscription } = observe(stream(bus, "chat.said"));
    expect([waiting, core.topics.get("chat.said")!.everyKey.size]).toEqual([1, 1]);
    subscription.unsubscribe();
    expect([waiting, core.topics.get("chat.said")!.everyKey.size]).toEqual([0, 0]);
  });

  it("errors when listening is refused", async () => {
    const { bus, listening } = createRefused("letter.sent");
    const { line } = read(stream(bus, "letter.sent"));
    await vi.waitFor(() => expect(line()).toBe("#Denied"));
    expect(listening.size).toBe(0);
  });

  it("errors for a name that the contract lacks", () => {
    const { bus } = createBoard();
    expect(observe(stream(bus, "chat.sad" as "chat.said")).marbles()).toBe("#Misuse");
  });

  it("errors for what is no bus", () => {
    expect(observe(stream({} as Listening<typeof board>, "chat.said")).marbles()).toBe("#Misuse");
  });

  it("composes with the operators of RxJS", async () => {
    const { bus } = createBoard();
    const lengths = stream(bus, "chat.said").pipe(map((text) => text.length));
    const counts = stream(bus, "room.floor.cleaned");
    const pairs = lastValueFrom(merge(lengths, counts).pipe(bufferCount(2), toArray()));
    bus.emit("chat.said", "four");
    bus.emit("room.floor.cleaned", 5);
    bus.emit("chat.said", "sixsix");
    await bus.close();
    await expect(pairs).resolves.toEqual([[4, 5], [6]]);
  });

  it("takes its place in the time of a test's scheduler", () => {
    marbles(({ bus, signal, emit, expectObservable }) => {
      const pairs = stream(bus, "letter.written", { signal }).pipe(
        bufferTime(5),
        map((letters) => letters.join("")),
      );
      emit("                           -a-b---c------|");
      expectObservable(pairs).toBe("   -----1----2---(3|)", { 1: "ab", 2: "c", 3: "" });
    });
  });

  it("gives every subscriber what one of them emits after what is under way", () => {
    const { bus } = createBoard();
    const chat = stream(bus, "chat.said");
    const first = observe(chat);
    chat.subscribe((text) => {
      if (text === "a") for (const next of ["b", "c"]) bus.emit("chat.said", next);
    });
    const last = observe(chat);
    bus.emit("chat.said", "a");
    bus.emit("chat.said", "d");
    expect([first.marbles(), last.marbles()]).toEqual(["a-b-c-d", "a-b-c-d"]);
  });

  it("listens once for all where it is shared, until the last has left", () => {
    const { bus } = createBoard();
    const listen = vi.spyOn(bus, "on");
    const chat = stream(bus, "chat.said").pipe(share());
    const [first, second] = [observe(chat), observe(chat)];
    bus.emit("chat.said", "a");
    first.subscription.unsubscribe();
    bus.emit("chat.said", "b");
    second.subscription.unsubscribe();
    bus.emit("chat.said", "c");
    expect([first.marbles(), second.marbles(), listen.mock.calls.length]).toEqual(["a", "a-b", 1]);
  });

  it("leaves what a subscriber throws to RxJS, and keeps the subscriber", async () => {
    const { bus, errors } = createBoard();
    const unhandled = unhandledErrors();
    const heard: string[] = [];
    stream(bus, "chat.said").subscribe((text) => {
      heard.push(text);
      throw new Error(`from a subscriber: ${text}`);
    });
    const other = observe(stream(bus, "chat.said"));
    bus.emit("chat.said", "a");
    bus.emit("chat.said", "b");
    expect([heard, other.marbles(), errors]).toEqual([["a", "b"], "a-b", []]);
    await vi.waitFor(() =>
      expect(unhandled.map(String)).toEqual(["Error: from a subscriber: a", "Error: from a subscriber: b"]),
    );
  });

  it("errors with what an operator throws, and stops listening", () => {
    const { bus, errors } = createBoard();
    const failing = stream(bus, "chat.said").pipe(
      map((text) => {
        if (text === "b") throw { code: "Broken" };
        return text;
      }),
    );
    const { marbles } = observe(failing);
    for (const text of ["a", "b", "c"]) bus.emit("chat.said", text);
    expect([marbles(), errors]).toEqual(["a-#Broken", []]);
  });
});
