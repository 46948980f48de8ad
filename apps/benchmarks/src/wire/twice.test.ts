import { expect, it } from "vitest";
import { memoryWire, wireHere } from "../../fixtures/memory-wire.js";
import { wire as suite } from "../suites/wire.js";
import { type Position, positionOf } from "../traffic/positions.js";
import { measureWire } from "./measure-wire.js";
import { twice } from "./twice.js";

it("sends each position over two connections, and takes it once", async () => {
  let carried = 0;
  const doubled = twice(
    memoryWire((position) => {
      carried += 1;
      return [position];
    }),
  );
  const received: Position[] = [];
  let refused = 0;
  const receiver = {
    received: (position: Position) => void received.push(position),
    refused: () => {
      refused += 1;
    },
    failed: (error: unknown) => expect.fail(String(error)),
  };
  const { address, emit } = await doubled.serve(receiver);
  await doubled.connect(address, receiver);
  for (let number = 0; number < 60; number++) emit(positionOf(number));
  expect(carried).toBe(120);
  expect(received).toHaveLength(59);
  expect(refused).toBe(1);
});

it("has not taken a position before it came over both", async () => {
  let emitted = 0;
  const slow = twice(memoryWire((position) => (emitted++ % 2 === 0 ? [position] : [])));
  const received: Position[] = [];
  const unexpected = () => expect.fail("Nothing is refused or fails.");
  const receiver = {
    received: (position: Position) => void received.push(position),
    refused: unexpected,
    failed: unexpected,
  };
  const { address, emit } = await slow.serve(receiver);
  await slow.connect(address, receiver);
  emit(positionOf(1));
  expect(emitted).toBe(2);
  expect(received).toEqual([]);
});

it("is what the handicap makes of an implementation", async () => {
  let carried = 0;
  const counting = wireHere(
    memoryWire((position) => {
      carried += 1;
      return [position];
    }),
  );
  const load = { pattern: "bursts", to: "client", warmUp: 0, measured: 2 } as const;
  const { count } = await measureWire(suite.handicap(counting), load);
  // The warm-up is one burst.
  expect(carried).toBe(2 * (count + 100));
});
