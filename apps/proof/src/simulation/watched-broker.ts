import type { Broker, Tasks } from "@eventwire/core";
import type { Settled } from "../settled-shard.js";
import type { Bug } from "./bugs.js";
import type { SimulatedProcess } from "./process.js";
import type { World } from "./world.js";

/** Told how far a shard of a group is done, once the log has it, and when it was asked to keep that. */
export type Saved = (group: string, shard: number, settled: Settled, asked: number) => void;

/** The same broker, of whose answers some are lost, and which tells what of cursors must hold. */
export function watchedBroker(
  broker: Broker,
  world: World,
  process: SimulatedProcess,
  bugs: ReadonlySet<Bug>,
  saved: Saved,
): Broker {
  const { features, log, signals } = broker;
  const { tokens } = world;
  const answer = <Answer>(given: Answer): Answer => {
    if (world.healed || !world.chance.of(0.01)) return given;
    world.fault("answer-lost", process.name);
    throw new Error("the answer was lost");
  };
  const atSave = async () => {
    if (!world.atNextSave) return;
    world.atNextSave(process);
    world.atNextSave = undefined;
    await process.sleep(0);
  };
  return {
    features,
    tasks: watchedTasks(broker.tasks, { world, atSave, answer }),
    signals,
    open: () => broker.open(),
    async write(write) {
      if (write.settle) await atSave();
      const stale = write.save?.find(({ cursor, token }) => token < (tokens.get(cursor) ?? 0));
      const written = await broker.write(write);
      if (written.type === "refused" && written.by === "task") world.fault("settled-late", process.name);
      if (written.type === "written" && stale) {
        world.oracle.trouble(`"${stale.cursor}" was written by who had lost it`);
      }
      return answer(written);
    },
    close: (options) => broker.close(options),
    log: {
      ...log,
      append: async (batch) => answer(await log.append(batch)),
      async acquire(cursor, owner, lease) {
        const held = await log.acquire(cursor, owner, lease);
        if (held) tokens.set(cursor, Math.max(held.token, tokens.get(cursor) ?? 0));
        return answer(held);
      },
      async save(cursor, token, state, lease) {
        await atSave();
        const newest = tokens.get(cursor) ?? 0;
        const asked = world.clock.monotonic();
        const held = await log.save(
          cursor,
          token,
          bugs.has("snapshot-ahead") ? ahead(cursor, state) : state,
          lease,
        );
        if (held && token < newest) world.oracle.trouble(`"${cursor}" was saved by who had lost it`);
        if (held && state) {
          for (const { group, shard, settled } of world.groupStates.saved(cursor, state)) {
            saved(group, shard, settled, asked);
          }
        }
        return answer(held);
      },
    },
  };
}

interface Watching {
  readonly world: World;
  /** Called before something is saved. */
  readonly atSave: () => Promise<void>;
  /** Gives an answer, or loses it. */
  readonly answer: <Answer>(given: Answer) => Answer;
}

function watchedTasks(tasks: Tasks, { world, atSave, answer }: Watching): Tasks {
  return {
    enqueue: async (batch) => answer(await tasks.enqueue(batch)),
    claim: async (query) => answer(await tasks.claim(query)),
    reclaim: async (query) => answer(await tasks.reclaim(query)),
    async settle(batch) {
      await atSave();
      const held = await tasks.settle(batch);
      const late = batch.filter(({ outcome }, index) => !held[index] && outcome.type !== "extend");
      if (late.length > 0) world.fault("settled-late");
      return answer(held);
    },
    watch: (names, hint) => tasks.watch(names, hint),
    counts: (name) => tasks.counts(name),
    dead: (name, after, limit) => tasks.dead(name, after, limit),
    redrive: async (name, ids) => answer(await tasks.redrive(name, ids)),
    cancel: async (name, ids) => answer(await tasks.cancel(name, ids)),
    pause: async (name, paused) => answer(await tasks.pause(name, paused)),
    forget: (name, before) => tasks.forget(name, before),
    states: async (ids) => answer(await tasks.states(ids)),
    watchStates: (names, hint) => tasks.watchStates(names, hint),
  };
}

/** A projection's state, said to be of one event more than it is. */
function ahead(cursor: string, state: Uint8Array | undefined): Uint8Array | undefined {
  if (!state || !cursor.startsWith("projection/")) return state;
  const text = new TextDecoder().decode(state);
  const further = text.replace(/"number":(\d+)/, (_, number: string) => `"number":${Number(number) + 1}`);
  return new TextEncoder().encode(further);
}
