import type { Offset } from "@eventwire/core";
import type { Listener } from "../witness.js";
import type { Program } from "./program.js";
import { newWish, wantedBy } from "./wish.js";

/** A listener that keeps nothing: it comes, stays for a while, and goes; the one that is there when all is well stays. */
export async function observe(program: Program, title: string, onWitness: (witness: Listener) => void) {
  const { world } = program;
  const { chance } = world;
  for (let count = 1; ; count++) {
    await program.sleep(chance.span(1_000));
    const name = `${title}.${count}`;
    const listening = await listen(program, name);
    if (!listening) return;
    const { witness, stop } = listening;
    onWitness(witness);
    do await program.sleep(chance.span(20_000));
    while (world.healed);
    world.fault("listener-left", name);
    witness.ended = true;
    stop();
  }
}

/** @returns nothing where the bus ends before it listens. */
async function listen(program: Program, name: string) {
  const { world, process } = program;
  const { chance, oracle } = world;
  const wish = newWish(chance);
  const start = chance.of(0.5);
  const since = start ? "start" : chance.of(0.3) ? new Date(world.now - chance.span(10_000)) : "now";
  const slow = chance.of(0.2);
  const heard: [id: string, offset: Offset][] = [];
  const missed: string[] = [];
  // From when it listens from is known only when it does.
  let witness: Listener | undefined;
  const tell = () => {
    for (const reason of missed.splice(0)) witness?.gap(reason);
    for (const [id, offset] of heard.splice(0)) witness?.got(id, offset);
  };
  const stop = program.listen(
    wish,
    ({ id }, { offset }) => {
      process.note(`hears ${name} ${id} ${offset}`);
      heard.push([id, offset!]);
      if (witness) tell();
      return slow ? program.sleep(chance.span(300)) : undefined;
    },
    {
      since,
      onGap: ({ reason }) => {
        process.note(`gap ${name} ${reason}`);
        missed.push(reason);
        if (witness) tell();
      },
    },
  );
  try {
    await stop.ready;
  } catch (error) {
    process.note(`${name} does not listen: ${error}`);
    return undefined;
  }
  const listener = oracle.listener(name, wantedBy(wish), start);
  witness = listener;
  program.onPassed((alias) => listener.passed(alias));
  tell();
  return { witness: listener, stop };
}
