import { type Subscription, shardOf } from "@eventwire/core";
import type { Group } from "../witness.js";
import type { Participant } from "./participant.js";
import type { Program } from "./program.js";
import type { Wish } from "./wish.js";

export interface GroupPlan {
  readonly name: string;
  readonly wish: Wish;
  readonly witness: Group;
}

/** Has those that are given up witnessed, by members of this process and those at its clients. */
export function watchDeaths(program: Program, { name, witness }: GroupPlan): void {
  const { bus, process } = program;
  const dying = new Set<string>();
  bus.inspect((inspection) => {
    if (inspection.type !== "event.died" || inspection.group !== name) return;
    process.note(`gives up ${name} ${inspection.id}`);
    witness.dies(inspection.id);
    dying.add(inspection.id);
  });
  program.onDead((alias) => {
    if (dying.delete(alias)) witness.died(alias);
  });
}

/** Becomes a member of a group, whose handler succeeds, fails and hangs. */
export function join(program: Participant, { name, wish, witness }: GroupPlan): Subscription {
  const { world, process } = program;
  const { chance, oracle } = world;
  return program.listen(
    wish,
    async ({ id }, { id: alias, name: event, key, offset, attempt }) => {
      process.note(`begins ${name} ${id} ${offset} ${attempt}`);
      oracle.called(alias, id);
      const shard = shardOf(event, key as string | undefined);
      witness.began(id, offset!, shard, program.looked(), world.clock.monotonic());
      // One in so many never works until all is well.
      if (!world.healed && (id.endsWith("7") || chance.of(0.05))) {
        world.fault("handler-failed", `${name} ${id}`);
        throw new Error(`${id} does not work.`);
      }
      if (!world.healed && chance.of(0.02)) {
        world.fault("handler-hung", `${name} ${id}`);
        await program.sleep(chance.between(5_000, 50_000));
      } else if (chance.of(0.5)) await program.sleep(chance.span(20));
      process.note(`does ${name} ${id}`);
      witness.did(id, offset!);
    },
    {
      group: name,
      since: "start",
      attempts: 3,
      backoff: { initial: 100, max: 2_000 },
      onGap: ({ reason }) => {
        process.note(`gap ${name} ${reason}`);
        witness.gap(reason);
      },
    },
  );
}
