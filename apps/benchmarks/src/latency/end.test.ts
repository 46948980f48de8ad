import { expect, it } from "vitest";
import { dialogue as ours } from "../ours/latency.js";
import { dialogue as socketIo } from "../peers/latency/socket.io.js";
import { dialogue as ws } from "../peers/latency/ws.js";
import { actHere } from "../processes/actor.js";
import { latency as suite } from "../suites/latency.js";
import { positionOf } from "../traffic/positions.js";
import type { Dialogue } from "./dialogue.js";
import { createEnd, type DialogueEnds } from "./end.js";
import { twice } from "./twice.js";
import { withDialogue } from "./with-dialogue.js";

function here(dialogue: Dialogue): DialogueEnds {
  const start = async (doubled?: boolean) => actHere(createEnd(doubled ? twice(dialogue) : dialogue));
  return { version: "0.0.0", server: start, client: start };
}

it.each([
  { name: "ours", dialogue: ours },
  { name: "socket.io", dialogue: socketIo },
  { name: "ws", dialogue: ws },
])("measures $name, in turn and a thousand at once", async ({ dialogue }) => {
  await withDialogue(here(dialogue), async (client) => {
    expect((await client.askInTurn(20)).every((time) => time > 0)).toBe(true);
    expect(await client.askAtOnce(1_000, 20)).toBeGreaterThan(0);
  });
});

it.each([
  { fault: "to another question", answer: (number: number) => positionOf(number + 1, true) },
  { fault: "that was altered", answer: (number: number) => ({ ...positionOf(number, true), altitude: 1 }) },
])("fails on an answer $fault", async ({ answer }) => {
  const wrong: Dialogue = {
    serve: async () => "",
    connect:
      async () =>
      async ({ number }) =>
        answer(number),
  };
  await withDialogue(here(wrong), async (client) => {
    await expect(client.askInTurn(5)).rejects.toThrow("The answer to 1 came as");
    await expect(client.askAtOnce(3, 5)).rejects.toThrow("The answer to 2 came as");
  });
});

it("asks everything twice under the handicap", async () => {
  let asked = 0;
  const counting: Dialogue = {
    serve: async () => "",
    connect:
      async () =>
      async ({ number }) => {
        asked += 1;
        return positionOf(number, true);
      },
  };
  const times = await withDialogue(suite.handicap(here(counting)), (client) => client.askInTurn(2));
  expect(asked).toBe(2 * times.length);
});
