import { shardOf } from "@eventwire/core";
import type { Attempt } from "../events.js";
import type { EventEntry } from "../log/entries.js";
import type { Listener } from "../witness.js";
import type { Journaled } from "./journaled.js";
import type { Program } from "./program.js";
import type { World } from "./world.js";

/** What it derives: a name that no contract has, so that nobody else is given it. */
const derived = "order.derived";
const sources = ["order.placed", "order.paid"] as const;
const cursor = "deriver";
const lease = 5_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What of an event was derived: which one, and where it was. */
interface Body {
  readonly id: string;
  readonly number: number;
}

/**
 * Appends one event for each of others, and how far it is in the same transaction: each once, whoever crashes where. Whatever fails,
 * it takes the cursor anew, which fences what it may have on its way, and goes on where that says.
 */
export async function derive(program: Program): Promise<void> {
  const { process, world } = program;
  const { log } = program.broker;
  for (let done = 0; ; ) {
    await program.sleep(world.chance.span(500));
    try {
      if ((await log.head()) > done) done = await deriveSome(program);
    } catch (error) {
      process.note(`derives no more: ${error}`);
    }
  }
}

/** @returns up to where all is derived, as far as is known. */
async function deriveSome({ broker, process, world }: Program): Promise<number> {
  const { log } = broker;
  const { runtime } = process;
  const held = await log.acquire(cursor, process.name, lease);
  if (!held) return 0;
  let after = held.state ? Number(decoder.decode(held.state)) : 0;
  for (let full = true; full; ) {
    const limit = 1 + world.chance.upTo(4);
    const { records, scanned } = await log.read({ after, names: sources, limit, bytes: 100_000 });
    after = scanned;
    if (records.length === 0) break;
    const append = records.map(({ offset, body }) => ({
      id: runtime.randomId(),
      name: derived,
      key: undefined,
      shard: shardOf(derived, undefined),
      time: world.now,
      body: encoder.encode(JSON.stringify({ id: idIn(body), number: offset } satisfies Body)),
    }));
    const save = [{ cursor, token: held.token, state: encoder.encode(String(scanned)), lease }];
    const written = await broker.write({ id: runtime.randomId(), save, append });
    if (written.type === "refused") return 0;
    process.note(`derives ${records.length} up to ${scanned}`);
    full = records.length === limit;
  }
  await log.save(cursor, held.token, undefined, 0);
  return after;
}

/** What the log has that was derived, as a witness sees it: also what was let go since, as long as the journal has it. */
export class Derivation {
  readonly #witness: Listener;
  #told: Journaled | undefined;

  constructor({ oracle }: World) {
    this.#witness = oracle.listener("derived", isSource, true);
  }

  testify({ oracle }: World, journal: Journaled): void {
    if (journal === this.#told) return;
    const known = this.#knownOf(journal);
    this.#told = journal;
    const witness = this.#witness;
    if (known === 0) witness.anew();
    // How far it is comes back with the log, so that it needs to know nothing of a history that is gone.
    witness.knowsNothing();
    if (oracle.explains("trimmed", isSource)) witness.gap("trimmed");
    for (const entry of journal.entries.slice(known)) {
      if (entry.type !== "event" || entry.name !== derived || entry.body.length === 0) continue;
      const { id, number } = bodyOf(entry);
      witness.got(id, `${journal.epoch}.${number}`);
    }
  }

  /** How many of the entries the witness was told of: none where they are not those of before and more. */
  #knownOf({ entries, epoch }: Journaled): number {
    const told = this.#told;
    const known = told?.epoch === epoch ? told.entries.length : 0;
    return entries[known - 1] === told?.entries.at(-1) ? known : 0;
  }
}

function isSource({ name }: Attempt): boolean {
  return sources.some((source) => source === name);
}

function bodyOf({ body }: EventEntry): Body {
  return JSON.parse(decoder.decode(body)) as Body;
}

/** The id of what a bus, or a producer of its own, has appended. */
function idIn(body: Uint8Array): string {
  const [item] = JSON.parse(decoder.decode(body)) as readonly [{ readonly id: string }];
  return item.id;
}
