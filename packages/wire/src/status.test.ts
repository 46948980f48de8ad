import { expect, it } from "vitest";
import { type Status, StatusSubject } from "./status.js";

function createStatus() {
  const errors: unknown[] = [];
  const subject = new StatusSubject(1, (error) => errors.push(error));
  const seen: string[] = [];
  const see = ({ state }: Status) => void seen.push(state);
  return { subject, errors, seen, see };
}

const reason = { code: "Lost", message: "It was lost.", retryable: true };

it("tells a watcher the current status at once, then each change", () => {
  const { subject, seen, see } = createStatus();
  const stop = subject.watch(see, undefined);
  subject.set("connected", undefined, 2);
  subject.set("connected", undefined, 3);
  expect(subject.current).toEqual({ state: "connected", reason: undefined, since: 2 });
  stop();
  subject.set("closed", reason, 4);
  expect(seen).toEqual(["connecting", "connected"]);
});

it("tells of a further reason and keeps the time of the first", () => {
  const { subject } = createStatus();
  subject.set("reconnecting", undefined, 5);
  subject.set("reconnecting", reason, 6);
  expect(subject.current).toEqual({ state: "reconnecting", reason, since: 5 });
});

it("tells no more to a watcher that another one stops, or whose signal aborts", () => {
  const { subject, seen, see } = createStatus();
  const controller = new AbortController();
  let stop: () => void = () => undefined;
  subject.watch(({ state }) => {
    if (state === "connected") stop();
  }, undefined);
  stop = subject.watch(see, undefined);
  subject.watch(see, controller.signal);
  controller.abort();
  subject.set("connected", undefined, 2);
  expect(seen).toEqual(["connecting", "connecting"]);
});

it("tells nothing to a watcher whose signal has aborted already", () => {
  const { subject, seen, see } = createStatus();
  subject.watch(see, AbortSignal.abort());
  subject.set("connected", undefined, 2);
  expect(seen).toEqual([]);
});

it("lets a watcher that throws keep the change from no other", () => {
  const { subject, errors, seen, see } = createStatus();
  subject.watch(() => {
    throw new Error("broken");
  }, undefined);
  subject.watch(see, undefined);
  subject.set("connected", undefined, 2);
  expect(seen).toEqual(["connecting", "connected"]);
  expect(errors).toHaveLength(2);
});
