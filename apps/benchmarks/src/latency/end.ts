import type { Ends } from "../processes/ends.js";
import { within } from "../processes/within.js";
import { isIntact, positionOf } from "../traffic/positions.js";
import type { Ask, Dialogue } from "./dialogue.js";
import { twice } from "./twice.js";

/** How long the last answers may take, in milliseconds. */
const patience = 5_000;

/** What an end of a dialogue can be asked, in its process. */
export type DialogueEnd = ReturnType<typeof createEnd>;
export type DialogueEnds = Ends<DialogueEnd>;

/** The entry of a process. */
export async function act({ module, doubled }: { module: string; doubled: boolean }): Promise<DialogueEnd> {
  const { dialogue } = (await import(module)) as { dialogue: Dialogue };
  return createEnd(doubled ? twice(dialogue) : dialogue);
}

export function createEnd(dialogue: Dialogue) {
  let ask: Ask;
  let last = 0;
  const askOnce = async () => {
    const number = ++last;
    const position = await ask({ number });
    if (position.number !== number || !isIntact(position))
      throw new Error(`The answer to ${number} came as ${JSON.stringify(position)}.`);
  };
  return {
    serve: () => dialogue.serve(({ number }) => positionOf(number, true)),
    async connect(address: string): Promise<void> {
      ask = await dialogue.connect(address);
    },
    /** Asks one question after another for so long. @returns how long each took, in milliseconds. */
    askInTurn(milliseconds: number): Promise<number[]> {
      const askAll = async () => {
        const times: number[] = [];
        const end = performance.now() + milliseconds;
        for (let start = performance.now(); start < end; ) {
          await askOnce();
          const answered = performance.now();
          times.push(answered - start);
          start = answered;
        }
        return times;
      };
      return within(milliseconds + patience, askAll());
    },
    /** So many callers ask, each again as soon as it has its answer. @returns how many answers came a second. */
    async askAtOnce(callers: number, milliseconds: number): Promise<number> {
      const start = performance.now();
      let answers = 0;
      const call = async () => {
        while (performance.now() - start < milliseconds) {
          await askOnce();
          answers += 1;
        }
      };
      await within(milliseconds + patience, Promise.all(Array.from({ length: callers }, call)));
      return (answers * 1_000) / (performance.now() - start);
    },
  };
}
