import type { EnqueueOptions, EventwireError } from "@eventwire/core";
import type { Chance } from "../chance.js";
import { type Item, newItem, type TaskName, taskNames } from "../contract.js";
import type { Participant } from "../participant.js";
import type { WorkOracle } from "./work-oracle.js";

/** A task with a receipt. */
export interface Enqueued {
  readonly name: TaskName;
  /** The system's. */
  readonly id: string;
  readonly job: string;
}

/** What all who enqueue have in common. */
export interface Enqueuing {
  readonly oracle: WorkOracle;
  /** Those that have a receipt, whoever got it. */
  readonly enqueued: Enqueued[];
}

/** Of so many of the last others come after some. */
const recent = 10;

/** Enqueues one or a few at a time, and keeps what was acknowledged outside of the system. */
export async function enqueueFor(
  program: Participant,
  enqueuing: Enqueuing,
  title: string,
  pace: number,
): Promise<void> {
  const { world } = program;
  const { chance } = world;
  for (let count = 0; !world.healed; ) {
    await program.sleep(chance.span(pace));
    const some = chance.of(0.2) ? chance.upTo(5) : 1;
    for (let index = 0; index < some && !world.healed; index++) {
      count += 1;
      void enqueueOne(program, enqueuing, `${title}.${count}`);
    }
  }
}

async function enqueueOne(program: Participant, enqueuing: Enqueuing, job: string): Promise<void> {
  const { world } = program;
  const { chance } = world;
  const { oracle, enqueued } = enqueuing;
  const name = chance.pick(taskNames);
  const item = { ...newItem(chance, job), size: 1 };
  const options = newOptions(chance, enqueued, job);
  oracle.attempted(job);
  const first = send(program, enqueuing, name, item, options);
  if (options.dedupe === undefined) {
    const code = await first;
    if (code !== undefined && program.refuses(code)) oracle.refused(job);
    return;
  }
  // By its name it is the same one, however often it is enqueued.
  await program.sleep(chance.span(300));
  await send(program, enqueuing, name, item, options);
}

/** @returns with which code it was not enqueued, as far as is known; nothing where it was. */
async function send(
  program: Participant,
  { oracle, enqueued }: Enqueuing,
  name: TaskName,
  item: Item,
  options: EnqueueOptions,
): Promise<string | undefined> {
  const { world, process } = program;
  const job = item.id;
  try {
    const { id } = await program.enqueue(name, item, options);
    process.note(`enqueued ${job} ${id}`);
    oracle.acknowledged(job);
    enqueued.push({ name, id, job });
    if (world.chance.of(0.3)) void hearOf(program, oracle, { name, id, job });
    return undefined;
  } catch (error) {
    const { code } = error as EventwireError;
    process.note(`did not enqueue ${job} ${code}`);
    return code;
  }
}

function newOptions(chance: Chance, enqueued: readonly Enqueued[], job: string): EnqueueOptions {
  const others = enqueued.slice(-recent);
  const after = chance.of(0.25) ? [chance.pick(others), chance.pick(others)] : [];
  return {
    delay: chance.of(0.15) ? chance.between(100, 6_000) : undefined,
    priority: chance.of(0.1) ? 1 : undefined,
    dedupe: chance.of(0.2) ? job : undefined,
    after: [...new Set(after.flatMap((other) => other?.id ?? []))],
  };
}

/** Waits for what it gives, as long as that takes. */
async function hearOf(program: Participant, oracle: WorkOracle, { name, id, job }: Enqueued): Promise<void> {
  try {
    const result = await program.result(name, id);
    program.process.note(`hears of ${job} ${result}`);
    oracle.gave(job, result, program.looked());
  } catch (error) {
    program.process.note(`hears nothing of ${job}: ${(error as EventwireError).code}`);
  }
}
