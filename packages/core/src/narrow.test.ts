import { describe, expect, it, vi } from "vitest";
import { board, createBoard } from "../fixtures/board.js";
import { defineContract, event, MisuseError, unchecked } from "./index.js";

const { definitions } = board;
const chat = defineContract({
  "chat.said": definitions["chat.said"],
  "room.size": definitions["room.size"],
});

describe("narrow", () => {
  it("gives a view of the same bus", async () => {
    const { bus } = createBoard();
    const part = bus.narrow(chat);
    const heard: string[] = [];
    bus.on("chat.said", (text) => heard.push(`whole ${text}`));
    part.on("chat.said", (text) => heard.push(`part ${text}`));
    part.emit("chat.said", "a");
    bus.emit("chat.said", "b");
    expect(heard).toEqual(["whole a", "part a", "whole b", "part b"]);
    bus.handle("room.size", () => 3);
    await expect(part.request("room.size", { name: "a" })).resolves.toBe(3);
    expect(part.contract).toBe(chat);
    expect(part.side).toBe("server");
  });

  it("knows no more than its part, also by wildcard", async () => {
    const { bus } = createBoard();
    const part = bus.narrow(chat);
    const listener = vi.fn();
    part.on("*", listener);
    bus.emit("point.added", { id: 1, x: 1 });
    bus.emit("chat.said", "hello");
    expect(listener.mock.calls.map(([message]) => message.name)).toEqual(["chat.said"]);
    expect(() => part.emit("point.added" as "chat.said", "x")).toThrow(MisuseError);
    await expect(part.request("room.list" as "room.size", { name: "a" })).rejects.toThrow(
      '"room.list" is no request of this contract',
    );
    expect(() => part.handle("room.list" as "room.size", () => 1)).toThrow(MisuseError);
  });

  it("can be narrowed again, but not widened", () => {
    const { bus } = createBoard();
    const part = bus.narrow(chat);
    const smaller = part.narrow(defineContract({ "chat.said": definitions["chat.said"] }));
    smaller.emit("chat.said", "hello");
    expect(() => part.narrow(board as never)).toThrow(MisuseError);
  });

  it("cannot end the bus, which others use too", async () => {
    const { bus } = createBoard();
    const part = bus.narrow(chat);
    const cause = { id: "1", name: "chat.said", kind: "event", cause: [] } as const;
    for (const view of [part, part.narrow(chat), part.causedBy(cause)])
      await expect(view.close()).rejects.toThrow(MisuseError);
    const heard = vi.fn();
    bus.on("chat.said", heard);
    part.emit("chat.said", "it goes on");
    expect(heard).toHaveBeenCalledOnce();
    await bus.close();
  });

  it("refuses a definition that is not the bus's own, even one that looks the same", () => {
    const { bus } = createBoard();
    const other = defineContract({ "chat.said": event(unchecked<string>(), { from: "both" }) });
    expect(() => bus.narrow(other)).toThrow(
      '"chat.said" of the part is not the definition that the bus has.',
    );
  });

  it("refuses a name that only an object's prototype has", () => {
    const { bus } = createBoard();
    const odd = defineContract({ constructor: definitions["chat.said"] });
    expect(() => bus.narrow(odd as never)).toThrow(MisuseError);
  });
});
