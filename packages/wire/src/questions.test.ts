import { ClosedError, createBus, DisconnectedError } from "@eventwire/core";
import { attach, Cancellation, type Taker } from "@eventwire/core/attach";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { describe, expect, it, vi } from "vitest";
import { building } from "../fixtures/building.js";
import { settle } from "../fixtures/settle.js";
import { Deadlines } from "./deadlines.js";
import { type QuestionChannel, Questions } from "./questions.js";

function createQuestions(limit?: number) {
  const runtime = new VirtualClock();
  let ref = 0;
  const core = attach(createBus(building, { runtime }));
  const questions = new Questions(core, new Deadlines(runtime, core.report), () => ++ref, limit);
  const sent: unknown[] = [];
  const channel: QuestionChannel = {
    send: (message) => sent.push(message),
    sendEncoded: (text) => sent.push(JSON.parse(text)),
    withdraw: () => false,
  };
  const cancellation = new Cancellation();
  const added = vi.spyOn(cancellation, "addEventListener");
  const removed = vi.spyOn(cancellation, "removeEventListener");
  const listening = () => added.mock.calls.length - removed.mock.calls.length;
  const ask = (name: string, input: unknown = "a", timeout = 100, taker?: Taker) => {
    const promise = questions.ask(name, input, { timeout, signal: cancellation, taker }, []);
    const outcome = vi.fn();
    promise.then(outcome, outcome);
    return outcome;
  };
  return { questions, runtime, channel, sent, ask, listening, abort: () => cancellation.abort() };
}

/** Takes an item when it is told to. */
function createTaker() {
  const items: unknown[] = [];
  let wake: (() => void) | undefined;
  let wanted = 0;
  const begun = vi.fn();
  const taker: Taker = {
    begun,
    wanted: () =>
      new Promise((resolve) => {
        wake = resolve;
        if (wanted > 0) resolve();
      }),
    give(item) {
      wanted -= 1;
      items.push(item);
    },
  };
  const take = async (count: number) => {
    wanted += count;
    wake?.();
    await settle();
  };
  return { taker, items, take, begun };
}

const lost = (name: string) => new DisconnectedError(`"${name}" was lost.`);
const disconnected = (name: string) =>
  expect.objectContaining({ code: "Disconnected", message: `"${name}" was lost.` });

describe("a question", () => {
  it("is asked with the time that is left and the input as it was", async () => {
    const { questions, runtime, channel, sent, ask } = createQuestions();
    const input = { badge: "a" };
    ask("badge.find", input);
    input.badge = "b";
    await runtime.advance(40);
    questions.connect(channel);
    expect(sent).toEqual([["request", 1, "badge.find", 60, { badge: "a" }]]);
  });

  it("whose time is over is not asked any more, and one without end is asked with a number", async () => {
    const { questions, runtime, channel, sent, ask } = createQuestions();
    const late = ask("room.size", "a", 10);
    ask("room.size", "b", Number.POSITIVE_INFINITY);
    await runtime.advance(20);
    expect(late).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "Timeout" }));
    questions.connect(channel);
    expect(sent).toMatchObject([["request", 2, "room.size", Number.MAX_SAFE_INTEGER, "b"]]);
  });

  it("is answered once, and only by its number", async () => {
    const { questions, channel, ask } = createQuestions();
    questions.connect(channel);
    const outcome = ask("room.size");
    expect(questions.receive(["answer", 2, 5])).toBe(false);
    expect(questions.receive(["answer", 1, 5])).toBe(true);
    expect(questions.receive(["answer", 1, 6])).toBe(false);
    await settle();
    expect(outcome).toHaveBeenCalledExactlyOnceWith(5);
  });

  it("keeps nothing of an input that cannot be encoded, or of a contract that cannot be checked", async () => {
    const { questions, channel, sent, ask } = createQuestions();
    expect(() => ask("room.size", () => 1)).toThrow(/function/);
    expect(() => ask("note.added")).toThrow(/is no request/);
    questions.connect(channel);
    expect(sent).toEqual([]);
  });

  it("is refused past the limit, until another is answered", async () => {
    const { questions, channel, ask } = createQuestions(1);
    questions.connect(channel);
    ask("room.size");
    expect(() => ask("room.size")).toThrow('"room.size" was not asked: 1 requests wait for this peer.');
    questions.receive(["answer", 1, 5]);
    expect(() => ask("room.size")).not.toThrow();
  });
});

describe("many questions", () => {
  it("fail each at its own time, in order, and share a timer", async () => {
    const { questions, runtime, channel, sent, ask } = createQuestions();
    questions.connect(channel);
    const failed: number[] = [];
    for (let index = 0; index < 300; index++) {
      ask("room.size", "a", 10 * (1 + (index % 3))).mockImplementation(() => failed.push(index));
    }
    expect(runtime.timers).toBe(1);
    sent.length = 0;
    for (const [round, count] of [100, 100, 100].entries()) {
      await runtime.advance(9);
      expect(failed).toEqual([]);
      await runtime.advance(1);
      expect(failed.splice(0)).toEqual(Array.from({ length: count }, (_, index) => 3 * index + round));
    }
    expect(sent).toEqual(
      [0, 1, 2].flatMap((round) =>
        Array.from({ length: 100 }, (_, index) => ["cancel", 3 * index + round + 1]),
      ),
    );
    expect(runtime.timers).toBe(0);
  });

  it("are given up at once, each with its error, and the other side is told of those that it got", async () => {
    const { questions, runtime, channel, sent, ask } = createQuestions();
    questions.connect(channel);
    const asked = ask("room.size");
    questions.disconnect(lost);
    const [waiting, other] = [ask("room.size"), ask("badge.find")];
    questions.connect({ ...channel, sendEncoded: () => undefined });
    sent.length = 0;
    questions.giveUpAll((name) => new ClosedError(`"${name}" was not answered`, name));
    await settle();
    const closed = (about: string) => expect.objectContaining({ code: "Closed", about });
    expect(asked).toHaveBeenCalledExactlyOnceWith(disconnected("room.size"));
    expect(waiting).toHaveBeenCalledExactlyOnceWith(closed("room.size"));
    expect(other).toHaveBeenCalledExactlyOnceWith(closed("badge.find"));
    expect(sent).toEqual([
      ["cancel", 2],
      ["cancel", 3],
    ]);
    expect(runtime.timers).toBe(0);
  });

  it("leave nothing with a signal that they share, once they are answered", async () => {
    const { questions, channel, listening, ask, abort } = createQuestions();
    questions.connect(channel);
    const outcomes = Array.from({ length: 100 }, () => ask("room.size"));
    expect(listening()).toBe(100);
    for (let ref = 1; ref <= 99; ref++) questions.receive(["answer", ref, 5]);
    expect(listening()).toBe(1);
    abort();
    await settle();
    expect(listening()).toBe(0);
    expect(outcomes[0]).toHaveBeenCalledExactlyOnceWith(5);
    expect(outcomes[99]).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "Aborted" }));
  });

  it("may wait for ever, or for longer than timers last", async () => {
    const { questions, runtime, channel, sent, ask } = createQuestions();
    questions.connect(channel);
    const forever = ask("room.size", "a", Number.POSITIVE_INFINITY);
    const long = ask("room.size", "a", 2 ** 40);
    expect(sent).toMatchObject([{ 3: Number.MAX_SAFE_INTEGER }, { 3: 2 ** 40 }]);
    await runtime.advance(2 ** 40);
    expect(long).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: "Timeout" }));
    expect(forever).not.toHaveBeenCalled();
  });
});

describe("a lost connection", () => {
  it("fails what was asked over it, which is never sent again, and keeps what was not", async () => {
    const { questions, channel, sent, ask } = createQuestions();
    questions.connect(channel);
    const first = ask("room.size");
    questions.disconnect(lost);
    const second = ask("room.size", "b");
    await settle();
    expect(first).toHaveBeenCalledExactlyOnceWith(disconnected("room.size"));
    sent.length = 0;
    questions.connect(channel);
    expect(sent).toMatchObject([["request", 2, "room.size", 100, "b"]]);
    questions.end(lost);
    await settle();
    expect(second).toHaveBeenCalledExactlyOnceWith(disconnected("room.size"));
  });

  it("has what may be asked twice asked again with what is left of its time, as often as it takes", async () => {
    const { questions, runtime, channel, sent, ask } = createQuestions();
    questions.connect(channel);
    const outcome = ask("gauge.read");
    for (const left of [100, 70, 40]) {
      expect(sent.splice(0)).toEqual([["request", 1, "gauge.read", left, "a"]]);
      questions.disconnect(lost);
      await runtime.advance(30);
      questions.connect(channel);
    }
    questions.receive(["answer", 1, 5]);
    await settle();
    expect(outcome).toHaveBeenCalledExactlyOnceWith(5);
  });

  it("does not send again what was given up meanwhile", () => {
    const { questions, channel, sent, ask, abort } = createQuestions();
    questions.connect(channel);
    ask("gauge.read");
    questions.disconnect(lost);
    sent.length = 0;
    abort();
    questions.connect(channel);
    expect(sent).toEqual([]);
  });
});

describe("a streamed answer", () => {
  function createStream(name = "room.watch") {
    const created = createQuestions();
    const taking = createTaker();
    created.questions.connect(created.channel);
    const outcome = created.ask(name, "a", 100, taking.taker);
    const receive = (...messages: Parameters<Questions["receive"]>[0][]) =>
      messages.map((message) => created.questions.receive(message));
    return { ...created, ...taking, outcome, receive };
  }
  const items = (count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => ["item", 1, from + index] as const);

  it("is pulled by as many items as are on their way, and by more as they are taken", async () => {
    const { sent, receive, take, begun, items: taken } = createStream();
    expect(sent.splice(0)).toMatchObject([
      ["request", 1, "room.watch", 100, "a"],
      ["pull", 1, 16],
    ]);
    receive(["streaming", 1], ...items(16));
    expect(begun).toHaveBeenCalledOnce();
    await take(7);
    expect(sent).toEqual([]);
    await take(1);
    expect(sent).toEqual([["pull", 1, 8]]);
    receive(...items(8, 16));
    await take(16);
    expect(taken).toEqual(Array.from({ length: 24 }, (_, index) => index));
    expect(sent).toHaveLength(3);
  });

  it("is pulled by as many items as its taker has room for, and gives at once what is wanted now", () => {
    const { questions, channel, sent, ask } = createQuestions();
    questions.connect(channel);
    const taken: unknown[] = [];
    const give = (item: unknown) => taken.push(item);
    ask("room.watch", "a", 100, { window: 100, begun: () => undefined, wanted: () => undefined, give });
    expect(sent.splice(0)[1]).toEqual(["pull", 1, 100]);
    for (const message of [["streaming", 1] as const, ...items(50)]) questions.receive(message);
    expect(taken).toHaveLength(50);
    expect(sent).toEqual([["pull", 1, 50]]);
  });

  it.each<[string, Parameters<Questions["receive"]>[0], unknown]>([
    ["its answer", ["answer", 1], undefined],
    ["its failure", ["failed", 1, { code: "NoRoom", message: "", detail: { nearest: "b" } }], "NoRoom"],
  ])("ends by %s, behind the items that came before", async (_, end, code) => {
    const { outcome, receive, take, items: taken } = createStream();
    receive(["streaming", 1], ...items(2), end);
    expect(receive(["item", 1, 5])).toEqual([false]);
    await take(1);
    expect(outcome).not.toHaveBeenCalled();
    await take(1);
    expect(taken).toEqual([0, 1]);
    expect(outcome).toHaveBeenCalledExactlyOnceWith(code ? expect.objectContaining({ code }) : undefined);
  });

  it.each<[string, Parameters<Questions["receive"]>[0][], string]>([
    ["more items than it was asked for", [["streaming", 1], ...items(17)], "Overflow"],
    ["items before it began", [["item", 1, 5]], "Overflow"],
    [
      "what is no item",
      [
        ["streaming", 1],
        ["item", 1, "five"],
      ],
      "Invalid",
    ],
  ])("of %s is given up", async (_, messages, code) => {
    const { outcome, receive, sent, take } = createStream();
    receive(...messages);
    await take(100);
    expect(outcome).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code }));
    expect(sent.at(-1)).toEqual(["cancel", 1]);
  });

  it("is given up where the two sides do not agree on whether it is one", async () => {
    const { outcome, receive } = createStream();
    receive(["answer", 1, 5]);
    const { questions, channel, ask, sent } = createQuestions();
    questions.connect(channel);
    const other = ask("room.size");
    questions.receive(["streaming", 1]);
    await settle();
    const unsupported = expect.objectContaining({ code: "Unsupported" });
    expect(outcome).toHaveBeenCalledExactlyOnceWith(unsupported);
    expect(other).toHaveBeenCalledExactlyOnceWith(unsupported);
    expect(sent.at(-1)).toEqual(["cancel", 1]);
  });

  it("fails with a lost connection behind its items, also where it may be asked twice", async () => {
    const { outcome, receive, questions, channel, take, sent, items: taken } = createStream("gauge.watch");
    receive(["streaming", 1], ...items(3));
    questions.disconnect(lost);
    sent.length = 0;
    questions.connect(channel);
    await take(5);
    expect(taken).toEqual([0, 1, 2]);
    expect(outcome).toHaveBeenCalledExactlyOnceWith(disconnected("gauge.watch"));
    expect(sent).toEqual([]);
  });

  it("is asked again where it may be asked twice and has not begun", async () => {
    const { questions, channel, sent, receive, take, items: taken } = createStream("gauge.watch");
    questions.disconnect(lost);
    sent.length = 0;
    questions.connect(channel);
    expect(sent).toMatchObject([
      ["request", 1, "gauge.watch", 100, "a"],
      ["pull", 1, 16],
    ]);
    receive(["streaming", 1], ...items(1));
    await take(1);
    expect(taken).toEqual([0]);
  });
});
