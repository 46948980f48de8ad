import type { Offset } from "@eventwire/core";
import type { Listener } from "../witness.js";
import type { Participant } from "./participant.js";
import { newWish, wantedBy } from "./wish.js";

/** A listener that keeps nothing: it comes, stays for a while, and goes; the one that is there when all is well stays. */
export async function observe(program: Participant, title: string, onWitness: (witness: Listener) => void) {
  const { world } = program;
  const { chance } = world;
  for (let count = 1; ; count++) {
    await program.sleep(chance.span(1_000));
    const name = `${title}.${count}`;
    const listening = await listen(program, name);
    if (!listening) continue;
    const { witness, stop } = listening;
    onWitness(witness);
    do await program.sleep(chance.span(20_000));
    while (world.healed);
    world.fault("listener-left", name);
    witness.ended = true;
    stop();
  }
}

/** @returns nothing where it may not listen, or the bus ends before. */
async function listen(program: Participant, name: string) {
  const { world, process } = program;
  const { chance, oracle } = world;
  const wish = newWish(chance);
  const start = chance.of(0.5);
  const since = start ? "start" : chance.of(0.3) ? new Date(world.now - chance.span(10_000)) : "now";
  const slow = chance.of(0.2);
  const heard: [id: string, offset: Offset][] = [];
  const missed: string[] = [];
  const unread: string[] = [];
  // From when it listens from is known only when it does.
  let witness: Listener | undefined;
  const tell = () => {
    for (const reason of missed.splice(0)) witness?.gap(reason);
    for (const alias of unread.splice(0)) witness?.passed(alias);
    for (const [id, offset] of heard.splice(0)) witness?.got(id, offset);
  };
  program.onPassed((alias) => {
    unread.push(alias);
    if (witness) tell();
  });
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
  tell();
  return { witness: listener, stop };
}
