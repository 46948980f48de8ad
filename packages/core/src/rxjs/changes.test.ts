import { describe, expect, it } from "vitest";
import { createShop, step } from "../../fixtures/shop.js";
import { UnsupportedError } from "../index.js";
import { project } from "../project.js";
import { changes } from "../rxjs.js";

function createBoard() {
  const made = createShop();
  const board = project(made.bus, "order.placed", {
    fold: (_: number | undefined, { data }) => (data.step === 0 ? undefined : data.step),
  });
  const seen: unknown[] = [];
  const see = () =>
    changes(board).subscribe({
      next: (change) => seen.push(change),
      error: ({ code }) => seen.push(code),
      complete: () => seen.push("complete"),
    });
  return { ...made, board, seen, see };
}

describe("changes of a projection", () => {
  it("are a snapshot once it is ready, then each change in order, to whoever subscribes when", async () => {
    const { bus, clock, board, seen, see } = createBoard();
    await bus.emit("order.placed", step("a", 1));
    const early = see();
    await clock.until(board.ready);
    await bus.emit("order.placed", step("b", 2));
    await clock.settle();
    const first = [
      { type: "snapshot", entries: [["a", 1]] },
      { type: "change", key: "b", value: 2 },
    ];
    expect(seen.splice(0)).toEqual(first);
    early.unsubscribe();
    see();
    await bus.emit("order.placed", step("a", 0));
    await clock.settle();
    expect(seen).toEqual([
      {
        type: "snapshot",
        entries: [
          ["a", 1],
          ["b", 2],
        ],
      },
      { type: "change", key: "a", value: undefined },
    ]);
  });

  it("complete with the projection, also before it is ready, and with the bus", async () => {
    const { bus, clock, board, seen, see } = createBoard();
    see();
    await clock.until(board.ready);
    await clock.until(bus.close());
    await clock.settle();
    see();
    await clock.settle();
    const snapshot = { type: "snapshot", entries: [] };
    expect(seen).toEqual([snapshot, "complete", snapshot, "complete"]);
    const stopped = createBoard();
    stopped.see();
    stopped.board.stop();
    await stopped.clock.settle();
    expect(stopped.seen).toEqual(["complete"]);
  });

  it("fail where it cannot be ready", async () => {
    const { broker, clock, errors, seen, see } = createBoard();
    broker.trouble = async () => {
      throw new UnsupportedError("This broker keeps no log.");
    };
    see();
    await clock.settle();
    expect(seen).toEqual(["Unsupported"]);
    expect(errors).toEqual([]);
  });
});
