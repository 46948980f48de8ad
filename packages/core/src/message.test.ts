import { describe, expect, it } from "vitest";
import { board, createBoard } from "../fixtures/board.js";
import { createBus } from "./index.js";

describe("the id of an event", () => {
  it("is the same for every listener and however often it is asked", () => {
    const { bus } = createBoard();
    const ids: string[] = [];
    bus.on("chat.said", (_, context) => ids.push(context.id, context.id));
    bus.on("*", (message) => ids.push(message.id));
    bus.emit("chat.said", "x");
    expect(new Set(ids).size).toBe(1);
    expect(ids).toHaveLength(3);
  });

  it("is unique among the events of a bus and of others", () => {
    const ids = new Set<string>();
    for (let count = 0; count < 50; count++) {
      const bus = createBus(board);
      bus.on("chat.said", (_, context) => ids.add(context.id));
      for (let emit = 0; emit < 50; emit++) bus.emit("chat.said", "x");
    }
    expect(ids.size).toBe(2_500);
  });
});
