import { DisconnectedError } from "@eventwire/core";
import { VirtualClock } from "@eventwire/queue/virtual-clock";
import { expect, it, vi } from "vitest";
import { Questions } from "./questions.js";

function createQuestions() {
  const runtime = new VirtualClock();
  let ref = 0;
  const questions = new Questions(runtime, () => ++ref);
  const settle = { resolve: vi.fn(), reject: vi.fn() };
  return { questions, runtime, settle };
}

const lost = (name: string) => new DisconnectedError(`"${name}" was lost.`);

it("asks with the time that is left and the input as it was", async () => {
  const { questions, runtime, settle } = createQuestions();
  const input = { list: [1n] };
  const ref = questions.add("a", input, 100, settle);
  input.list.push(2n);
  await runtime.advance(40);
  expect(questions.send(ref)).toBe('["request",1,"a",60,{"list":[{"$":["bigint","1"]}]}]');
  await runtime.advance(100);
  expect(questions.send(ref)).toContain('"a",0,');
});

it("writes a number for a time without end", () => {
  const { questions, settle } = createQuestions();
  const ref = questions.add("a", 1, Number.POSITIVE_INFINITY, settle);
  expect(JSON.parse(questions.send(ref)!)).toEqual(["request", 1, "a", Number.MAX_SAFE_INTEGER, 1]);
});

it("is answered once", () => {
  const { questions, settle } = createQuestions();
  const ref = questions.add("a", 1, 100, settle);
  expect(questions.take(ref)?.name).toBe("a");
  expect(questions.take(ref)).toBeUndefined();
  expect(questions.send(ref)).toBeUndefined();
});

it("keeps nothing of an input that cannot be encoded", () => {
  const { questions, settle } = createQuestions();
  expect(() => questions.add("a", () => 1, 100, settle)).toThrow(/function/);
  expect(questions.unsent()).toEqual([]);
});

it("rejects what was sent over a lost link, and keeps what was not", () => {
  const { questions, settle } = createQuestions();
  const sent = questions.add("a", 1, 100, settle);
  const unsent = questions.add("b", 1, 100, { ...settle, reject: vi.fn() });
  questions.send(sent);
  questions.rejectAll(lost, "sent");
  expect(settle.reject).toHaveBeenCalledExactlyOnceWith(
    expect.objectContaining({ message: '"a" was lost.' }),
  );
  expect(questions.unsent()).toEqual([unsent]);
  questions.rejectAll(lost, "all");
  expect(questions.unsent()).toEqual([]);
});
