import { expect, it, vi } from "vitest";
import { createTexts } from "../fixtures/texts.js";
import type { Queue } from "./queue.js";
import { stream } from "./rxjs.js";

/** Each begins something that listens to the signal, and gives what ends it in a way of its own. */
const uses: Record<string, (queue: Queue<string>, signal: AbortSignal) => () => unknown> = {
  "an offer that is let in": (queue, signal) => {
    void queue.offer("b", { signal });
    return () => queue.take();
  },
  "an offer that is refused": (queue, signal) => {
    Promise.resolve(queue.offer("b", { signal })).catch(() => undefined);
    return () => queue.close({ drain: 0 });
  },
  "a drain": (queue, signal) => {
    void queue.drain({ signal });
    return () => queue.take()?.done();
  },
  "work that is ended": (queue, signal) => queue.work(() => undefined, { signal }),
  "work that ends with the queue": (queue, signal) => {
    queue.work(() => undefined, { signal });
    return () => queue.close({ drain: 0 });
  },
  "a watcher": (queue, signal) => queue.watch(() => undefined, { signal }),
  "a loop": (queue, signal) => {
    const loop = queue.entries({ signal });
    return () => loop.return?.();
  },
  "a stream": (queue, signal) => {
    const subscription = stream(queue, { signal }).subscribe();
    return () => subscription.unsubscribe();
  },
};

it.each(Object.keys(uses))("leaves nothing behind at a signal: %s", async (use) => {
  const { queue, clock } = createTexts({ capacity: 1, overflow: "wait" });
  queue.offer("a");
  queue.pause();
  const controller = new AbortController();
  const { signal } = controller;
  const added = vi.spyOn(signal, "addEventListener");
  const removed = vi.spyOn(signal, "removeEventListener");
  const listeners = () => {
    const left = added.mock.calls.map(([, listener]) => listener);
    return left.filter((listener) => !removed.mock.calls.some(([, gone]) => gone === listener)).length;
  };
  const end = uses[use]!(queue, signal);
  expect(listeners()).toBe(1);
  queue.resume();
  await end();
  await clock.settle();
  expect(listeners()).toBe(0);
});
