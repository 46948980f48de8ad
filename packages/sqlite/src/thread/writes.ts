import type { AppendedEvent, Written } from "@eventwire/core";
import type { Ask } from "../messages.js";
import type { Part } from "./appender.js";
import type { Cursors } from "./cursors.js";
import type { Database } from "./database.js";
import type { IncomingTasks } from "./enqueuer.js";
import type { Transaction } from "./group-commit.js";
import { KnownIds } from "./known-ids.js";
import type { Queues } from "./queues.js";

/** What stands against a transaction: all of it is undone. */
export class Refused extends Error {
  readonly refusal: Extract<Written, { readonly type: "refused" }>;

  constructor(by: "cursor" | "task" | "producer", id: string) {
    super(`The transaction is refused by the ${by} ${id}.`);
    this.refusal = { type: "refused", by, id };
  }
}

/** Writes to the log, its cursors and the tasks at once. Used within a transaction. */
export class Writes {
  readonly #cursors: Cursors;
  readonly #queues: Queues;
  readonly #known: KnownIds;

  constructor(db: Database, cursors: Cursors, queues: Queues, dedupeWindow: number) {
    this.#cursors = cursors;
    this.#queues = queues;
    this.#known = new KnownIds(db, "write_ids", dedupeWindow);
  }

  /** @throws {Refused} */
  write(
    { id, save, settle }: Ask<"write">,
    part: Part,
    tasks: IncomingTasks,
    now: number,
    transaction: Transaction,
  ): Written {
    const serial = transaction.state.serial + 1;
    const known = this.#known.add(id, serial, Math.floor(now));
    this.#known.settle(Math.floor(now));
    if (known !== undefined) return repeated(part, tasks, transaction, now);
    transaction.state = { ...transaction.state, serial };
    for (const { cursor, token, state, lease } of save) {
      if (!this.#cursors.save(cursor, token, state, lease, now)) throw new Refused("cursor", cursor);
    }
    const settled = this.#queues.settle(settle, now, transaction.state);
    const lost = settled.result.indexOf(false);
    if (lost >= 0) throw new Refused("task", settle[lost]!.id);
    transaction.state = settled.state;
    const appended = append(part, now, transaction);
    const enqueued = this.#queues.enqueue(tasks, now, transaction.state);
    transaction.state = enqueued.state;
    return { type: "written", duplicate: false, appended, enqueued: enqueued.result };
  }

  /** To be called where the transaction was undone. */
  undo(): void {
    this.#known.undo();
  }
}

/** @throws {Refused} */
function append(part: Part, now: number, transaction: Transaction): readonly AppendedEvent[] {
  const [result] = transaction.append([part], now);
  if (typeof result === "number") {
    return Array.from({ length: part.count }, (_, index) => ({
      type: "appended",
      offset: result + index,
      duplicate: false,
    }));
  }
  return result!.map((one, index) => {
    if (one.type === "appended") return one;
    throw new Refused("producer", part.incoming.producers.get(part.index + index)!.id);
  });
}

function repeated(part: Part, tasks: IncomingTasks, transaction: Transaction, now: number): Written {
  return {
    type: "written",
    duplicate: true,
    appended: idsOf({ ...part, records: part.incoming.records }).map((id) => ({
      type: "appended",
      offset: transaction.offsetOf(id, now),
      duplicate: true,
    })),
    enqueued: idsOf(tasks).map((id) => ({ id, duplicate: true })),
  };
}

function idsOf({
  records,
  at: from,
  count,
}: Pick<IncomingTasks, "records" | "at" | "count">): readonly string[] {
  let at = from;
  return Array.from({ length: count }, () => {
    const id = records.id(at);
    at = records.next(at);
    return id;
  });
}
