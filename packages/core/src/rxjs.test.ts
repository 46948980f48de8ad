import { bufferCount, firstValueFrom, lastValueFrom, map, merge, type Observable, take, toArray } from "rxjs";
import { describe, expect, it } from "vitest";
import { type board, countAbortListeners, createBoard } from "../fixtures/board.js";
import type { Listening } from "./index.js";
import { stream } from "./rxjs.js";

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

  it("errors when listening is refused", async () => {
    const { bus, errors } = createBoard();
    await expect(firstValueFrom(stream(bus, "order.placed"))).rejects.toMatchObject({ code: "Unsupported" });
    expect(errors).toEqual([]);
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
});
