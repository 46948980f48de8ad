import { describe, expect, it, vi } from "vitest";
import { createBoard } from "../fixtures/board.js";
import { attach } from "./attach.js";
import type { Subscription } from "./index.js";

describe("a listener that joins during an event", () => {
  it("hears the next event and not the current one", () => {
    const { bus } = createBoard();
    const joined: string[] = [];
    bus.on("chat.said", (text) => {
      if (text === "first") bus.on("chat.said", (text) => joined.push(text));
    });
    bus.on("*", (message) => {
      if (message.data === "first") bus.on("*", (message) => joined.push(message.name));
    });
    bus.emit("chat.said", "first");
    expect(joined).toEqual([]);
    bus.emit("chat.said", "second");
    expect(joined).toEqual(["second", "chat.said"]);
  });

  it.each(["a new key", "a key that others listen to"])("does so by key as well: %s", (which) => {
    const { bus } = createBoard();
    const joined = vi.fn();
    if (which !== "a new key") bus.on("room.opened", () => undefined, { key: "r" });
    const stop = bus.on("room.opened", () => {
      stop();
      bus.on("room.opened", joined, { key: "r" });
    });
    bus.emit("room.opened", { name: "r" });
    expect(joined).not.toHaveBeenCalled();
    bus.emit("room.opened", { name: "r" });
    expect(joined).toHaveBeenCalledOnce();
  });

  it("hears what was emitted before it joined and is delivered after", () => {
    const { bus } = createBoard();
    const joined = vi.fn();
    bus.on("chat.said", (text) => {
      if (text !== "first") return;
      bus.emit("chat.said", "waiting");
      bus.on("chat.said", joined);
    });
    bus.emit("chat.said", "first");
    expect(joined.mock.calls.map(([text]) => text)).toEqual(["waiting"]);
  });
});

describe("a listener that leaves during an event", () => {
  it("is not called again, even for the current event", () => {
    const { bus } = createBoard();
    const left = vi.fn();
    let stop: Subscription | undefined;
    bus.on("chat.said", () => stop?.());
    stop = bus.on("chat.said", left);
    bus.emit("chat.said", "x");
    expect(left).not.toHaveBeenCalled();
  });

  it("takes no other with it", () => {
    const { bus } = createBoard();
    const calls: number[] = [];
    const stops = Array.from({ length: 40 }, (_, index) =>
      bus.on("chat.said", () => {
        calls.push(index);
        if (index % 2 === 0) stops[index]!();
      }),
    );
    bus.emit("chat.said", "all");
    expect(calls).toEqual(Array.from({ length: 40 }, (_, index) => index));
    calls.length = 0;
    bus.emit("chat.said", "the odd ones");
    expect(calls).toEqual(Array.from({ length: 20 }, (_, index) => index * 2 + 1));
  });

  it("hears nothing that waits in the mailbox", () => {
    const { bus } = createBoard();
    const seen: string[] = [];
    const stop = bus.on("chat.said", (text) => {
      seen.push(text);
      if (text === "first") bus.emit("chat.said", "waiting");
      stop();
    });
    bus.emit("chat.said", "first");
    expect(seen).toEqual(["first"]);
  });

  it("is not called again, even for the current event, when it is the only one of its key", () => {
    const { bus } = createBoard();
    const left = vi.fn();
    let stop: Subscription | undefined;
    bus.on("room.opened", () => {
      stop?.();
      stop = bus.on("room.opened", left, { key: "r" });
    });
    bus.emit("room.opened", { name: "r" });
    bus.emit("room.opened", { name: "r" });
    expect(left).not.toHaveBeenCalled();
  });

  it("leaves no place behind when it leaves in its own call and returns a promise", () => {
    const { bus } = createBoard();
    const topic = attach(bus).topics.get("chat.said")!;
    const heard: string[] = [];
    const stop = bus.on("chat.said", async () => {
      stop();
      heard.push("once");
    });
    bus.on("chat.said", () => heard.push("always"));
    for (let count = 0; count < 2; count++) bus.emit("chat.said", "x");
    expect(heard).toEqual(["once", "always", "always"]);
    expect(topic.everyKey.current).toHaveLength(1);
    expect(topic.count(undefined)).toBe(1);
  });

  it("leaves no place behind, which an emit would go by for ever", () => {
    const { bus } = createBoard();
    const { everyKey } = attach(bus).topics.get("chat.said")!;
    for (let count = 0; count < 5; count++) {
      const stop: Subscription = bus.on("chat.said", () => stop());
      const stopNext: Subscription = bus.on("chat.said", (text) => {
        if (text === "") return;
        stopNext();
        bus.emit("chat.said", "");
      });
    }
    expect(everyKey.current).toHaveLength(10);
    bus.emit("chat.said", "x");
    expect(everyKey.current).toHaveLength(0);
  });

  it("leaves all names of its pattern at once", () => {
    const { bus } = createBoard();
    const seen: string[] = [];
    const stop = bus.on("*", (message) => {
      seen.push(message.name);
      stop();
    });
    bus.emit("chat.said", "x");
    bus.emit("point.added", { id: 1, x: 1 });
    expect(seen).toEqual(["chat.said"]);
  });
});
