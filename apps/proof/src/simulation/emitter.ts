import type { EventwireError } from "@eventwire/core";
import { keyOf, names, newItem } from "./contract.js";
import type { Participant } from "./participant.js";

/** Emits one, a few, or now and then more than a page of the log at once, and keeps what was acknowledged outside of the system. */
export async function emitFor(program: Participant, title: string, pace: number, most = 300): Promise<void> {
  const { world } = program;
  const { chance } = world;
  for (let count = 0; !world.healed; ) {
    await program.sleep(chance.span(pace));
    const burst = chance.of(0.2) ? chance.upTo(8) : chance.of(0.003) ? most : 1;
    for (let index = 0; index < burst && !world.healed; index++) {
      count += 1;
      void emitOne(program, title, `${title}.${count}`);
    }
  }
}

async function emitOne(program: Participant, by: string, id: string): Promise<void> {
  const { world, process } = program;
  const { oracle } = world;
  const name = world.chance.pick(names);
  const item = newItem(world.chance, id);
  oracle.attempted({ id, name, key: keyOf(name, item), by });
  try {
    const receipt = await program.emit(name, item);
    process.note(`acknowledged ${id} ${receipt.offset}`);
    oracle.called(receipt.id, id);
    oracle.acknowledged(id, receipt.offset);
  } catch (error) {
    const { code } = error as EventwireError;
    process.note(`failed ${id} ${code}`);
    if (program.refuses(code)) oracle.refused(id);
  }
}
