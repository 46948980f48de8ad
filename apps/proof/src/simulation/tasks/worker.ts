import type { Subscription } from "@eventwire/core";
import type { TaskName } from "../contract.js";
import type { Participant } from "../participant.js";
import type { WorkOracle } from "./work-oracle.js";

/** How long an attempt may take where there is a limit, in milliseconds. */
const timeout = 8_000;

/** Becomes a worker of one task, whose attempts succeed, fail, and hang beyond their time or their lease. */
export function workAt(program: Participant, oracle: WorkOracle, name: TaskName): Subscription {
  const { world, process } = program;
  const { chance } = world;
  return program.work(
    name,
    async ({ id, key }, { attempt, onDone }) => {
      process.note(`begins ${id} ${attempt}`);
      oracle.began(id, attempt, program.looked());
      // One in so many never works until all is well.
      if (!world.healed && (id.endsWith("7") || chance.of(0.05))) {
        world.fault("attempt-failed", id);
        throw new Error(`${id} does not work.`);
      }
      if (!world.healed && chance.of(0.03)) {
        world.fault("attempt-hung", id);
        await program.sleep(chance.between(timeout, 5 * timeout));
      } else if (chance.of(0.5)) await program.sleep(chance.span(30));
      const effect = `${process.name}/t${oracle.ended}`;
      const next = !world.healed && chance.of(0.15) ? `${id}+${attempt}.${effect}` : undefined;
      process.note(`ends ${id} ${attempt} as ${effect}`);
      world.oracle.attempted({ id: effect, name: "invoice.ready", key: id, by: effect });
      oracle.promised(effect, { job: id, attempt, next });
      onDone.emit("invoice.ready", { id: effect, key: id, size: 1 });
      if (next !== undefined) onDone.enqueue("invoice.send", { id: next, key, size: 1 });
      return effect;
    },
    { concurrency: 1 + chance.upTo(3), timeout: chance.of(0.7) ? timeout : undefined },
  );
}
